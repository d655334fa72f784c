package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// ruleSet compiles Sigma rules.
func ruleSet(t testing.TB, documents ...string) *sigma.Set {
	t.Helper()
	c := &sigma.Collection{}
	for i, d := range documents {
		c.Add(fmt.Sprintf("rule%d.yml", i), []byte(d), sigma.Options{})
	}
	set, refused := sigma.Compile(c)
	for _, r := range append(c.Refusals, refused...) {
		t.Fatal(r.Error())
	}
	return set
}

// rule gives a rule for a log source, written as {product: …}, with one line of detection, or several.
func rule(source string, lines ...string) string {
	return "title: Rule\nid: 6ac1b8a5-4f9c-4d3a-9f0f-000000000001\nlevel: high\nlogsource: " + source +
		"\ndetection:\n  selection:\n    " + strings.Join(lines, "\n    ") + "\n  condition: selection\n"
}

// fires says whether a rule with that detection finds something in the record.
func fires(t *testing.T, source, record string, lines ...string) bool {
	t.Helper()
	e := detect.New(detect.Options{Rules: ruleSet(t, rule(source, lines...))})
	threats, _ := e.Detect(normalized(t, whole(record)))
	return slices.ContainsFunc(threats, func(x schemas.Threat) bool { return x.Kind == schemas.KindFinding })
}

const (
	m365  = "{product: m365, service: audit}"
	azure = "{product: azure}"
	inbox = `{"Operation":"New-InboxRule","Workload":"Exchange","RecordType":1,"UserType":2,"ResultStatus":"True","ClientIP":"203.0.113.7:50412",` +
		`"OrganizationName":"contoso.onmicrosoft.com","ObjectId":"EURPR01A002.PROD.OUTLOOK.COM/Hosted/contoso.onmicrosoft.com/ana\\.",` +
		`"SessionId":"s-1","Parameters":[{"Name":"Name","Value":".."},{"Name":"ForwardTo","Value":"\"X\" [SMTP:X@Fabrikam.example];bob@contoso.com"},` +
		`{"Name":"MoveToFolder","Value":"ana:\\RSS Feeds"},{"Name":"Empty"}]}`
	outlook = `{"Operation":"UpdateInboxRules","Workload":"Exchange","RecordType":2,"UserType":0,"ResultStatus":"Succeeded","MailboxOwnerUPN":"Ana@contoso.example",` +
		`"ClientIPAddress":"192.0.2.9","OperationProperties":[{"Name":"RuleName","Value":"x"},{"Name":"RuleActions","Value":` +
		`"[{\"ActionType\":\"ForwardToRecipients\",\"Recipients\":[\"evil@fabrikam.example\",\"bob@contoso.example\"]}]"}]}`
	role = `{"Operation":"Add member to role.","Workload":"AzureActiveDirectory","RecordType":8,"UserType":0,"ResultStatus":"Success","ObjectId":"low@contoso.example",` +
		`"ClientIP":"","ActorIpAddress":"<null>","ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"User-Agent\":\"curl/8\"}"},{"Name":"extendedAuditEventCategory","Value":"Role"}],` +
		`"ModifiedProperties":[{"Name":"Role.DisplayName","NewValue":"[\r\n  \"Global Administrator\"\r\n]","OldValue":"[]"},{"Name":"Role.TemplateId","NewValue":"\"62e90394\"","OldValue":"old"}],` +
		`"Actor":[{"ID":"app","Type":2},{"ID":"User_0a1b2c3d-0000-4000-8000-00000000000a","Type":2},{"ID":"Ana@contoso.example","Type":5}],` +
		`"Target":[{"ID":"User_1","Type":2},{"ID":"Low@contoso.example","Type":5}]}`
	failed = `{"Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"ResultStatus":"Success","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword",` +
		`"ClientIP":"::ffff:203.0.113.9","TokenObjectId":"0a1b2c3d-0000-4000-8000-00000000000b","ApplicationId":"app-1","ObjectId":"res-1",` +
		`"ExtendedProperties":[{"Name":"UserAgent","Value":"BAV2ROPC"},{"Name":"RequestType","Value":"OAuth2:Token"}],"DeviceProperties":[{"Name":"OS","Value":"Windows10"},{"Name":"IsCompliant","Value":"False"}]}`
	alert = `{"Operation":"AlertTriggered","Workload":"SecurityComplianceCenter","RecordType":40,"UserType":4,"Name":"Creation of forwarding/redirect rule",` +
		`"Status":"Active","Severity":"Low","Data":"{\"etype\":\"User\",\"ut\":\"Regular\"}"}`
	sent = `{"Operation":"Send","Workload":"Exchange","RecordType":2,"UserType":0,"MailboxOwnerUPN":"ana@contoso.example","recipientCount":3,` +
		`"recipientList":[{"Address":"a@mail.contoso.example"},{"Address":"b@fabrikam.example"},{"Address":"c_fabrikam.example#EXT#@contoso.onmicrosoft.com"}],` +
		`"OrganizationName":"contoso.onmicrosoft.com","Item":{"Subject":"x"},"AffectedItems":[{"Subject":"one","Attachments":[]},{"Subject":"two","Size":12,"Read":true,"Note":null}]}`
	signedIn = `{"Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"ResultStatus":"Success","ErrorNumber":"0",` +
		`"ClientIP":"203.0.113.9","ApplicationId":"app-1","ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"Success"}]}`
	secret = `{"Operation":"Update application – Certificates and secrets management ","Workload":"AzureActiveDirectory","RecordType":8,"UserType":0,"ResultStatus":"Success"}`
	scc    = `{"Operation":"Remove-AntiPhishRule","Workload":"SecurityComplianceCenter","RecordType":18,"UserType":2,"Parameters":"-Identity \"a b\" -Mode:Disable -Confirm"}`
)

