package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// TestYAMLAsAuthorsWriteIt holds what the values of one field are, in YAML that the parser alone would not read so.
func TestYAMLAsAuthorsWriteIt(t *testing.T) {
	for name, c := range map[string]struct {
		detection string
		matches   []any
	}{
		"quotes over lines":                {"sel:\n    A: \"a\n        b\"\ncondition: sel", []any{"a b"}},
		"single quotes over lines":         {"sel:\n    A: 'a\n\n        b'\ncondition: sel", []any{"a\nb"}},
		"a condition over lines":           {"sel: {A: x}\nfilter: {B: y}\ncondition: sel and\n    not filter", []any{"x"}},
		"a tab in double quotes":           {"sel:\n    A: \"a\tb\"\n    B|exists: false\ncondition: sel", []any{"a\tb"}},
		"tabs in several values":           {"sel:\n    A:\n        - \"\ta\t\tb\"\n        - \"c\\\td\" # \"e\tf\"\ncondition: sel", []any{"\ta\t\tb", "c\td"}},
		"a tab before a comment":           {"sel:\n    A: x\t# \"comment\"\ncondition: sel", []any{"x"}},
		"a path in a list in braces":       {"sel: {A: [C:\\x, 'D:\\y']}\ncondition: sel", []any{`C:\x`, `D:\y`}},
		"an address in a list in braces":   {"sel: {A|cidr: [2001:db8::/32, '::1']}\ncondition: sel", []any{"2001:db8::5", "::1"}},
		"a time in a list in braces":       {"sel: {A: [10:20:30, http://a.example:80/b]}\ncondition: sel", []any{"10:20:30", "http://a.example:80/b"}},
		"a map in a list in braces":        {"sel: {A: x}\nb: [{A: y, B: [z]}]\ncondition: sel or b", []any{"x"}},
		"a merge key":                      {"base: &b {A: w, B|exists: false}\nsel:\n    <<: *b\n    A: x\ncondition: sel", []any{"x"}},
		"a merge key with a list of maps":  {"base: &b {A: x}\nmore: &c {A: w, B|exists: false}\nsel:\n    <<: [*b, *c]\ncondition: sel", []any{"x"}},
		"keys with a mark of lists":        {"sel:\n    A: x\n    B{}.C|exists: false\n    $d: null\n    'e f': null\ncondition: sel", []any{"x"}},
		"a large number":                   {one("A: 123456789012345678901234567890"), []any{"123456789012345678901234567890"}},
		"a date with slashes and a word":   {one("A: [2023/10/02, on, .5, 0777]"), []any{"2023/10/02", "ON", "0.5", 777}},
		"a search identifier with a digit": {"1st: {A: x}\nsel-2: {B: y}\ncondition: 1st OR (sel-2 AND NOT 1st)", []any{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				set := load(t, "\ufeff"+strings.ReplaceAll(rule(c.detection), "\n", end), Options{})
				for _, v := range c.matches {
					if len(titles(t, set, record{"A": v})) != 1 {
						t.Errorf("with %q between lines, %q is not found", end, v)
					}
				}
				if len(titles(t, set, record{"A": "another"})) != 0 {
					t.Errorf("with %q between lines, another value is found", end)
				}
			}
		})
	}
}

func TestMergeKeysThatExpandToMillionsAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("big: &big\n")
	for i := range 2_000 {
		fmt.Fprintf(&b, "    k%d: x\n", i)
	}
	b.WriteString("maps:\n" + strings.Repeat("    - <<: *big\n", 10_000))
	r := refusalOf(t, b.String(), Options{})
	if !strings.Contains(r.Reason, "YAML nodes") {
		t.Error(r.Error())
	}
}
