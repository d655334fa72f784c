package sigma

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzSlow holds that rules match what a plain reading of the specification says, which shares no code with the engine:
// patterns become regular expressions, numbers are float64, conditions are closures.
func FuzzSlow(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := slow{rand.New(rand.NewPCG(seed, 2))}
		var b strings.Builder
		var want []func(record) bool
		for i := range 1 + g.IntN(8) {
			text, holds := g.detection()
			fmt.Fprintf(&b, "---\ntitle: R%d\nlogsource: {product: test}\ndetection:\n%s", i, indent(text))
			want = append(want, holds)
		}
		c := &Collection{}
		c.Add("slow.yml", []byte(b.String()), Options{})
		for _, r := range c.Refusals {
			t.Fatalf("%s\n%s", r.Error(), b.String())
		}
		set, _ := Compile(c)
		for range 8 {
			event := g.event()
			got := titles(t, set, event)
			for i, holds := range want {
				if title := fmt.Sprintf("R%d", i); slices.Contains(got, title) != holds(event) {
					t.Fatalf("%s matches %#v: %v, want %v\n%s", title, event, !holds(event), holds(event), b.String())
				}
			}
		}
	})
}

// slow writes rules and says at once what they mean.
type slow struct{ *rand.Rand }

func (g slow) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g slow) word() string {
	return g.pick("a", "A", "ab", "aB", "b", "ä", "Ä", "1", "10", "1.5", "x-y", "/y", "–y", "", `c:\a`, "k", "\u212a", "true", "192.0.2.7", "a\nb", "*", "?")
}