// cases say in which records a line of detection must hold and in which it must not.
type cases map[string]struct {
	source, record, line string
	want                 bool
}

func (c cases) run(t *testing.T) {
	for name, c := range c {
		t.Run(name, func(t *testing.T) {
			if got := fires(t, c.source, c.record, c.line); got != c.want {
				t.Errorf("%s: %v, want %v, in %s", c.line, got, c.want, normalized(t, whole(c.record)))
			}
		})
	}
}

func TestNativeView(t *testing.T) {
	cases{
		"a field":                             {m365, inbox, "Operation: New-InboxRule", true},
		"another value":                       {m365, inbox, "Operation: Set-InboxRule", false},
		"a field in other case":               {m365, inbox, "workload: exchange", true},
		"a number":                            {m365, inbox, "UserType: 2", true},
		"an escaped value":                    {m365, inbox, `ObjectId|endswith: '/ana\.'`, true},
		"a parameter":                         {m365, inbox, "Parameters.ForwardTo|contains: fabrikam", true},
		"a parameter in other case":           {m365, inbox, "Parameters.forwardto|contains: fabrikam", true},
		"the parameter Name":                  {m365, inbox, "Parameters.Name: '..'", true},
		"another parameter's value":           {m365, inbox, "Parameters.Name: Empty", false},
		"a parameter without value":           {m365, inbox, "Parameters.Empty: null", true},
		"a parameter without value exists":    {m365, inbox, "Parameters.Empty|exists: true", true},
		"a parameter that is not there":       {m365, inbox, "Parameters.RedirectTo|exists: false", true},
		"parameters as a whole":               {m365, inbox, `Parameters: 'MoveToFolder: ana:\RSS Feeds'`, true},
		"parameters as a whole, one field":    {m365, inbox, "Parameters|contains: [RedirectTo, Inbox]", false},
		"a command line":                      {m365, scc, "Parameters.Mode: Disable", true},
		"a command line's quoted value":       {m365, scc, "Parameters.Identity: a b", true},
		"a command line's switch":             {m365, scc, "Parameters.Confirm|exists: true", true},
		"operation properties":                {m365, outlook, "OperationProperties.RuleName: x", true},
		"JSON in a property":                  {m365, outlook, "OperationProperties.RuleActions: ForwardToRecipients", true},
		"JSON in a property as it is":         {m365, outlook, `OperationProperties.RuleActions|contains: '"ActionType":"Forward'`, true},
		"a list":                              {m365, sent, "AffectedItems.Subject: two", true},
		"a list's number":                     {m365, sent, "AffectedItems.Size|gt: 11", true},
		"a list's truth":                      {m365, sent, "AffectedItems.Read: true", true},
		"a list's null":                       {m365, sent, "AffectedItems.Note: null", true},
		"an empty list exists":                {m365, sent, "AffectedItems.Attachments|exists: true", true},
		"a field that is not there":           {m365, sent, "AffectedItems.Sender|exists: true", false},
		"an object's values":                  {m365, sent, "Item: x", true},
		"JSON in a text":                      {m365, alert, "Data.ut: Regular", true},
		"a change, new":                       {m365, role, "ModifiedProperties.Role.DisplayName.NewValue: Global Administrator", true},
		"a change, old":                       {m365, role, "ModifiedProperties.Role.DisplayName.OldValue: Global Administrator", false},
		"a change, either":                    {m365, role, "ModifiedProperties.Role.TemplateId: old", true},
		"a change in quotes":                  {m365, role, "ModifiedProperties.Role.TemplateId.NewValue: 62e90394", true},
		"device properties":                   {m365, failed, "DeviceProperties.OS: Windows10", true},
		"extended properties":                 {m365, failed, "ExtendedProperties.RequestType: 'OAuth2:Token'", true},
		"extended properties without a list":  {m365, failed, "RequestType: 'OAuth2:Token'", true},
		"an operation without its period":     {m365, role, "Operation: Add member to role", true},
		"an operation with its period":        {m365, role, "Operation: Add member to role.", true},
		"what only the event has":             {m365, inbox, "class_uid: 3004", false},
		"of two attributes the first":         {m365, `{"Operation":"Send","Subject":"a","Subject":"b"}`, "Subject: a", true},
		"of two attributes not the other":     {m365, `{"Operation":"Send","Subject":"a","Subject":"b"}`, "Subject: b", false},
		"escapes":                             {m365, `{"Operation":"Send","Subject":"\ud83d\ude00 \u00e4\t\/\b\\"}`, `Subject|re: '^😀 ä\t/\x08\\$'`, true},
		"half an escape":                      {m365, `{"Operation":"Send","Subject":"\ud83d.\ud83d\u0041"}`, `Subject|re: '^\x{fffd}\.\x{fffd}A$'`, true},
		"keywords":                            {m365, inbox, "'|contains': RSS Feeds", true},
		"keywords never search our own words": {m365, inbox, "'|contains': Entity Management", false},
	}.run(t)
}

