package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// manyRules writes a collection like those that exist: most rules ask for one of a few operations and for more, some
// look at the end or the inside of a field, a few at everything.
func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\ntitle: R%d\nlogsource: {product: test}\ndetection:\n", i)
		switch {
		case i%50 == 49:
			fmt.Fprintf(&b, "    words: ['evil-%d', 'bad-%d']\n    condition: words\n", i, i)
		case i%10 == 3:
			fmt.Fprintf(&b, "    sel: {Path|endswith: ['\\tool%d.exe', '\\kit%d.exe']}\n    condition: sel\n", i, i)
		case i%10 == 5:
			fmt.Fprintf(&b, "    sel: {Command|contains|all: [' -opt%d', 'http']}\n    condition: sel\n", i)
		case i%10 == 7:
			fmt.Fprintf(&b, "    sel: {Workload: Exchange, Detail|re: 'x%d[0-9]+$', Operation: Do-Thing%d}\n    condition: sel\n", i, i)
		default:
			fmt.Fprintf(&b, "    sel:\n        Workload: Exchange\n        Operation: [New-Thing%d, Set-Thing%d]\n        Parameters|contains: 'x%d'\n", i, i%97, i)
			fmt.Fprintf(&b, "    filter_main_a: {User|startswith: 'svc%d'}\n    filter_main_b: {Address|cidr: 10.0.0.0/8}\n", i)
			b.WriteString("    condition: sel and not 1 of filter_main_*\n")
		}
	}
	return b.String()
}

func exchangeEvent(operation string) record {
	r := record{
		"Workload": "Exchange", "Operation": operation, "User": "ana.bergström@contoso.example",
		"Address": "198.51.100.23", "Path": `C:\Program Files\Office\outlook.exe`, "Command": "outlook.exe /recycle",
		"Parameters": []any{"Name: Rechnungen", "ForwardTo: x11@fabrikam.example", "StopProcessingRules: True"},
		"Detail":     "x7", "ResultStatus": "True", "Level": 4,
	}
	for i := range 20 {
		r[fmt.Sprintf("Other%02d", i)] = strings.Repeat("Value ", 8)
	}
	return r
}

// ready serves fields without any work of its own, so that what is measured is the set.
type ready struct {
	fields [][]Value
	all    []Value
}

func prepare(s *Set, r record) ready {
	f := served{record: r, names: s.fields}
	p := ready{all: f.All(nil)}
	for i := range s.fields {
		values, _ := f.Field(i, nil)
		p.fields = append(p.fields, values)
	}
	return p
}

func (p ready) Field(i int, dst []Value) ([]Value, bool) {
	return append(dst, p.fields[i]...), len(p.fields[i]) > 0
}
func (p ready) All(dst []Value) []Value { return append(dst, p.all...) }
func (p ready) Source(int) bool         { return true }

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{15, 150, 1500} {
		set := load(b, manyRules(n), Options{})
		for name, operation := range map[string]string{"none": "Get-Nothing", "some": "Set-Thing11"} {
			b.Run(fmt.Sprintf("rules=%d/matching=%s", n, name), func(b *testing.B) {
				var f Fields = prepare(set, exchangeEvent(operation))
				hits := set.Match(f, nil)
				b.ReportAllocs()
				for b.Loop() {
					hits = set.Match(f, hits[:0])
				}
				b.ReportMetric(float64(len(hits)), "hits")
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	text := []byte(manyRules(1500))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c := &Collection{}
		c.Add("x.yml", text, Options{})
		Compile(c)
	}
}

func TestMatchingNothingAllocatesNothing(t *testing.T) {
	set := load(t, manyRules(300), Options{})
	var f Fields = prepare(set, exchangeEvent("Get-Nothing"))
	e := newEvent(len(set.fields), len(set.rules), len(set.sources))
	set.match(e, f, nil)
	if n := testing.AllocsPerRun(100, func() { set.match(e, f, nil) }); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}

// BenchmarkCorrelation tells the cost of a hit by the number of groups, and of hits on one group that goes on firing.
func BenchmarkCorrelation(b *testing.B) {
	c := load(b, correlated("type: value_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 10m\ncondition: {field: User, gte: 10}", "fail"), Options{}).Correlations()[0]
	add := func(t *Tracker, i, groups int) Outcome {
		return t.Add([]string{fmt.Sprint("h", i%groups)}, Sample{
			Time: start.Add(time.Duration(i) * time.Second / time.Duration(groups)), Ref: fmt.Sprint(i), Values: []string{fmt.Sprint("u", i/groups)},
		})
	}
	for _, groups := range []int{1, 1_000, 1_000_000} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			t := NewTracker(c, TrackerOptions{Lateness: time.Hour})
			for i := range groups {
				add(t, i, groups)
			}
			i := groups
			b.ReportAllocs()
			for b.Loop() {
				add(t, i, groups)
				i++
			}
		})
	}
}
