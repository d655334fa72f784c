package sigma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad holds that any bytes are rules or refusals: never a panic, always a line, and what is loaded compiles and
// matches by the index as by looking at each rule.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		rule(one("A|contains: x")), rule("sel: [a, {B: 1}]\ncondition: not 1 of s*"), filtered, explained,
		"a: &x [1]\nb: *x\n", "? a\n: b\n", "--- |\n x\n...\n", "%YAML 1.2\n---\ntitle: \"\\x41\"\n", "a: b\tc\n", "- - - a\n", "{a: [b, {c: d}]}",
		"title: x\ncorrelation:\n    type: event_count\n    rules: [a]\n    group-by: [b]\n    timespan: 5m\n    condition: {gte: 3}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		c := &Collection{}
		c.Add("f.yml", data, Options{Placeholders: placeholders})
		set, late := Compile(c)
		for _, r := range append(c.Refusals, late...) {
			if r.Reason == "" || r.Line < 1 || r.Line > strings.Count(string(data), "\n")+strings.Count(string(data), "\r")+2 {
				t.Errorf("refusal of %q: %+v", data, r)
			}
		}
		titles(t, set, record{"A": "x", "B": 1, "C": nil, "User": "adm_x"})
	})
}

// FuzzCondition holds that a condition means what a slow evaluation of its words says.
func FuzzCondition(f *testing.F) {
	f.Add("a and (b or not c)", uint8(3))
	f.Add("1 of a* or all of them and not b", uint8(5))
	f.Add("not not (a)", uint8(1))
	f.Fuzz(func(t *testing.T, text string, bits uint8) {
		if strings.ContainsAny(text, "\x00'") || !utf8.ValidString(text) {
			return
		}
		d := &detection{names: map[string]*expr{}}
		event := record{}
		for i, name := range []string{"a", "ab", "b", "c", "_d"} {
			d.names[name] = leaf(&item{field: name, tests: []predicate{equal{[]byte("x")}}})
			if bits>>i&1 == 1 {
				event[name] = "x"
			}
		}
		x, fault := d.parseCondition(text, 1)
		if fault != nil {
			return
		}
		negated, fault := d.parseCondition("not ("+text+")", 1)
		if fault != nil {
			return // one level deeper than is allowed
		}
		names := []string{}
		number := func(name string) int {
			if at := slices.Index(names, name); at >= 0 {
				return at
			}
			names = append(names, name)
			return len(names) - 1
		}
		x, negated = x.bind(number, map[*expr]*expr{}), negated.bind(number, map[*expr]*expr{})
		e := newEvent(len(names), 0, 0)
		e.open(served{record: event, names: names})
		if x.eval(e) == negated.eval(e) {
			t.Errorf("%q and its negation agree", text)
		}
		if !strings.Contains(strings.ToLower(text), "of") {
			if got, want := x.eval(e), slowly(words(text), event); got != want {
				t.Errorf("%q = %v, want %v for %v", text, got, want, event)
			}
		}
	})
}

// slowly evaluates a condition of names, operators and brackets by taking it apart at its weakest operator.
func slowly(words []string, event record) bool {
	for _, operator := range []string{"or", "and"} {
		depth := 0
		for i, w := range words {
			switch {
			case w == "(":
				depth++
			case w == ")":
				depth--
			case depth == 0 && strings.EqualFold(w, operator):
				left, right := slowly(words[:i], event), slowly(words[i+1:], event)
				return operator == "or" && (left || right) || operator == "and" && left && right
			}
		}
	}
	switch {
	case strings.EqualFold(words[0], "not"):
		return !slowly(words[1:], event)
	case words[0] == "(":
		return slowly(words[1:len(words)-1], event)
	default:
		return event[words[0]] == "x"
	}
}

// FuzzWildcard holds that patterns match what an obviously correct matcher says.
func FuzzWildcard(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add(`\*a\\*`, `*a\b`)
	f.Add("*a*?b", "aab")
	f.Add("Ä?*", "äöü")
	f.Fuzz(func(t *testing.T, text, value string) {
		if !utf8.ValidString(text) || !utf8.ValidString(value) || len(text)+len(value) > 60 {
			return
		}
		p := parsePattern(text)
		if again := parsePattern(p.String()); !slices.Equal(p, again) {
			t.Errorf("%q is written %q, which is another pattern", text, p.String())
		}
		e := newEvent(1, 0, 0)
		e.open(served{record: record{"A": value}, names: []string{"A"}})
		c := e.cell(0)
		want := slowMatch(p.each(fold), []rune(fold(value)))
		if got := patternPredicate(p, false).match(e, int(c.begin)); got != want {
			t.Errorf("%q matches %q: %v, want %v", text, value, got, want)
		}
		if got, want := patternPredicate(p, true).match(e, int(c.begin)), slowMatch(p, []rune(value)); got != want {
			t.Errorf("%q, cased, matches %q: %v, want %v", text, value, got, want)
		}
		if got := strings.EqualFold(text, value); got != (fold(text) == fold(value)) {
			t.Errorf("%q and %q: equal by folding %v", text, value, got)
		}
	})
}