func TestDialectsOfPublicRules(t *testing.T) {
	exchange, threats, signIn := "{product: m365, service: exchange}", "{product: m365, service: threat_management}", "{product: azure, service: signinlogs}"
	cases{
		"eventSource":                     {exchange, inbox, "eventSource: Exchange", true},
		"eventName of a cmdlet":           {exchange, inbox, "eventName: New-InboxRule", true},
		"eventName of an alert":           {threats, alert, "eventName: Creation of forwarding/redirect rule", true},
		"eventName of an alert, its kind": {threats, alert, "eventName: AlertTriggered", true},
		"status True":                     {exchange, inbox, "status: success", true},
		"status Succeeded":                {m365, outlook, "status: success", true},
		"status of an alert":              {threats, alert, "status: success", true},
		"an alert's own status":           {threats, alert, "Status: Active", true},
		"status of a failed sign-in":      {signIn, failed, "status: success", false},
		"Status Failure":                  {signIn, failed, "Status: Failure", true},
		"Payload":                         {threats, alert, "Payload|contains: etype", true},
		"Payload is the alert's data":     {threats, alert, "Payload|contains: SecurityCompliance", false},
		"Payload of a cmdlet":             {threats, scc, "Payload|contains|all: [Remove-AntiPhishRule, Disable, Confirm]", true},
		"Payload of another service":      {m365, inbox, "Payload|contains: InboxRule", false},
		"ResultType":                      {signIn, failed, "ResultType: 50126", true},
		"resultType":                      {signIn, failed, "resultType: '50126'", true},
		"status.errorCode":                {signIn, failed, "properties.status.errorCode: 50126", true},
		"ResultDescription":               {signIn, failed, "ResultDescription|contains: InvalidUserName", true},
		"userAgent":                       {signIn, failed, "properties.userAgent: BAV2ROPC", true},
		"DeviceDetail.isCompliant":        {signIn, failed, "DeviceDetail.isCompliant: 'false'", true},
		"properties.message":              {azure, role, "properties.message: Add member to role", true},
		"OperationName":                   {azure, role, "OperationName: Add member to role", true},
		"properties.initiatedBy":          {azure, role, "properties.initiatedBy.user.userPrincipalName: ana@contoso.example", true},
		"Initiatied.By":                   {azure, role, "Initiatied.By: ana@contoso.example", true},
		"category":                        {azure, role, "category: Role", true},
		"RuleName":                        {m365, inbox, "RuleName: '..'", true},
		"RuleName of Outlook":             {m365, outlook, "RuleName: x", true},
		"ResultType of a success":         {signIn, signedIn, "ResultType: 0", true},
		"ResultType without a number":     {signIn, strings.Replace(signedIn, `"ErrorNumber":"0",`, "", 1), "ResultType: 0", true},
		"ResultType of a failure":         {signIn, failed, "ResultType: 0", false},
		"ResultType of no sign-in":        {azure, role, "ResultType: 0", false},
		"ResultType in quotes":            {signIn, signedIn, "ResultType: '0'", true},
		"Status of a success":             {signIn, signedIn, "Status: Success", true},
		"a time's hour":                   {signIn, signedIn, "TimeGenerated|hour: 10", true},
		"a list's mark, new value":        {azure, role, "ModifiedProperties{}.NewValue|endswith: Administrator", true},
		"a list's mark, old value":        {azure, role, "ModifiedProperties{}.OldValue: Global Administrator", false},
		"a list's mark, name":             {azure, role, "ModifiedProperties[].Name: Role.DisplayName", true},
		"a list without a mark":           {azure, role, "ModifiedProperties.NewValue: Global Administrator", true},
		"a list's names without a mark":   {azure, role, "ModifiedProperties.Name: Role.DisplayName", true},
		"parameters' values":              {m365, inbox, "Parameters.Value|contains: fabrikam", true},
		"parameters' names":               {m365, inbox, "Parameters{}.Name: ForwardTo", true},
		"an element of a list":            {azure, role, "Target[1].ID: low@contoso.example", true},
		"an element by its number":        {azure, role, "Target.0.ID: low@contoso.example", false},
		"a list of objects with a mark":   {azure, role, "Actor{}.ID: ana@contoso.example", true},
		"targetResources":                 {azure, role, "properties.targetResources|contains: low@contoso.example", true},
		"targetResources, name":           {azure, role, "TargetResources.userPrincipalName: low@contoso.example", true},
		"targetResources, changes":        {azure, role, "properties.targetResources{}.modifiedProperties{}.newValue: Global Administrator", true},
		"Category in other words":         {azure, role, "Category: RoleManagement", true},
		"properties before a list's mark": {azure, role, "properties.ModifiedProperties{}.NewValue: Global Administrator", true},
		"an operation with a hyphen":      {azure, secret, "properties.message: Update application - Certificates and secrets management", true},
		"an operation with a mere hyphen": {azure, secret, "properties.message: Update Application-Certificates and secrets management", true},
		"an operation with its dash":      {azure, secret, "Operation|startswith: 'Update application – Cert'", true},
		"activitylogs":                    {"{product: azure, service: activitylogs}", role, "eventSource: AzureActiveDirectory", true},
	}.run(t)
}

