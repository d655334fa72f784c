package sigma

import (
	"slices"
	"testing"
)

const explained = `title: Forwarding
logsource: {product: mail}
detection:
    sel:
        Operation: [New-Rule, Set-Rule]
        ForwardTo|contains: '@'
    words: ['urgent', 'wire']
    filter:
        ForwardTo|endswith: '@contoso.example'
    condition: (sel or words) and not filter
`

func TestExplainTellsWhichPartMatchedAndWhichNot(t *testing.T) {
	set := load(t, explained, Options{})
	event := record{"Operation": "new-rule", "ForwardTo": []any{"x@fabrikam.example", nil}, "Note": "a wire"}
	got, err := set.Explain(set.Rules()[0], served{record: event, names: set.fields})
	if err != nil {
		t.Fatal(err)
	}
	const want = `+ rule Forwarding
  + logsource product=mail
  + and
    + or
      + sel
        + Operation: wants ["New-Rule", "Set-Rule"]; the event has ["new-rule"]
        + ForwardTo|contains: wants ["*@*"]; the event has ["x@fabrikam.example", "null"]
      + words
        + keywords: wants ["*urgent*", "*wire*"]; the event has ["a wire"]
    + not
      - filter
        - ForwardTo|endswith: wants ["*@contoso.example"]; the event has ["x@fabrikam.example", "null"]
`
	if got.String() != want {
		t.Errorf("explanation:\n%s\nwant:\n%s", got, want)
	}
	if line := got.Parts[1].Parts[0].Parts[0].Parts[1].Line; line != 6 {
		t.Errorf("ForwardTo|contains is in line %d, want 6", line)
	}
}

func TestExplainOfAnotherLogSource(t *testing.T) {
	set := load(t, explained, Options{})
	got, err := set.Explain(set.Rules()[0], served{record: record{"Note": "urgent"}, names: set.fields, sources: []bool{false}})
	if err != nil || got.Holds || got.Parts[0].Holds || !got.Parts[1].Holds {
		t.Errorf("explanation = %v, %v", got, err)
	}
	if _, err := set.Explain(&Rule{}, served{}); err == nil {
		t.Error("a rule that is not in the set was explained")
	}
}

func TestEvidenceIsWhatDecided(t *testing.T) {
	set := load(t, explained, Options{})
	event := record{"Operation": "New-Rule", "ForwardTo": []any{"nobody", "x@fabrikam.example"}, "Note": "no word", "Other": "x"}
	f := served{record: event, names: set.fields}
	hits := set.Match(f, nil)
	if len(hits) != 1 {
		t.Fatal("no hit")
	}
	want := []Evidence{{"Operation", "New-Rule", "sel"}, {"ForwardTo", "x@fabrikam.example", "sel"}}
	if got := set.Evidence(hits[0], f); !slices.Equal(got, want) {
		t.Errorf("evidence = %v, want %v", got, want)
	}
	if got := load(t, explained, Options{}).Evidence(hits[0], f); got != nil {
		t.Errorf("another set gave evidence: %v", got)
	}
}
