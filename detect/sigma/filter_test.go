package sigma

import (
	"slices"
	"strings"
	"testing"
)

const filtered = `title: Compressed
id: 6f3e2987-0000-4c78-a860-b4f4095a7095
logsource: {category: process_creation, product: windows}
detection:
    selection: {Image|endswith: '\rar.exe'}
    condition: selection
---
title: Jump
name: login_on_jump_host
logsource: {category: process_creation, product: windows}
detection:
    sel1: {Host: jump}
    sel2: {Host: hop}
    condition:
        - sel1
        - sel2
---
title: Elsewhere
name: elsewhere
logsource: {product: linux}
detection:
    selection: {Host: jump}
    condition: selection
---
title: Administrators
description: their accounts begin with adm_
logsource: {category: process_creation, product: windows}
filter:
    rules: RULES
    selection: {User|startswith: 'adm_'}
    other: {User: 'svc'}
    condition: CONDITION
`

func withFilter(rules, condition string) string {
	return strings.NewReplacer("RULES", rules, "CONDITION", condition).Replace(filtered)
}

func TestAFilterTakesAwayWhatItDescribes(t *testing.T) {
	const both = "[6F3E2987-0000-4c78-a860-b4f4095a7095, login_on_jump_host]"
	adm := func(user string) record { return record{"Image": `C:\rar.exe`, "Host": "hop", "User": user} }
	cases := []struct {
		name, rules, condition string
		event                  record
		want                   []string
	}{
		{"another user", both, "selection", adm("ana"), []string{"Compressed", "Jump"}},
		{"an administrator", both, "selection", adm("ADM_bo"), nil},
		{"written as what is kept", both, "not selection", adm("adm_bo"), nil},
		{"written as what is kept, another user", both, "not selection", adm("ana"), []string{"Compressed", "Jump"}},
		{"kept: neither", both, "not selection and not other", adm("svc"), nil},
		{"taken away: either", both, "selection or other", adm("svc"), nil},
		{"taken away, with an exception", both, "other and not selection", adm("svc"), nil},
		{"one rule by name", "login_on_jump_host", "1 of sel*", adm("adm_bo"), []string{"Compressed"}},
		{"any rule of the log source", "any", "selection", adm("adm_bo"), nil},
		{"not of another log source", "any", "selection", record{"Host": "jump", "User": "adm_bo"}, []string{"Elsewhere"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := titles(t, load(t, withFilter(c.rules, c.condition), Options{}), c.event)
			if !slices.Equal(got, c.want) {
				t.Errorf("rules = %q, want %q", got, c.want)
			}
		})
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	cases := []struct{ name, text, reason string }{
		{"no such rule", withFilter("[login_on_jump_host, nothing]", "selection"), `names "nothing"`},
		{"another log source", withFilter("[elsewhere]", "selection"), "not for the logsource"},
		{"no rule", withFilter("[]", "selection"), "for no rule"},
		{"no rules", strings.Replace(withFilter("x", "selection"), "    rules: x\n", "", 1), "for which rules"},
		{"an unknown search identifier", withFilter("any", "selction"), "is no search identifier"},
		{"no map", "title: x\nlogsource: {product: x}\nfilter: x\n", "not a map"},
		{"no logsource", "title: x\nfilter: {rules: any, selection: {A: x}, condition: selection}\n", "no logsource"},
		{"an unknown modifier", "title: x\nlogsource: {product: x}\nfilter: {rules: any, selection: {A|b: x}, condition: selection}\n", "unknown modifier"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if r := refusalOf(t, c.text, Options{}); !strings.Contains(r.Reason, c.reason) {
				t.Errorf("refusal = %s, want %q", r.Error(), c.reason)
			}
		})
	}
}

func TestExplainShowsTheFilter(t *testing.T) {
	set := load(t, withFilter("any", "selection"), Options{})
	got, err := set.Explain(set.Rules()[0], served{record: record{"Image": `\rar.exe`, "User": "adm_bo"}, names: set.fields})
	if err != nil || got.Holds {
		t.Fatal(got, err)
	}
	whole := got.Parts[1]
	if !whole.Parts[0].Holds || whole.Parts[1].Holds || whole.Parts[1].What != "filter Administrators" {
		t.Errorf("explanation:\n%s", got)
	}
}
