package sigma

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
)

// record is an event for tests: fields by name. A slice is an array, nil is null.
type record map[string]any

// written is a number as an event writes it.
type written string

// served is a record as a set asks for it.
type served struct {
	record  record
	names   []string
	sources []bool // nil: of every source
}

func (s served) Field(i int, dst []Value) ([]Value, bool) {
	v, ok := s.record[s.names[i]]
	if !ok {
		return dst, false
	}
	return appendValues(dst, v), true
}

func (s served) All(dst []Value) []Value {
	for _, name := range slices.Sorted(maps.Keys(s.record)) {
		dst = appendValues(dst, s.record[name])
	}
	return dst
}

func (s served) Source(i int) bool { return s.sources == nil || s.sources[i] }

func appendValues(dst []Value, v any) []Value {
	switch v := v.(type) {
	case nil:
		return append(dst, Value{})
	case []any:
		for _, each := range v {
			dst = appendValues(dst, each)
		}
		return dst
	case string:
		return append(dst, Value{String, v})
	case written:
		return append(dst, Value{Number, string(v)})
	case bool:
		return append(dst, Value{Bool, strconv.FormatBool(v)})
	case map[string]any:
		return dst
	default:
		return append(dst, Value{Number, fmt.Sprint(v)})
	}
}

// load gives the set of some YAML, of which nothing may be refused.
func load(t testing.TB, text string, o Options) *Set {
	t.Helper()
	c := &Collection{}
	c.Add("test.yml", []byte(text), o)
	set, refusals := Compile(c)
	for _, r := range append(c.Refusals, refusals...) {
		t.Errorf("refused: %v", r.Error())
	}
	if t.Failed() {
		t.FailNow()
	}
	return set
}

// titles gives the titles of the rules that match, by the index and by looking at every rule: they must agree.
func titles(t testing.TB, s *Set, r record) []string {
	t.Helper()
	f := served{record: r, names: s.fields}
	var found []string
	for _, hit := range s.Match(f, nil) {
		found = append(found, hit.Rule.Title)
	}
	var naive []string
	for _, hit := range s.matchEach(f) {
		naive = append(naive, hit.Rule.Title)
	}
	if !slices.Equal(found, naive) {
		t.Errorf("by the index %q match, by looking at each rule %q: %v", found, naive, r)
	}
	return found
}

// matchEach looks at every rule.
func (s *Set) matchEach(f Fields) []Hit {
	e := newEvent(len(s.fields), len(s.rules), len(s.sources))
	e.open(f)
	var hits []Hit
	for i := range s.rules {
		hits = s.rules[i].match(e, i, hits)
	}
	return hits
}

// rule writes a rule around a detection.
func rule(detection string) string {
	return "title: T\nlogsource:\n    product: test\ndetection:\n" + indent(detection)
}

func indent(s string) string {
	out := ""
	for line := range linesOf(s) {
		out += "    " + line + "\n"
	}
	return out
}

func linesOf(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		begin := 0
		for i := 0; i <= len(s); i++ {
			if i == len(s) || s[i] == '\n' {
				if !yield(s[begin:i]) {
					return
				}
				begin = i + 1
			}
		}
	}
}

// matches says whether a detection matches a record.
func matches(t testing.TB, detection string, r record) bool {
	t.Helper()
	return len(titles(t, load(t, rule(detection), Options{Placeholders: placeholders}), r)) == 1
}

// refusalOf gives the one refusal that some YAML earns.
func refusalOf(t testing.TB, text string, o Options) Refusal {
	t.Helper()
	c := &Collection{}
	c.Add("test.yml", []byte(text), o)
	_, late := Compile(c)
	all := append(c.Refusals, late...)
	if len(all) != 1 {
		t.Fatalf("refusals = %v, want one of:\n%.500s", all, text)
	}
	return all[0]
}

var placeholders = map[string][]string{
	"Servers": {"srv*", "db?"}, "Admins": {"ana", "bo"}, "Empty": {}, "Net": {"192.0.2.0/24", "2001:db8::/32"}, "Odd": {`a.b\*`},
}