// slowMatch tries every length of every *.
func slowMatch(p pattern, value []rune) bool {
	if len(p) == 0 {
		return len(value) == 0
	}
	switch p[0].kind {
	case literal:
		rest, ok := strings.CutPrefix(string(value), p[0].text)
		return ok && slowMatch(p[1:], []rune(rest))
	case oneRune:
		return len(value) > 0 && slowMatch(p[1:], value[1:])
	case anyDash:
		return len(value) > 0 && strings.ContainsRune(dashes, value[0]) && slowMatch(p[1:], value[1:])
	}
	for i := range len(value) + 1 {
		if slowMatch(p[1:], value[i:]) {
			return true
		}
	}
	return false
}

// FuzzMatch holds that the index finds what looking at each rule finds, for rules and events made from a seed.
func FuzzMatch(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		var b strings.Builder
		n := 1 + g.IntN(12)
		for i := range n {
			fmt.Fprintf(&b, "---\ntitle: R%d\nlogsource: {product: test}\ndetection:\n%s", i, indent(g.detection()))
		}
		c := &Collection{}
		c.Add("g.yml", []byte(b.String()), Options{Placeholders: placeholders})
		for _, r := range c.Refusals {
			t.Fatalf("%s\n%s", r.Error(), b.String())
		}
		set, _ := Compile(c)
		for range 8 {
			event := g.event()
			if titles(t, set, event); t.Failed() {
				t.Fatal(b.String())
			}
		}
	})
}

// generator writes rules and events over few words, so that they often meet.
type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) word() string {
	return g.pick("a", "A", "ab", "abc", "Äb", "1", "1.0", "10", "x-y", "k", "\u212a", "192.0.2.1", "", "evil", "eviller", "true")
}

func (g generator) field() string { return g.pick("A", "B", "C") }

func (g generator) item() string {
	field := g.field()
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf("%s: null", field)
	case 1:
		return fmt.Sprintf("%s|exists: %s", field, g.pick("true", "false"))
	case 2:
		return fmt.Sprintf("%s: %s", field, g.pick("1", "10", "1.0", "true", "1e1"))
	case 3:
		return fmt.Sprintf("%s|%s: 5", field, g.pick("gt", "lte"))
	case 4:
		return fmt.Sprintf("%s|fieldref%s: %s", field, g.pick("", "|neq", "|contains"), g.field())
	case 5:
		return fmt.Sprintf("%s|%s: '%s'", field, g.pick("re", "re|i", "re|s"), g.pick("a+", "^a", "b$"))
	default:
		mods := g.pick("", "|contains", "|startswith", "|endswith", "|cased", "|neq", "|contains|neq", "|windash|contains")
		if g.IntN(2) == 0 {
			return fmt.Sprintf("%s%s: '%s%s'", field, mods, g.word(), g.pick("", "", "*", "?", "*b"))
		}
		return fmt.Sprintf("%s%s%s: ['%s', '%s%s', '%s']", field, mods, g.pick("", "|all"), g.word(), g.word(), g.pick("", "*"), g.word())
	}
}

func (g generator) detection() string {
	var b strings.Builder
	for _, name := range []string{"s1", "s2", "f1"} {
		switch g.IntN(6) {
		case 0:
			fmt.Fprintf(&b, "%s: ['%s', '%s']\n", name, g.word(), g.word())
		case 1:
			fmt.Fprintf(&b, "%s:\n    - %s\n    - %s\n", name, g.item(), g.item())
		case 2:
			fmt.Fprintf(&b, "%s:\n    '|all': ['%s', '%s']\n", name, g.word(), g.word())
		default:
			fmt.Fprintf(&b, "%s:\n    %s\n", name, g.item())
		}
	}
	return b.String() + "condition: " + g.pick("s1", "s1 and not f1", "1 of s* and not f1", "all of s*", "not s1", "s1 or (s2 and f1)", "1 of them")
}

func (g generator) event() record {
	r := record{}
	for _, field := range []string{"A", "B", "C", "D"} {
		switch g.IntN(6) {
		case 0:
		case 1:
			r[field] = nil
		case 2:
			r[field] = []any{g.word(), g.word(), nil}[:g.IntN(4)]
		case 3:
			r[field] = []any{1, 10, 1.0, 4.5, true}[g.IntN(5)]
		default:
			r[field] = g.word() + g.pick("", "", "b", "-", "/y")
		}
	}
	return r
}