func TestOCSFView(t *testing.T) {
	const source = "{product: ocsf}"
	cases{
		"a field":                      {source, inbox, "class_uid: 3004", true},
		"a path":                       {source, inbox, "src_endpoint.ip: 203.0.113.7", true},
		"a path with an address":       {source, inbox, "actor.user.email_addr: ana@contoso.example", true},
		"metadata":                     {source, inbox, "metadata.event_code: New-InboxRule", true},
		"a list of objects":            {source, inbox, "observables.value: 203.0.113.7", true},
		"the record below unmapped":    {source, inbox, "unmapped.Workload: Exchange", true},
		"names have case":              {source, inbox, "Class_UID: 3004", false},
		"native names":                 {source, inbox, "Operation: New-InboxRule", false},
		"tags are not there":           {source, inbox, "metadata.tags.value|contains: contoso", false},
		"derived fields":               {source, inbox, "derived.folder: RSS Feeds", true},
		"keywords search the record":   {source, inbox, "'|contains': RSS Feeds", true},
		"keywords, nothing of our own": {source, inbox, "'|contains': Entity Management", false},
	}.run(t)
}

func TestRulesSeeTheirLogSourceOnly(t *testing.T) {
	for _, c := range []struct {
		source string
		seen   []string
	}{
		{"{product: m365}", []string{inbox, outlook, role, failed, alert}},
		{"{product: M365, service: Audit}", []string{inbox, outlook, role, failed, alert}},
		{"{product: m365, service: exchange}", []string{inbox, outlook}},
		{"{product: m365, service: threat_management}", []string{alert}},
		{"{product: m365, service: threat_detection}", []string{alert}},
		{"{product: azure}", []string{role, failed}},
		{"{product: azure, service: signinlogs}", []string{failed}},
		{"{product: azure, service: auditlogs}", []string{role}},
		{"{product: azure, service: riskdetection}", nil},
		{"{product: azure, service: activitylogs}", []string{role}},
		{"{service: azureactivity}", []string{role}},
		{"{service: azure.auditlogs}", []string{role}},
		{"{service: azure.signinlogs}", []string{failed}},
		{"{product: azure, service: signin_logs}", []string{failed}},
		{"{product: m365, service: m365}", []string{inbox, outlook, role, failed, alert}},
		{"{category: ThreatManagement, service: m365}", []string{alert}},
		{"{category: Exchange, product: m365}", []string{inbox, outlook}},
		{"{product: Office365, service: exchange}", []string{inbox, outlook}},
		{"{product: aws, service: m365}", nil},
		{"{product: windows, service: azure.signinlogs}", nil},
		{"{category: ThreatManagement}", nil},
		{"{service: exchange}", nil},
		{"{product: ocsf}", []string{inbox, outlook, role, failed, alert}},
		{"{product: windows}", nil},
		{"{product: windows, service: audit}", nil},
		{"{product: m365, category: file_event}", nil},
		{"{service: audit}", nil},
	} {
		for _, record := range []string{inbox, outlook, role, failed, alert} {
			want := slices.Contains(c.seen, record)
			// The bare condition "not", which holds for every event it is asked of.
			r := strings.Replace(rule(c.source, "NoSuchField: x"), "condition: selection", "condition: not selection", 1)
			threats, _ := detect.New(detect.Options{Rules: ruleSet(t, r)}).Detect(normalized(t, whole(record)))
			if got := len(threats) > 0 && threats[len(threats)-1].Kind == schemas.KindFinding; got != want {
				t.Errorf("%s sees %s: %v, want %v", c.source, gjson.Get(record, "Operation"), got, want)
			}
		}
	}
}

func TestSeesTellsLogSourcesWithoutEvents(t *testing.T) {
	for source, want := range map[sigma.LogSource]bool{
		{Product: "m365", Service: "audit"}: true, {Product: "azure", Service: "pim"}: true, {Product: "ocsf"}: true,
		{Product: "azure", Service: "activitylogs"}: true, {Product: "windows"}: false, {}: false,
		{Product: "azure", Service: "keyvault"}: false,
		{Product: "m365", Category: "x"}:        false,
	} {
		if got := detect.Sees(source); got != want {
			t.Errorf("%v: %v, want %v", source, got, want)
		}
	}
}
