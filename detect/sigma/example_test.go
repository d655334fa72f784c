package sigma_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"ualstream/detect/sigma"
)

// mail is an event with one value a field.
type mail struct {
	fields []string // of the set
	values map[string]string
}

func (m mail) Field(i int, dst []sigma.Value) ([]sigma.Value, bool) {
	text, found := m.values[m.fields[i]]
	if found {
		dst = append(dst, sigma.Value{Kind: sigma.String, Text: text})
	}
	return dst, found
}

func (m mail) All(dst []sigma.Value) []sigma.Value {
	for _, text := range m.values {
		dst = append(dst, sigma.Value{Kind: sigma.String, Text: text})
	}
	return dst
}

func (m mail) Source(int) bool { return true }

func Example() {
	collection := sigma.Load(fstest.MapFS{"rules/forward.yml": {Data: []byte(`
title: Mail is forwarded to %partners%
logsource:
    product: mail
detection:
    selection:
        Operation: [New-InboxRule, Set-InboxRule]
        ForwardTo|endswith|expand: '@%partners%'
    condition: selection
---
title: Broken
logsource: {product: mail}
detection:
    selection: {Operation|contain: Rule}
    condition: selection
`)}}, sigma.Options{Placeholders: map[string][]string{"partners": {"*fabrikam.example"}}})
	set, refused := sigma.Compile(collection)
	for _, r := range append(collection.Refusals, refused...) {
		fmt.Println(r.File, r.Line, r.Reason)
	}

	event := mail{set.Fields(), map[string]string{"Operation": "new-inboxrule", "ForwardTo": "x@mail.fabrikam.example"}}
	for _, hit := range set.Match(event, nil) {
		fmt.Println(hit.Rule.Title)
		for _, e := range set.Evidence(hit, event) {
			fmt.Printf("  %s = %s\n", e.Field, e.Value)
		}
	}
	// Output:
	// rules/forward.yml 14 unknown modifier "contain"
	// Mail is forwarded to %partners%
	//   Operation = new-inboxrule
	//   ForwardTo = x@mail.fabrikam.example
}

func ExampleSet_Explain() {
	var collection sigma.Collection
	collection.Add("rule.yml", []byte(`
title: Rule named with signs
logsource: {product: mail}
detection:
    selection:
        Operation: New-InboxRule
        Name|re: '^[.,;]+$'
    service:
        User|startswith: 'svc-'
    condition: selection and not service
`), sigma.Options{})
	set, _ := sigma.Compile(&collection)
	event := mail{set.Fields(), map[string]string{"Operation": "New-InboxRule", "Name": "News", "User": "ana"}}
	why, _ := set.Explain(set.Rules()[0], event)
	fmt.Print(why)
	// Output:
	// - rule Rule named with signs
	//   + logsource product=mail
	//   - and
	//     - selection
	//       + Operation: wants ["New-InboxRule"]; the event has ["New-InboxRule"]
	//       - Name|re: wants ["^[.,;]+$"]; the event has ["News"]
	//     + not
	//       - service
	//         - User|startswith: wants ["svc-*"]; the event has ["ana"]
}

func ExampleTracker() {
	var collection sigma.Collection
	collection.Add("spray.yml", []byte(`
title: Logon failed
name: failed
logsource: {product: mail}
detection:
    selection: {Operation: UserLoginFailed}
    condition: selection
---
title: Password spray
correlation:
    type: value_count
    rules: [failed]
    group-by: [Address]
    timespan: 10m
    condition: {field: User, gte: 3}
`), sigma.Options{})
	set, _ := sigma.Compile(&collection)
	tracker := sigma.NewTracker(set.Correlations()[0], sigma.TrackerOptions{Lateness: time.Hour})

	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for i, user := range []string{"ana", "bo", "ANA", "cy", "di"} {
		event := mail{set.Fields(), map[string]string{"Operation": "UserLoginFailed", "Address": "192.0.2.1", "User": user}}
		for _, hit := range set.Match(event, nil) {
			for _, signal := range set.Signals(hit, event, nil) {
				signal.Sample.Time = at.Add(time.Duration(i) * time.Minute)
				signal.Sample.Ref = fmt.Sprint("event ", i)
				outcome := tracker.Add(signal.Group, signal.Sample)
				fmt.Println(user, outcome.Kind, outcome.Ref, outcome.Last.Sub(outcome.First))
			}
		}
	}
	// Output:
	// ana quiet  0s
	// bo quiet  0s
	// ANA quiet  0s
	// cy fired event 3 3m0s
	// di updated event 3 4m0s
}
