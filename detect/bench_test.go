package detect_test

import (
	"fmt"
	"strings"
	"testing"

	"ualstream/detect"
)

// manyRules makes rules of the shapes that public collections have, of different operations and values.
func manyRules(n int) []string {
	shapes := []string{
		"  s:\n    Operation: New-Thing%[1]d\n    Parameters.Name%[1]d|contains: x\n  condition: s",
		"  s:\n    eventSource: SecurityComplianceCenter\n    eventName: Alert about thing %[1]d\n    status: success\n  condition: s",
		"  s:\n    properties.message: Change thing %[1]d\n  condition: s",
		"  s:\n    ResultType: 9%05[1]d\n  f:\n    UserAgent|contains: bot%[1]d\n  condition: s and not f",
		"  s:\n    Operation:\n      - Do-A%[1]d\n      - Do-B%[1]d\n    derived.external_recipients|exists: true\n  condition: s",
		"  s:\n    Operation|startswith: Begin%[1]d\n    Item.Path|endswith: '\\x%[1]d'\n  condition: s",
	}
	sources := []string{"m365, service: audit", "m365, service: threat_management", "azure, service: auditlogs", "azure, service: signinlogs", "m365, service: exchange", "m365"}
	var rules []string
	for i := range n {
		shape := i % len(shapes)
		rules = append(rules, fmt.Sprintf("title: Rule %d\nlogsource: {product: %s}\ndetection:\n", i, sources[shape])+fmt.Sprintf(shapes[shape], i)+"\n")
	}
	return rules
}

var benchmarked = []struct{ name, record string }{
	{"file", `{"Operation":"FileAccessed","Workload":"SharePoint","RecordType":6,"UserType":0,"ClientIP":"192.0.2.1","ObjectId":"https://contoso.example/a","pad":"` + strings.Repeat("x", 1000) + `"}`},
	{"rule", inbox},
	{"role", role},
}

// BenchmarkRules shows what rules cost on records that match none. "fields" is the floor: an engine with one rule that
// asks for the same fields and cannot match.
func BenchmarkRules(b *testing.B) {
	floor := rule("{product: m365}", "Operation: none", "Workload: none", "Name: none", "properties.message: none", "ResultType: none")
	for _, set := range []struct {
		name  string
		rules []string
	}{{"none", nil}, {"fields", []string{floor}}, {"pack", nil}, {"150", manyRules(150)}, {"1500", manyRules(1500)}} {
		o := detect.Options{}
		if set.rules != nil {
			o.Rules = ruleSet(b, set.rules...)
		}
		if set.name == "pack" {
			o.Rules = pack(b)
		}
		e := detect.New(o)
		for _, r := range benchmarked {
			event := normalized(b, whole(strings.Replace(r.record, "New-InboxRule", "New-Untagged", 1)))
			b.Run(set.name+"/"+r.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					e.Detect(event)
				}
			})
		}
	}
}

// BenchmarkFinding shows what an event costs that some of many rules match.
func BenchmarkFinding(b *testing.B) {
	e := detect.New(detect.Options{Rules: ruleSet(b, append(manyRules(150), hidesMail)...)})
	event := normalized(b, whole(inbox))
	b.ReportAllocs()
	for b.Loop() {
		if threats, _ := e.Detect(event); len(threats) != 2 {
			b.Fatalf("%d threats", len(threats))
		}
	}
}
