package detect_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/publish"
	"ualstream/schemas"
)

const hidesMail = `title: Inbox rule hides mail
id: 6ac1b8a5-4f9c-4d3a-9f0f-000000000002
description: |
    An inbox rule moves mail out of sight.
date: 2026-01-10
modified: 2026-02-01
tags: [attack.stealth, attack.t1564.008, attack.t1114, cve.2024-1]
level: high
logsource: {product: m365, service: audit}
detection:
  rule:
    Operation: New-InboxRule
  hides:
    Parameters.MoveToFolder|contains: [RSS, Archive]
  words: [fabrikam]
  other:
    Workload: SharePoint
  condition: rule and (hides or other) and words and not other
`

// findings gives the findings that rules make of a record.
func findings(t testing.TB, record []byte, rules ...string) []schemas.Threat {
	t.Helper()
	threats, _ := detect.New(detect.Options{Rules: ruleSet(t, rules...)}).Detect(normalized(t, record))
	return slices.DeleteFunc(threats, func(x schemas.Threat) bool { return x.Kind != schemas.KindFinding })
}

func TestFindingSaysWhoDidWhatToWhichMailbox(t *testing.T) {
	found := findings(t, whole(inbox), hidesMail)
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	f := found[0]
	if f.Rule != "6ac1b8a5-4f9c-4d3a-9f0f-000000000002" || f.Triage != schemas.TriageFinding ||
		!slices.Equal(f.Tags, []string{schemas.EmailRuleModification}) {
		t.Errorf("rule %q, triage %q, tags %v", f.Rule, f.Triage, f.Tags)
	}
	const uid = "00000000-0000-4000-8000-000000000002"
	for path, want := range map[string]string{
		"class_uid": "2004", "type_uid": "200401", "activity_id": "1", "is_alert": "true", "severity_id": "4", "severity": "High",
		"time":                               "1770893604000",
		"message":                            `Inbox rule hides mail: ana@contoso.example made an inbox rule called ".." in their own mailbox (ForwardTo "X" [SMTP:X@Fabrikam.example];bob@contoso.com, MoveToFolder ana:\RSS Feeds), mail goes to x@fabrikam.example, from 203.0.113.7`,
		"finding_info.uid":                   detect.FindingUID(f.Rule, "00000000-0000-4000-8000-000000000001", uid),
		"metadata.uid":                       detect.FindingUID(f.Rule, "00000000-0000-4000-8000-000000000001", uid),
		"finding_info.title":                 "Inbox rule hides mail",
		"finding_info.desc":                  "An inbox rule moves mail out of sight.",
		"finding_info.analytic":              `{"name":"Inbox rule hides mail","type_id":1,"type":"Rule","uid":"6ac1b8a5-4f9c-4d3a-9f0f-000000000002","version":"2026-02-01"}`,
		"finding_info.attacks.#":             "2",
		"finding_info.attacks.0":             `{"tactic":{"name":"Stealth","uid":"TA0005"},"technique":{"name":"Hide Artifacts","uid":"T1564"},"sub_technique":{"name":"Email Hiding Rules","uid":"T1564.008"},"version":"19"}`,
		"finding_info.attacks.1.technique":   `{"name":"Email Collection","uid":"T1114"}`,
		"finding_info.related_events.#.uid":  `["` + uid + `"]`,
		"finding_info.first_seen_time":       "1770893604000",
		"metadata.correlation_uid":           "s-1",
		"metadata.tenant_uid":                "00000000-0000-4000-8000-000000000001",
		"metadata.labels":                    `["EmailRuleModification"]`,
		"metadata.tags.#(name==\"triage\")":  `{"name":"triage","value":"finding"}`,
		"metadata.tags.#(name==\"mailbox\")": `{"name":"mailbox","value":"ana@contoso.example"}`,
		"actor.user.email_addr":              "ana@contoso.example",
		"evidences.0.src_endpoint.ip":        "203.0.113.7",
		"evidences.0.data.fields.0":          `{"field":"Operation","value":"New-InboxRule","search_identifier":"rule"}`,
		"evidences.0.data.fields.1":          `{"field":"Parameters.MoveToFolder","value":"ana:\\RSS Feeds","search_identifier":"hides"}`,
		"resources":                          `[{"name":"ana@contoso.example","type":"Mailbox"}]`,
		"observables.#.value":                `["ana@contoso.example","s-1","ana@contoso.example","203.0.113.7"]`,
		"unmapped":                           "",
	} {
		if got := gjson.GetBytes(f.Value, path).String(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestMessageOfAFindingIsToBeFilteredByItsHeaders(t *testing.T) {
	event := publish.Event(schemas.Message{}, normalized(t, whole(inbox)))
	m := publish.Threat(event, findings(t, whole(inbox), hidesMail)[0])
	for name, want := range map[string]string{
		"kind": "finding", "triage": "finding", "rule": "6ac1b8a5-4f9c-4d3a-9f0f-000000000002", "severity_id": "4",
		"tags": "EmailRuleModification", "class_uid": "2004", "operation": "New-InboxRule", "actor": "ana@contoso.example",
		"mailbox": "ana@contoso.example", "time": "2026-02-12T10:53:24.000Z", "ocsf": "1.8.0",
		"uid": gjson.GetBytes(m.Value, "finding_info.uid").Str,
	} {
		if got := m.Header(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if string(m.Key) != string(event.Key) {
		t.Errorf("key %q, the event's is %q", m.Key, event.Key)
	}
}

func TestFindingUIDsAreOfRuleTenantAndEvent(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][3]string{{"a", "b", "c"}, {"a", "bc", ""}, {"ab", "", "c"}, {"a", "b", "d"}, {"x", "b", "c"}} {
		seen[detect.FindingUID(parts[0], parts[1], parts[2])] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d different uids of 5: %v", len(seen), slices.Collect(maps.Keys(seen)))
	}
}

func TestAnEventGivesItsTagsAndAFindingForEachRule(t *testing.T) {
	second := strings.NewReplacer("hides mail", "is new", "000000000002", "000000000003").Replace(hidesMail)
	e := detect.New(detect.Options{Rules: ruleSet(t, hidesMail, second)})
	threats, signals := e.Detect(normalized(t, whole(inbox)))
	var got []string
	for _, x := range threats {
		got = append(got, x.Kind+" "+x.Rule)
	}
	want := []string{"event ", "finding 6ac1b8a5-4f9c-4d3a-9f0f-000000000002", "finding 6ac1b8a5-4f9c-4d3a-9f0f-000000000003"}
	if !slices.Equal(got, want) || len(signals) != 0 {
		t.Errorf("threats %q, %d signals", got, len(signals))
	}
	again, _ := e.Detect(threats[0].Value)
	for i := range threats {
		if string(again[i].Value) != string(threats[i].Value) {
			t.Errorf("again\n%s\nfirst\n%s", again[i].Value, threats[i].Value)
		}
	}
	if inFinding, _ := e.Detect(threats[1].Value); inFinding != nil {
		t.Errorf("in a finding is found %s", inFinding[0].Value)
	}
}

func TestNothingIsFoundInFindings(t *testing.T) {
	own := findings(t, whole(inbox), hidesMail)[0].Value
	of2004 := detect.New(detect.Options{Rules: ruleSet(t, rule("{product: ocsf}", "class_uid: 2004"))})
	if threats, _ := of2004.Detect(own); threats != nil {
		t.Errorf("in a finding is found %s", threats[0].Value)
	}
	if threats, _ := of2004.Detect(normalized(t, whole(alert))); len(threats) != 1 {
		t.Errorf("%d findings in an alert of Microsoft's, want 1", len(threats))
	}
}

func TestWhatCorrelationsCountComesAsSignals(t *testing.T) {
	e := detect.New(detect.Options{Rules: ruleSet(t, rule("{product: azure}", "ResultType: 50126")+`---
title: Spray
correlation:
  type: value_count
  rules: [6ac1b8a5-4f9c-4d3a-9f0f-000000000001]
  group-by: [derived.address]
  timespan: 10m
  condition: {gte: 10, field: UserId}
`)})
	event := normalized(t, whole(failed))
	threats, signals := e.Detect(event)
	clear(event) // signals keep nothing of it
	if len(threats) != 1 || threats[0].Kind != schemas.KindEvent || len(signals) != 1 {
		t.Fatalf("%d threats, %d signals, want the tagged event alone, and one", len(threats), len(signals))
	}
	s := signals[0]
	if s.Correlation.Title != "Spray" || !slices.Equal(s.Group, []string{"203.0.113.9"}) || !slices.Equal(s.Sample.Values, []string{"ana@contoso.example"}) ||
		s.Sample.Ref != "00000000-0000-4000-8000-000000000002" || s.Sample.Time.Format(time.RFC3339) != "2026-02-12T10:53:24Z" {
		t.Errorf("signal %+v", s)
	}
}

func TestAnUntaggedEventGivesItsFindingAlone(t *testing.T) {
	found := findings(t, whole(role), rule(azure, "Operation: Add member to role"))
	if len(found) != 1 || len(found[0].Tags) != 0 || gjson.GetBytes(found[0].Value, "metadata.labels").Exists() {
		t.Fatalf("%+v", found)
	}
}

func TestNoiseRaisesNoFinding(t *testing.T) {
	const every = "Operation|exists: true"
	for record, want := range map[string]int{
		serviceRecord("Set-Mailbox", nil, nil): 0,
		serviceRecord("New-Mailbox", nil, nil): 0, // noise does not hang on the switch for optional tags
		serviceRecord("Set-Mailbox", map[string]string{"ForwardingSmtpAddress": "x@fabrikam.example"}, nil): 1,
		serviceRecord("Set-Mailbox", nil, map[string]any{"ClientIP": "192.0.2.1"}):                          1,
		serviceRecord("Set-Mailbox", nil, map[string]any{"UserType": 2}):                                    1,
		serviceRecord("Remove-AntiPhishPolicy", nil, nil):                                                   1, // untagged: a service's identity is no hiding place
		modifiedByService("full_access_as_app"):                                                             1,
		`{"Operation":"UpdateInboxRules","UserType":0}`:                                                     0,
		alert: 1,
	} {
		if got := len(findings(t, whole(record), rule(m365, every))); got != want {
			t.Errorf("%d findings, want %d, of %s", got, want, record)
		}
	}
}

func TestMessageOfAFinding(t *testing.T) {
	const directory = "EURP190A004.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/"
	for record, want := range map[string]string{
		failed: "Rule: ana@contoso.example failed to sign in by BAV2ROPC, from 203.0.113.9 (failure 50126)",
		sent:   "Rule: ana@contoso.example sent mail from their own mailbox, to b@fabrikam.example, c@fabrikam.example",
		cmdlet("Add-MailboxPermission", "User", "a\u202e\r\nna"): "Rule: ana@contoso.example gave a na rights on the mailbox bob@contoso.example, from 203.0.113.7",
		`{"Operation":"Send","Workload":"Exchange","recipientList":[{"Address":"a@a.example"},{"Address":"b@a.example"},{"Address":"c@a.example"},{"Address":"d@a.example"}]}`://
		"Rule: ana@contoso.example sent mail from their own mailbox, to a@a.example, b@a.example, c@a.example and others",
		cmdlet("Add-MailboxPermission", "User", "eve@contoso.example", "AccessRights", "FullAccess"):                                          "Rule: ana@contoso.example gave eve@contoso.example the right FullAccess on the mailbox bob@contoso.example, from 203.0.113.7",
		strings.Replace(cmdlet("Set-Mailbox", "ForwardingSmtpAddress", "smtp:x@fabrikam.example"), "bob@contoso.example", directory+"Ana", 1): "Rule: ana@contoso.example changed the settings of their own mailbox (ForwardingSmtpAddress smtp:x@fabrikam.example), mail goes to x@fabrikam.example, from 203.0.113.7",
		strings.Replace(cmdlet("Set-Mailbox", "Password", "secret"), "bob@contoso.example", directory+"Bob", 1):                               "Rule: ana@contoso.example changed the settings of the mailbox Bob, from 203.0.113.7",
		strings.Replace(cmdlet("Remove-AntiPhishRule"), "bob@contoso.example", "Executives", 1):                                               "Rule: ana@contoso.example did Remove-AntiPhishRule on Executives, from 203.0.113.7",
		`{"Operation":"Add owner to application.","Workload":"AzureActiveDirectory","UserId":"ana@contoso.example","ObjectId":"bob@contoso.example","ModifiedProperties":[{"Name":"Application.DisplayName","NewValue":"Mail Sync","OldValue":""}],"Target":[{"ID":"User_1","Type":2},{"ID":"bob@contoso.example","Type":5}]}`: "Rule: ana@contoso.example did \"Add owner to application\" for bob@contoso.example on Mail Sync",
		role: "Rule: ana@contoso.example gave Low@contoso.example the role Global Administrator",
		`{"Operation":"Consent to application.","Workload":"AzureActiveDirectory","UserId":"ana@contoso.example","ModifiedProperties":[{"Name":"ConsentAction.Permissions","NewValue":"[] => [[Id: a, Scope:  Mail.Read Mail.Send, x: y]]; ","OldValue":""}],"Target":[{"ID":"ServicePrincipal_1","Type":2},{"ID":"Mail Backup","Type":1}]}`: `Rule: ana@contoso.example let the application "Mail Backup" in, with Mail.Read, Mail.Send`,
	} {
		found := findings(t, whole(record), rule(m365, "Operation|exists: true"))
		if len(found) != 1 {
			t.Fatalf("%d findings in %s", len(found), record)
		}
		if got := gjson.GetBytes(found[0].Value, "message").Str; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestFindingsOfHostileRecordsAreBoundedAndValid(t *testing.T) {
	long, schema := strings.Repeat("ä", 1<<19), ours(t)
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf(`{"Name":"ForwardTo","Value":"x%d@fabrikam.example\u0000\u202e"}`, i))
	}
	record := `{"Operation":"New-InboxRule","Workload":"Exchange","UserType":2,"SessionId":"` + long + `","ObjectId":"` + long + `","ClientIP":"` + long +
		`","Parameters":[{"Name":"Name","Value":"` + long + `"},` + strings.Join(many, ",") + `]}`
	found := findings(t, whole(record), rule(m365, "Parameters.ForwardTo|contains: fabrikam", "ObjectId|exists: true"))
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	value := found[0].Value
	if err := validate(t, schema, value); err != nil {
		t.Error(err)
	}
	if len(value) > 200<<10 || gjson.GetBytes(value, "evidences.0.data.fields.#").Int() != 32 || gjson.GetBytes(value, "evidences.0.data.more").Int() != 4969 {
		t.Errorf("%d bytes, %s fields, %s more", len(value), gjson.GetBytes(value, "evidences.0.data.fields.#"), gjson.GetBytes(value, "evidences.0.data.more"))
	}
}

// everyKind gives findings in records of each kind.
func everyKind(t *testing.T) [][]byte {
	var values [][]byte
	for _, record := range []string{inbox, outlook, role, failed, alert, sent, scc, `{"Operation":"FileAccessed","Workload":"SharePoint"}`, `{"UserId":""}`} {
		for _, level := range []string{"critical", ""} {
			r := strings.Replace(rule(m365, "NoSuchField: null"), "level: high", "level: "+level, 1)
			if level == "" {
				r = strings.Replace(r, "level: \n", "", 1)
			}
			found := findings(t, whole(record), r)
			if len(found) != 1 {
				t.Fatalf("%d findings in %s", len(found), record)
			}
			values = append(values, found[0].Value)
		}
	}
	return append(values, findings(t, whole(inbox), hidesMail)[0].Value)
}

func TestFindingsAreValidInOurSchema(t *testing.T) {
	s := ours(t)
	for _, value := range everyKind(t) {
		if err := validate(t, s, value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestFindingsAreValidInOCSF(t *testing.T) {
	s := official(t)[2004]
	for _, value := range everyKind(t) {
		if err := validate(t, s, value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestOurSchemaRefusesWhatIsNoFinding(t *testing.T) {
	s, value := ours(t), string(findings(t, whole(inbox), hidesMail)[0].Value)
	for _, change := range [][2]string{
		{`"is_alert":true`, `"is_alert":false`}, {`"class_uid":2004`, `"class_uid":3004`}, {`"value":"finding"`, `"value":"noise"`},
		{`"message"`, `"massage"`}, {`"version":"19"`, `"version":""`}, {`"severity_id":4`, `"severity_id":9`},
	} {
		changed := strings.Replace(value, change[0], change[1], 1)
		if changed == value || validate(t, s, []byte(changed)) == nil {
			t.Errorf("valid with %s for %s", change[1], change[0])
		}
	}
}

func TestObservablesStandInTheFindingAsTheyAre(t *testing.T) {
	long := strings.Repeat("s", 3000)
	f := gjson.ParseBytes(findings(t, []byte(strings.Replace(string(whole(inbox)), `"s-1"`, `"`+long+`"`, 1)), hidesMail)[0].Value)
	if got := f.Get("actor.session.uid").Str; got != long {
		t.Fatalf("the session is %q", got)
	}
	f.Get("observables").ForEach(func(_, o gjson.Result) bool {
		if o.Get("name").Str == "actor.session.uid" && o.Get("value").Str != long {
			t.Errorf("the session is observed as %d bytes, not %d", len(o.Get("value").Str), len(long))
		}
		return true
	})
}
