package detect_test

import (
	"testing"

	"ualstream/detect"
	"ualstream/schemas"
)

func TestDerivedFields(t *testing.T) {
	removed := `{"Operation":"Remove-InboxRule","Workload":"Exchange","UserType":2,"ObjectId":"ana\\..","Parameters":[{"Name":"Identity","Value":"ana\\.."}]}`
	revoked := `{"Operation":"Remove-MailboxPermission","Workload":"Exchange","UserType":2,"Parameters":[{"Name":"User","Value":"evil@fabrikam.example"}]}`
	granted := `{"Operation":"Add-MailboxPermission","Workload":"Exchange","UserType":2,"Parameters":[{"Name":"Identity","Value":"Bob@contoso.example"},{"Name":"User","Value":"evil@fabrikam.example"}]}`
	transport := cmdlet("New-TransportRule", "Name", "x1y", "BlindCopyTo", "b@fabrikam.example;c@contoso.example")
	moved := `{"Operation":"Move","Workload":"Exchange","UserType":0,"Folder":{"Path":"\\Inbox"},"DestFolder":{"Path":"\\Archive\\RSS Feeds"}}`
	anonymous := `{"Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"ClientIP":"0.0.0.0","UserId":"Not Available","UserKey":"Not Available","Actor":[{"ID":"0A1B2C3D-0000-4000-8000-00000000000d","Type":0}]}`
	cases{
		"actor":                          {m365, role, "derived.actor|cased: ana@contoso.example", true},
		"actor_id of the record's token": {m365, failed, "derived.actor_id: 0a1b2c3d-0000-4000-8000-00000000000b", true},
		"actor_id among identities":      {m365, role, "derived.actor_id: 0a1b2c3d-0000-4000-8000-00000000000a", true},
		"actor_id, else the actor":       {m365, inbox, "derived.actor_id: ana@contoso.example", true},
		"actor_id of somebody unnamed":   {m365, anonymous, "derived.actor_id|cased: 0a1b2c3d-0000-4000-8000-00000000000d", true},
		"account of a change":            {m365, role, "derived.account|cased: low@contoso.example", true},
		"account of a sign-in":           {m365, failed, "derived.account: ana@contoso.example", true},
		"address without port":           {m365, inbox, "derived.address: 203.0.113.7", true},
		"address that was mapped":        {m365, failed, "derived.address: 203.0.113.9", true},
		"no address":                     {m365, role, "derived.address|exists: true", false},
		"an address that says nothing":   {m365, anonymous, "derived.address|exists: true", false},
		"error_code":                     {m365, failed, "derived.error_code: 50126", true},
		"folder with the mailbox":        {m365, inbox, "derived.folder: RSS Feeds", true},
		"folder that something goes to":  {m365, moved, "derived.folder: RSS Feeds", true},
		"folder that it comes from":      {m365, moved, "derived.folder: Inbox", false},
		"folder by its ID": {m365, cmdlet("Set-InboxRule", "MoveToFolder", "LgAAAABKe+NY5HVjRYWDqaJ5IKKF/QBQ11dzmT6LS6bQbkNDtISsAAAAAAEMAAAB/A=="),
			"derived.folder|re: '^[A-Za-z0-9+/_=-]{60,}$'", true},
		"folder with slashes":             {m365, cmdlet("Set-InboxRule", "MoveToFolder", "A/B "), "derived.folder: B", true},
		"mailbox":                         {m365, outlook, "derived.mailbox|cased: ana@contoso.example", true},
		"recipient_count":                 {m365, sent, "derived.recipient_count|gte: 3", true},
		"recipient_count of a list":       {m365, `{"Operation":"Send","Workload":"Exchange","recipientList":[{"Address":"a"},{"Address":"b"}]}`, "derived.recipient_count: 2", true},
		"recipient_count of no mail":      {m365, inbox, "derived.recipient_count|exists: true", false},
		"rule_name":                       {m365, inbox, "derived.rule_name: '..'", true},
		"rule_name of what is removed":    {m365, removed, "derived.rule_name: '..'", true},
		"throw-away name":                 {m365, inbox, "derived.throwaway_rule_name: true", true},
		"throw-away name of what removed": {m365, removed, "derived.throwaway_rule_name: true", true},
		"throw-away name of one letter":   {m365, outlook, "derived.throwaway_rule_name: true", true},
		"throw-away name, repeated":       {m365, cmdlet("New-InboxRule", "Name", "aAaaa"), "derived.throwaway_rule_name: true", true},
		"a name":                          {m365, transport, "derived.throwaway_rule_name: false", true},
		"no name at all":                  {m365, role, "derived.throwaway_rule_name|exists: true", false},
		"session":                         {m365, inbox, "derived.session: s-1", true},
		"user_agent":                      {m365, role, "derived.user_agent: curl/8", true},
		"noise":                           {m365, inbox, "derived.noise: false", true},
		"forwarding outside":              {m365, inbox, "derived.external_recipients: x@fabrikam.example", true},
		"forwarding inside":               {m365, inbox, "derived.external_recipients|contains: contoso", false},
		"forwarding outside by Outlook":   {m365, outlook, "derived.external_recipients: evil@fabrikam.example", true},
		"copying outside":                 {m365, transport, "derived.external_recipients: b@fabrikam.example", true},
		"copying inside":                  {m365, transport, "derived.external_recipients: c@contoso.example", false},
		"sending outside":                 {m365, sent, "derived.external_recipients: b@fabrikam.example", true},
		"sending to a sub-domain":         {m365, sent, "derived.external_recipients|contains: mail.contoso", false},
		"sending to a guest":              {m365, sent, "derived.external_recipients: c@fabrikam.example", true},
		"delegating outside":              {m365, granted, "derived.external_recipients: evil@fabrikam.example", true},
		"revoking":                        {m365, revoked, "derived.external_recipients|exists: true", false},
		"nobody outside":                  {m365, role, "derived.external_recipients|exists: true", false},
		"a derived field that is none":    {m365, inbox, "derived.nothing|exists: true", false},
	}.run(t)
}

