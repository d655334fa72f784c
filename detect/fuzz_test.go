package detect_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/schemas"
)

// FuzzRules holds that whatever an event says, findings are valid JSON, the same each time, and only of events; and
// that what rules see of a record is what the record says.
func FuzzRules(f *testing.F) {
	for _, record := range []string{inbox, outlook, role, failed, alert, sent, scc} {
		f.Add(normalized(f, whole(record)))
	}
	f.Add([]byte(`{"metadata":{"event_code":"x"},"unmapped":{"Parameters":"[{\"Name\":\"a`))
	f.Add([]byte(`{"metadata":{},"unmapped":{"Operation":"\ud83d\ude00\u0000\ud800","Parameters":{"a":[{"b":"\""}]}}`))
	set := ruleSet(f, rule("{product: m365}", "Operation|exists: true", "Parameters|exists: true"),
		"title: all\nlogsource: {product: m365}\ndetection:\n  a:\n    '|contains': e\n    derived.actor|exists: true\n    status|exists: true\n    eventName|exists: true\n  condition: a\n",
		"title: every\nlogsource: {product: ocsf}\ndetection:\n  a:\n    observables.value|exists: true\n  condition: a\n")
	e, whole := detect.New(detect.Options{Rules: set}), detect.New(detect.Options{Rules: pack(f)})
	f.Fuzz(func(t *testing.T, event []byte) {
		whole.Detect(event)
		threats, _ := e.Detect(event)
		if len(threats) > 0 && schemas.CheckEvent(event) != nil {
			t.Fatalf("%d threats in %q", len(threats), event)
		}
		if again, _ := e.Detect(event); !reflect.DeepEqual(again, threats) {
			t.Fatalf("again %+v, first %+v", again, threats)
		}
		for _, x := range threats {
			if x.Kind == schemas.KindFinding && !json.Valid(x.Value) {
				t.Fatalf("finding %q", x.Value)
			}
			for _, field := range gjson.GetBytes(x.Value, `evidences.0.data.fields.#(field=="Operation")#.value`).Array() {
				said := gjson.GetBytes(event, "unmapped.Operation")
				if x.Rule == "6ac1b8a5-4f9c-4d3a-9f0f-000000000001" && said.Type == gjson.String && len(said.Str) < 1000 && !sameText(field.Str, said.Str) {
					t.Fatalf("the rule saw %q, the record says %q", field.Str, said.Str)
				}
			}
		}
	})
}

// sameText compares texts as JSON writes them: bytes that are no UTF-8 are replaced there. Entra's period is cut off.
func sameText(seen, said string) bool {
	b, _ := json.Marshal(said)
	var clean string
	_ = json.Unmarshal(b, &clean)
	return seen == clean || len(seen) < len(clean) && clean[:len(seen)] == seen
}
