package normalize_test

import (
	"testing"

	"github.com/tidwall/gjson"
)

func TestFailedSignInDoesNotSaySuccess(t *testing.T) {
	const request = `,"ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"%s"}]`
	for _, test := range []struct{ fields, detail, want string }{
		{`"Operation":"UserLoginFailed"`, "Success", ""},
		{`"Operation":"UserLoginFailed"`, "Succeeded", ""},
		{`"Operation":"UserLoginFailed"`, "Redirect", ""},
		{`"Operation":"UserLoginFailed"`, "UserError", "UserError"},
		{`"Operation":"UserLoginFailed","ErrorNumber":"50140"`, "Success", ""},
		{`"Operation":"UserLoginFailed","LogonError":"IdsLocked"`, "Success", "IdsLocked"},
		{`"Operation":"UserLoggedIn"`, "Success", "Success"},
		{`"Operation":"UserLoggedIn"`, "Redirect", "Redirect"},
	} {
		got := event(t, test.fields+request, test.detail)
		if s := gjson.GetBytes(got, "status_detail").Str; s != test.want {
			t.Errorf("%s with %s: status_detail is %q, want %q", test.fields, test.detail, s, test.want)
		}
	}
}

func TestSecondFactorIsToldWhereItWasAskedFor(t *testing.T) {
	for fields, want := range map[string]string{
		`"ExtendedProperties":[{"Name":"RequestType","Value":"SAS:EndAuth"}]`:     "true",
		`"ExtendedProperties":[{"Name":"RequestType","Value":"SAS:ProcessAuth"}]`: "true",
		`"ExtendedProperties":[{"Name":"RequestType","Value":"Login:login"}]`:     "",
		`"ErrorNumber":"500121"`: "true",
		`"ErrorNumber":"50126"`:  "",
		`"ErrorNumber":"0"`:      "",
	} {
		got := event(t, `"Operation":"UserLoggedIn",%s`, fields)
		if mfa := gjson.GetBytes(got, "is_mfa").Raw; mfa != want {
			t.Errorf("%s: is_mfa is %q, want %q", fields, mfa, want)
		}
	}
}

func TestRuleWithoutMailboxIsInTheCallersOwn(t *testing.T) {
	for fields, want := range map[string]string{
		`"ObjectId":"EURP.prod/contoso/ana\\x"`:                                               "ana@contoso.example",
		`"ObjectId":"bob@contoso.example\\x"`:                                                 "bob@contoso.example",
		`"ObjectId":"EURP/bob\\x","Parameters":[{"Name":"Mailbox","Value":"bob"}]`:            "bob",
		`"ObjectId":"EURP/bob\\x","Parameters":[{"Name":"Identity","Value":"bob\\x"}]`:        "EURP/bob",
		`"ObjectId":"bob@contoso.example\\x","Parameters":[{"Name":"Mailbox","Value":"bob"}]`: "bob@contoso.example",
		`"ObjectId":"EURP/ana\\x","Parameters":[{"Name":"Identity","Value":"4711"}]`:          "ana@contoso.example",
		`"ObjectId":"EURP/ana\\x","UserType":3`:                                               "EURP/ana",
		`"ObjectId":""`:                                                                       "ana@contoso.example",
	} {
		got := event(t, `"Operation":"Set-InboxRule",%s,"UserId":"ana@contoso.example"`, fields)
		if box := gjson.GetBytes(got, `metadata.tags.#(name=="mailbox").value`).Str; box != want {
			t.Errorf("%s: mailbox is %q, want %q", fields, box, want)
		}
	}
}

func TestWhatIsKnownReachesItsAttribute(t *testing.T) {
	for _, test := range []struct{ fields, path, want string }{
		{`"Operation":"AddedToGroup","TargetUserOrGroupName":"i:0#.f|membership|eve@x.example"`, "user.email_addr", "eve@x.example"},
		{`"Operation":"AddedToGroup","TargetUserOrGroupName":"i:0#.f|membership|eve@x.example"`, "user.name", "i:0#.f|membership|eve@x.example"},
		{`"Operation":"FileMalwareDetected","SourceFileName":"a.exe","ObjectId":"o/a.exe"`, "evidences.0.file.name", "a.exe"},
		{`"Operation":"AtpDetection","FileData":{"FileName":"a.exe"}`, "evidences.0.file.name", "a.exe"},
		{`"Operation":"TIUrlClickData","UserIp":"192.0.2.1"`, "device.ip", "192.0.2.1"},
		{`"Operation":"Add member to role.","ObjectId":"a@x.example"`, "resources", ""},
		{`"Operation":"UserLoggedIn","ObjectId":"00000002-0000-0ff1-ce00-000000000000"`, "service.uid", "00000002-0000-0ff1-ce00-000000000000"},
		{`"Operation":"UserLoggedIn","ObjectId":"Unknown"`, "service.uid", ""},
		{`"Operation":"TeamsSessionStarted","ObjectId":"Unknown (Unknown)"`, "service.uid", ""},
		{`"Operation":"PasswordLogonInitialAuthUsingPassword","ObjectId":"a@x.example"`, "service.uid", ""},
		{`"Operation":"SearchQueryInitiatedExchange","MailboxOwnerUPN":"a@x.example"`, "web_resources.0.name", "a@x.example"},
		{`"Operation":"Add-MailboxPermission","Parameters":[{"Name":"User","Value":["a@x.example","b@x.example"]}]`, "user.name", "a@x.example"},
		{`"Operation":"SharingSet","TargetUserOrGroupName":"e@x.example"`, `observables.#(name=="access_list").value`, "e@x.example"},
		{`"Operation":"GroupCreation","ObjectId":"Sales"`, "group.name", "Sales"},
		{`"Operation":"Set-User","ObjectId":"ana"`, "entity.type_id", "2"},
		{`"Operation":"Register device.","ObjectId":"d"`, "entity.type_id", "1"},
		{`"Operation":"FileAccessed","ItemType":"Unknown"`, "file.type_id", "0"},
		{`"Operation":"SiteDeleted","ObjectId":"s"`, "entity.type_id", "99"},
		{`"Operation":"TIMailData","Directionality":"Unknown"`, "direction_id", "0"},
		{`"Operation":"TIMailData","Directionality":"inbound"`, "direction_id", "1"},
		{`"Operation":"AlertTriggered","Severity":"Unknown"`, "severity_id", "1"},
		{`"Operation":"AlertTriggered","Severity":"medium"`, "severity_id", "3"},
		{`"Operation":"AlertTriggered","Status":"Unknown"`, "status_id", "0"},
		{`"Operation":"MemberAdded","UserId":"u","TeamName":"Sales"`, "message", "u: MemberAdded on Sales"},
		{`"Operation":"AlertTriggered","UserId":"u","Name":"Forwarding","AlertEntityId":"a@x.example"`, "message",
			"u: AlertTriggered, Forwarding on a@x.example (New)"},
	} {
		if s := gjson.GetBytes(event(t, "%s", test.fields), test.path).String(); s != test.want {
			t.Errorf("%s: %s is %q, want %q", test.fields, test.path, s, test.want)
		}
	}
}

func TestAppAccessContextMayBeAList(t *testing.T) {
	for _, written := range []string{`{"AADSessionId":"s"}`, `[{"AADSessionId":"s"}]`} {
		if s := gjson.GetBytes(event(t, `"AppAccessContext":%s`, written), "actor.session.uid").Str; s != "s" {
			t.Errorf("%s: the session is %q", written, s)
		}
	}
}