func TestWhatATenantsDomainsAre(t *testing.T) {
	forward := func(to, more string) string {
		return `{"Operation":"Set-Mailbox","Workload":"Exchange","ClientIP":"192.0.2.1",` + more +
			`"Parameters":[{"Name":"ForwardingSmtpAddress","Value":"smtp:` + to + `"}]}`
	}
	configured := func(tenant string) []string {
		if tenant == "00000000-0000-4000-8000-000000000001" {
			return []string{"fabrikam.example"}
		}
		return nil
	}
	for name, c := range map[string]struct {
		record   string
		domains  func(string) []string
		external bool
	}{
		"the user's":                             {forward("x@contoso.example", `"UserType":2,`), nil, false},
		"a sub-domain":                           {forward("x@eu.contoso.example", `"UserType":2,`), nil, false},
		"a domain that ends alike":               {forward("x@notcontoso.example", `"UserType":2,`), nil, true},
		"the parent domain":                      {forward("x@example", `"UserType":2,`), nil, false}, // no address
		"another":                                {forward("x@fabrikam.example", `"UserType":2,`), nil, true},
		"another, configured":                    {forward("x@FABRIKAM.example", `"UserType":2,`), configured, false},
		"the organization's":                     {forward("x@fabrikam.onmicrosoft.com", `"OrganizationName":"fabrikam.onmicrosoft.com",`), nil, false},
		"the organization's under its own name":  {forward("x@fabrikam.com", `"OrganizationName":"fabrikam.onmicrosoft.com",`), nil, false},
		"the organization's sub-domain":          {forward("x@eu.fabrikam.com", `"OrganizationName":"fabrikam.onmicrosoft.com",`), nil, false},
		"another organization's":                 {forward("x@contoso.onmicrosoft.com", `"OrganizationName":"fabrikam.onmicrosoft.com",`), nil, true},
		"the mailbox owner's":                    {forward("x@fabrikam.example", `"MailboxOwnerUPN":"bob@fabrikam.example",`), nil, false},
		"a partner's own":                        {forward("x@contoso.example", `"UserType":9,`), nil, true},
		"a delegated administrator's own":        {forward("x@contoso.example", `"UserType":2,"ExternalAccess":true,`), nil, true},
		"the home of a guest, written as a name": {forward("x_fabrikam.example#EXT#@contoso.example", `"UserType":2,`), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			set := ruleSet(t, rule(m365, "derived.external_recipients|exists: true"))
			threats, _ := detect.New(detect.Options{Rules: set, Domains: c.domains}).Detect(normalized(t, whole(c.record)))
			if got := threats[len(threats)-1].Kind == schemas.KindFinding; got != c.external {
				t.Errorf("external %v, want %v", got, c.external)
			}
		})
	}
}

func TestAddressesOfEveryoneAreNoDomainOfATenant(t *testing.T) {
	record := []byte(`{"Id":"1","Operation":"Set-Mailbox","Workload":"Exchange","UserType":2,"UserId":"ana@outlook.com","ClientIP":"192.0.2.1",` +
		`"CreationTime":"2026-02-12T10:53:24","Parameters":[{"Name":"ForwardingSmtpAddress","Value":"x@outlook.com"}]}`)
	set := ruleSet(t, rule(m365, "derived.external_recipients: x@outlook.com"))
	if threats, _ := detect.New(detect.Options{Rules: set}).Detect(normalized(t, record)); len(threats) != 2 {
		t.Errorf("%d threats", len(threats))
	}
}