// text gives a Sigma string: words with wildcards and escapes between them.
func (g slow) text() string {
	s := strings.NewReplacer("*", `\*`, "?", `\?`, "\n", " ").Replace(g.word())
	for range g.IntN(3) {
		s = g.pick(s+"*", s+"?", "*"+s, s+`\*`, s+`\\`, s+`\\*`, s+`\`+"x", s, s)
	}
	return s
}

func (g slow) event() record {
	r := record{}
	for _, field := range []string{"A", "B", "C"} {
		switch g.IntN(8) {
		case 0:
		case 1:
			r[field] = nil
		case 2:
			r[field] = []any{g.word(), nil, 10, true, g.word()}[g.IntN(3) : 2+g.IntN(4)]
		case 3:
			r[field] = []any{1, 10, 1.5, true, false}[g.IntN(5)]
		case 4:
			r[field] = []any{g.word(), g.word()}
		default:
			r[field] = g.pick("", "", "b", "x") + g.word() + g.pick("", "", "b", "\\", `\x`)
		}
	}
	return r
}

// texts gives the values of a field as text, whether it is there, and whether one is null or none is there.
func texts(v any, found bool) (all []string, null bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case []any:
		for _, each := range v {
			more, none := texts(each, true)
			all, null = append(all, more...), null || none
		}
		return all, null || len(v) == 0
	default:
		return []string{fmt.Sprint(v)}, !found
	}
}

// regexpOf reads a Sigma string by the specification's table of escapes.
func regexpOf(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		switch {
		case strings.HasPrefix(s, `\*`), strings.HasPrefix(s, `\?`), strings.HasPrefix(s, `\\`):
			b.WriteString(regexp.QuoteMeta(s[1:2]))
			s = s[2:]
			continue
		case s[0] == '*':
			b.WriteString(".*")
		case s[0] == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(s[:1]))
		}
		s = s[1:]
	}
	return b.String()
}

// value gives one value of an item, and what the text of a field must be.
func (g slow) value(mods []string) (string, func(string) bool) {
	has := func(m string) bool { return slices.Contains(mods, m) }
	switch {
	case has("re"):
		expr := g.pick("a", "^a", "b$", "a.b", "^.$", "[ab]{2}", "(x|1)0?")
		flags := "(?" + strings.Join(slices.DeleteFunc(slices.Clone(mods), func(m string) bool { return len(m) != 1 }), "") + ")"
		re := regexp.MustCompile(strings.TrimPrefix(flags+expr, "(?)"))
		return expr, re.MatchString
	case has("cidr"):
		return "192.0.2.0/24", func(s string) bool {
			a, err := netip.ParseAddr(s)
			return err == nil && strings.HasPrefix(a.String(), "192.0.2.")
		}
	case has("gt"), has("gte"), has("lt"), has("lte"):
		n := []float64{1, 1.5, 10}[g.IntN(3)]
		return fmt.Sprint(n), func(s string) bool {
			v, err := strconv.ParseFloat(s, 64)
			return err == nil && (has("gt") && v > n || has("gte") && v >= n || has("lt") && v < n || has("lte") && v <= n)
		}
	case has("base64"), has("base64offset"):
		text := g.pick("ab", "abc", "evil")
		return text, func(s string) bool {
			if has("base64") {
				return strings.Contains(strings.ToLower(s), strings.ToLower(base64.StdEncoding.EncodeToString([]byte(text))))
			}
			for _, before := range []string{"", "x", "xy"} { // what does not depend on the bytes around it
				whole := base64.StdEncoding.EncodeToString([]byte(before + text + "\x00\x00\x00"))
				other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff", len(before)) + text + "\xff\xff\xff"))
				fixed := ""
				for i := range whole {
					if whole[i] == other[i] && whole[i] != '=' {
						fixed += whole[i : i+1]
					}
				}
				if strings.Contains(strings.ToLower(s), strings.ToLower(fixed)) {
					return true
				}
			}
			return false
		}
	}
	text := g.text()
	expr := regexpOf(text)
	if has("windash") {
		expr = regexp.MustCompile(`(\\-|[-/–—―])`).ReplaceAllString(expr, "[-/–—―]")
	}
	if has("contains") || has("endswith") {
		expr = ".*" + expr
	}
	if has("contains") || has("startswith") {
		expr += ".*"
	}
	flags := "(?is)"
	if has("cased") {
		flags = "(?s)"
	}
	return text, regexp.MustCompile(flags + `\A(?:` + expr + `)\z`).MatchString
}

// item gives a line of a detection and what it means.
func (g slow) item() (string, func(record) bool) {
	field := g.pick("A", "B", "C")
	switch g.IntN(12) {
	case 0:
		return field + ": null", func(r record) bool {
			v, found := r[field]
			_, null := texts(v, found)
			return null || !found
		}
	case 1:
		want := g.IntN(2) == 0
		return fmt.Sprintf("%s|exists: %v", field, want), func(r record) bool { _, found := r[field]; return found == want }
	case 2:
		other := g.pick("A", "B", "C")
		return field + "|fieldref: " + other, func(r record) bool {
			left, _ := texts(r[field], true)
			right, _ := texts(r[other], true)
			return slices.ContainsFunc(left, func(l string) bool {
				return slices.ContainsFunc(right, func(r string) bool { return strings.EqualFold(l, r) })
			})
		}
	}
	mods := strings.Split(g.pick("", "", "contains", "startswith", "endswith", "cased", "contains|cased", "windash", "windash|contains",
		"re", "re|i", "re|s", "re|i|m|s", "cidr", "gt", "gte", "lt", "lte", "base64|contains", "base64offset|contains"), "|")
	count := 1 + g.IntN(3)
	all, neq := count > 1 && g.IntN(3) == 0, g.IntN(6) == 0 && !strings.Contains("gt gte lt lte", mods[0])
	var values []string
	var tests []func(string) bool
	for range count {
		text, test := g.value(mods)
		values, tests = append(values, "'"+strings.ReplaceAll(text, "'", "''")+"'"), append(tests, test)
	}
	if all {
		mods = append(mods, "all")
	}
	if neq || strings.Join(mods, "|") == "neq" {
		neq = true
		mods = append(mods, "neq")
	}
	key := strings.TrimRight(strings.Join(append([]string{field}, slices.DeleteFunc(mods, func(m string) bool { return m == "" })...), "|"), "|")
	return fmt.Sprintf("%s: [%s]", key, strings.Join(values, ", ")), func(r record) bool {
		have, _ := texts(r[field], true)
		found := 0
		for _, test := range tests {
			if slices.ContainsFunc(have, test) {
				found++
			}
		}
		return (found == len(tests) || !all && found > 0) != neq
	}
}

// detection gives search identifiers and a condition, and what they mean.
func (g slow) detection() (string, func(record) bool) {
	var b strings.Builder
	names := []string{"sel_a", "sel_b", "filter"}
	means := map[string]func(record) bool{}
	for _, name := range names {
		one, first := g.item()
		two, second := g.item()
		for strings.SplitN(one, ":", 2)[0] == strings.SplitN(two, ":", 2)[0] {
			two, second = g.item()
		}
		if g.IntN(2) == 0 {
			fmt.Fprintf(&b, "%s:\n    %s\n    %s\n", name, one, two)
			means[name] = func(r record) bool { return first(r) && second(r) }
			continue
		}
		fmt.Fprintf(&b, "%s:\n    - %s\n    - %s\n", name, one, two)
		means[name] = func(r record) bool { return first(r) || second(r) }
	}
	text, holds := g.condition(means, names, 3)
	return b.String() + "condition: " + text, holds
}

func (g slow) condition(means map[string]func(record) bool, names []string, depth int) (string, func(record) bool) {
	a, b := means["sel_a"], means["sel_b"]
	if depth == 0 || g.IntN(4) == 0 {
		name := g.pick(names...)
		return name, means[name]
	}
	left, l := g.condition(means, names, depth-1)
	right, r := g.condition(means, names, depth-1)
	switch g.IntN(6) {
	case 0:
		return "(" + left + " or " + right + ")", func(e record) bool { return l(e) || r(e) }
	case 1:
		return "(" + left + ") AND (" + right + ")", func(e record) bool { return l(e) && r(e) }
	case 2:
		return "not (" + left + ")", func(e record) bool { return !l(e) }
	case 3:
		return "1 of sel_*", func(e record) bool { return a(e) || b(e) }
	case 4:
		return "all of them", func(e record) bool { return a(e) && b(e) && means["filter"](e) }
	}
	return "(" + left + " and not filter)", func(e record) bool { return l(e) && !means["filter"](e) }
}
