package detect_test

import (
	"encoding/json"
	"maps"
	"testing"

	"ualstream/detect"
	"ualstream/schemas"
)

// serviceRecord gives the record of a cmdlet that Microsoft's own service ran, with changes; nil removes.
func serviceRecord(operation string, parameters map[string]string, changes map[string]any) string {
	pairs := []map[string]string{{"Name": "Identity", "Value": "bob@contoso.example"}}
	for name, value := range parameters {
		pairs = append(pairs, map[string]string{"Name": name, "Value": value})
	}
	r := map[string]any{
		"Operation": operation, "UserType": 3, "UserId": `NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost)`,
		"Workload": "Exchange", "Parameters": pairs,
	}
	maps.Copy(r, changes)
	maps.DeleteFunc(r, func(_ string, v any) bool { return v == nil })
	b, _ := json.Marshal(r)
	return string(b)
}

func TestTriageOfServiceIdentities(t *testing.T) {
	type p = map[string]string
	type ch = map[string]any
	for name, c := range map[string]struct {
		record string
		want   schemas.Triage
	}{
		"service without address":         {serviceRecord("Set-Mailbox", p{"ProhibitSendQuota": "49 GB"}, nil), schemas.TriageNoise},
		"service of type 4":               {serviceRecord("Set-Mailbox", nil, ch{"UserType": 4}), schemas.TriageNoise},
		"type as text":                    {serviceRecord("Set-Mailbox", nil, ch{"UserType": "3"}), schemas.TriageNoise},
		"type as a name":                  {serviceRecord("Set-Mailbox", nil, ch{"UserType": "DcAdmin"}), schemas.TriageNoise},
		"no address by another word":      {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": "Unknown"}), schemas.TriageNoise},
		"parameters as an object":         {serviceRecord("Set-Mailbox", nil, ch{"Parameters": p{"ForwardingAddress": "y"}}), schemas.TriagePriority},
		"no parameters":                   {serviceRecord("Set-Mailbox", nil, ch{"Parameters": nil}), schemas.TriageNoise},
		"person":                          {serviceRecord("Set-Mailbox", nil, ch{"UserType": 0}), schemas.TriagePriority},
		"administrator":                   {serviceRecord("Set-Mailbox", nil, ch{"UserType": 2}), schemas.TriagePriority},
		"application":                     {serviceRecord("Set-Mailbox", nil, ch{"UserType": 5}), schemas.TriagePriority},
		"no type":                         {serviceRecord("Set-Mailbox", nil, ch{"UserType": nil}), schemas.TriagePriority},
		"type that is no number":          {serviceRecord("Set-Mailbox", nil, ch{"UserType": "33"}), schemas.TriagePriority},
		"address":                         {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": "192.0.2.1"}), schemas.TriagePriority},
		"address of the mailbox log":      {serviceRecord("Set-Mailbox", nil, ch{"ClientIPAddress": "2001:db8::1"}), schemas.TriagePriority},
		"address of the directory":        {serviceRecord("Set-Mailbox", nil, ch{"ActorIpAddress": "192.0.2.1"}), schemas.TriagePriority},
		"address after an empty one":      {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": "", "ActorIpAddress": "192.0.2.1"}), schemas.TriagePriority},
		"empty address":                   {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": " "}), schemas.TriageNoise},
		"placeholder for no address":      {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": "<null>"}), schemas.TriageNoise},
		"null address":                    {serviceRecord("Set-Mailbox", nil, ch{"ClientIP": json.RawMessage("null")}), schemas.TriageNoise},
		"forwards":                        {serviceRecord("Set-Mailbox", p{"ForwardingSmtpAddress": "smtp:x@fabrikam.example"}, nil), schemas.TriagePriority},
		"forwards, other case":            {serviceRecord("Set-Mailbox", p{"forwardingsmtpaddress": ""}, nil), schemas.TriagePriority},
		"turns auditing":                  {serviceRecord("Set-Mailbox", p{"AuditEnabled": "False"}, nil), schemas.TriagePriority},
		"delegates":                       {serviceRecord("Set-Mailbox", p{"GrantSendOnBehalfTo": "ana"}, nil), schemas.TriagePriority},
		"a rule's parameter elsewhere":    {serviceRecord("Set-Mailbox", p{"Name": "x"}, nil), schemas.TriageNoise},
		"an inbox rule":                   {serviceRecord("New-InboxRule", p{"Name": "x"}, nil), schemas.TriagePriority},
		"an inbox rule is removed":        {serviceRecord("Remove-InboxRule", nil, nil), schemas.TriageNoise},
		"a mail-flow rule copies":         {serviceRecord("Set-TransportRule", p{"BlindCopyTo": "x@fabrikam.example"}, nil), schemas.TriagePriority},
		"a mail-flow rule is annotated":   {serviceRecord("Set-TransportRule", p{"Comments": "x"}, nil), schemas.TriageNoise},
		"IMAP opens":                      {serviceRecord("Set-CASMailbox", p{"ImapEnabled": "True"}, nil), schemas.TriagePriority},
		"discovery mailbox":               {serviceRecord("Add-MailboxPermission", p{"User": "Discovery Management", "AccessRights": "FullAccess"}, nil), schemas.TriageNoise},
		"audit switch":                    {serviceRecord("Set-AdminAuditLogConfig", p{"UnifiedAuditLogIngestionEnabled": "False"}, nil), schemas.TriagePriority},
		"logon of a system":               {`{"Operation":"UserLoggedIn","UserType":4}`, schemas.TriageNoise},
		"parameters of a command line":    {serviceRecord("Set-Mailbox", nil, ch{"Parameters": `-Identity "x" -ForwardingAddress "y"`}), schemas.TriagePriority},
		"service by name alone":           {serviceRecord("Set-Mailbox", nil, ch{"UserType": 2, "UserId": `NT AUTHORITY\SYSTEM (w3wp)`}), schemas.TriagePriority},
		"application opens all mailboxes": {modifiedByService("full_access_as_app"), schemas.TriagePriority},
	} {
		t.Run(name, func(t *testing.T) {
			if _, triage := detectOne(t, detect.New(detect.Options{}), c.record); triage != c.want {
				t.Errorf("triage %q, want %q of %s", triage, c.want, c.record)
			}
		})
	}
}

func modifiedByService(role string) string {
	return `{"Operation":"Add app role assignment to service principal.","UserType":4,` +
		`"ModifiedProperties":[{"Name":"AppRole.Value","NewValue":"` + role + `","OldValue":""}]}`
}

func TestTriageOfRuleUpdates(t *testing.T) {
	const empty = `{"Name":"RuleOperation","Value":"ModifyMailboxRule"},{"Name":"RuleId","Value":"-44126309"},{"Name":"RuleState"},`
	update := func(userType, properties string) string {
		return `{"Operation":"UpdateInboxRules","UserType":` + userType + `,"ClientIPAddress":"192.0.2.1","OperationProperties":` + properties + `}`
	}
	for name, c := range map[string]struct {
		record string
		want   schemas.Triage
	}{
		"empty":            {update("0", `[`+empty+`{"Name":"RuleCondition","Value":"{}"},{"Name":"RuleName"},{"Name":"RuleActions","Value":"[]"}]`), schemas.TriageNoise},
		"empty texts":      {update("0", `[`+empty+`{"Name":"RuleCondition","Value":" "},{"Name":"RuleName","Value":""},{"Name":"RuleActions","Value":""}]`), schemas.TriageNoise},
		"no properties":    {`{"Operation":"updateinboxrules ","UserType":0}`, schemas.TriageNoise},
		"list as text":     {update("0", `"[{\"Name\":\"RuleName\",\"Value\":\".\"}]"`), schemas.TriagePriority},
		"name":             {update("0", `[`+empty+`{"Name":"RuleName","Value":"."},{"Name":"RuleActions","Value":"[]"}]`), schemas.TriagePriority},
		"condition":        {update("0", `[`+empty+`{"Name":"RuleCondition","Value":"{(SenderSearchKey Equal SMTP:X)}"}]`), schemas.TriagePriority},
		"actions":          {update("0", `[`+empty+`{"Name":"RuleActions","Value":"[{\"ActionType\":\"Move\"}]"}]`), schemas.TriagePriority},
		"server rule":      {update("0", `[`+empty+`{"Name":"ServerRule","Value":"RedirectToRecipientsAction"}]`), schemas.TriagePriority},
		"actions, service": {`{"Operation":"UpdateInboxRules","UserType":3,"OperationProperties":[{"Name":"RuleActions","Value":"[{}]"}]}`, schemas.TriagePriority},
		"name, service":    {`{"Operation":"UpdateInboxRules","UserType":3,"OperationProperties":[{"Name":"RuleName","Value":"x"}]}`, schemas.TriageNoise},
		"another rule operation with empty properties": {`{"Operation":"New-InboxRule","UserType":0}`, schemas.TriagePriority},
	} {
		t.Run(name, func(t *testing.T) {
			if _, triage := detectOne(t, detect.New(detect.Options{}), c.record); triage != c.want {
				t.Errorf("triage %q, want %q", triage, c.want)
			}
		})
	}
}

func TestTriageOfGroupSetUp(t *testing.T) {
	for _, c := range []struct {
		operation, client string
		want              schemas.Triage
	}{
		{"ModifyFolderPermissions", "Client=WebServices;Action=ConfigureGroupMailbox", schemas.TriageNoise},
		{"AddFolderPermissions", "client=webservices; action=configuregroupmailbox ;", schemas.TriageNoise},
		{"ModifyFolderPermissions", "Client=WebServices;Action=ConfigureGroupMailboxes", schemas.TriagePriority},
		{"ModifyFolderPermissions", "Client=OWA;Action=ViaProxy", schemas.TriagePriority},
		{"ModifyFolderPermissions", "", schemas.TriagePriority},
		{"Set-Mailbox", "Client=WebServices;Action=ConfigureGroupMailbox", schemas.TriagePriority},
	} {
		record, _ := json.Marshal(map[string]any{
			"Operation": c.operation, "UserType": 2, "UserId": "S-1-5-18", "ClientIP": "::1", "ClientInfoString": c.client,
		})
		if _, triage := detectOne(t, detect.New(detect.Options{}), string(record)); triage != c.want {
			t.Errorf("%s by %q: triage %q, want %q", c.operation, c.client, triage, c.want)
		}
	}
}
