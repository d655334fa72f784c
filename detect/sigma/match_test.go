package sigma

import (
	"strings"
	"testing"
)

// matchCase is a detection, an event and whether the one finds the other.
type matchCase struct {
	name      string
	detection string
	event     record
	want      bool
}

func check(t *testing.T, cases []matchCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := matches(t, c.detection, c.event); got != c.want {
				t.Errorf("match = %v, want %v\n%s\n%v", got, c.want, c.detection, c.event)
			}
		})
	}
}

// one writes a detection of one item.
func one(item string) string { return "sel:\n    " + item + "\ncondition: sel" }

func TestValuesAreCaseInsensitiveTexts(t *testing.T) {
	check(t, []matchCase{
		{"whole", one(`Image: 'C:\Windows\System32\whoami.exe'`), record{"Image": `c:\windows\SYSTEM32\Whoami.exe`}, true},
		{"not a part", one(`Image: 'whoami.exe'`), record{"Image": `C:\whoami.exe`}, false},
		{"umlauts", one(`A: 'GRÜSSE'`), record{"A": "grüsse"}, true},
		{"Greek final sigma", one(`A: 'ΟΔΟΣ'`), record{"A": "οδος"}, true},
		{"Kelvin sign", one(`A: 'k'`), record{"A": "\u212a"}, true},
		{"Turkish dotless i is another letter", one(`A: 'i'`), record{"A": "ı"}, false},
		{"other field", one(`A: x`), record{"B": "x"}, false},
		{"field names keep case", one(`A: x`), record{"a": "x"}, false},
		{"empty is empty", one(`A: ''`), record{"A": ""}, true},
		{"empty is not missing", one(`A: ''`), record{}, false},
		{"empty is not null", one(`A: ''`), record{"A": nil}, false},
		{"double quotes have escapes", one(`A: "a\tb"`), record{"A": "a\tb"}, true},
		{"a tab in a plain value", one("A: a\tb"), record{"A": "a\tb"}, true},
		{"lines of blanks in a plain value", "sel:\n    A: a\n     \n      \n      b\ncondition: sel", record{"A": "a\n\nb"}, true},
		{"a key of digits", one(`4625: x`), record{"4625": "x"}, true},
		{"a key in quotes", one(`'A b|contains': x`), record{"A b": "axb"}, true},
	})
}

func TestNumbersAndBooleans(t *testing.T) {
	check(t, []matchCase{
		{"number and number", one(`A: 4624`), record{"A": 4624}, true},
		{"number and text", one(`A: 4624`), record{"A": "4624"}, true},
		{"text and number", one(`A: '4624'`), record{"A": 4624}, true},
		{"by value", one(`A: 1`), record{"A": 1.0}, true},
		{"by value, written with a point", one(`A: 10`), record{"A": written("10.0")}, true},
		{"by value, written with an exponent", one(`A: 10`), record{"A": written("1E1")}, true},
		{"by value, among texts", one(`A: [x, 10]`), record{"A": written("1e+1")}, true},
		{"by value, exponent", one(`A: 1e3`), record{"A": 1000}, true},
		{"every digit counts", one(`A: 9007199254740993`), record{"A": 9007199254740992}, false},
		{"beyond 64 bits", one(`A: 92233720368547758080`), record{"A": "92233720368547758080"}, true},
		{"as written", one(`A: 1.10`), record{"A": "1.10"}, true},
		{"shortest", one(`A: 1.10`), record{"A": "1.1"}, true},
		{"minus zero", one(`A: 0`), record{"A": "-0.0"}, false},
		{"hexadecimal", one(`A: 0x17`), record{"A": 23}, true},
		{"hexadecimal in quotes is text", one(`A: '0x17'`), record{"A": "0X17"}, true},
		{"a text is no number", one(`A: 1`), record{"A": "1.0"}, false},
		{"true", one(`A: true`), record{"A": true}, true},
		{"true as text", one(`A: true`), record{"A": "True"}, true},
		{"text as true", one(`A: 'True'`), record{"A": true}, true},
		{"false is not missing", one(`A: false`), record{}, false},
		{"yes is text", one(`A: yes`), record{"A": "Yes"}, true},
		{"a date is text", one(`A: 2026-01-02`), record{"A": "2026-01-02"}, true},
		{"contains in a number", one(`A|contains: 62`), record{"A": 4624}, true},
	})
}

func TestListsOfValuesAndMaps(t *testing.T) {
	log := "sel:\n    EventLog: Security\n    EventID:\n        - 517\n        - 1102\ncondition: sel"
	maps := "sel:\n    - Image|endswith: '\\\\example.exe'\n    - Description|contains: 'Test executable'\n      Vendor: x\ncondition: sel"
	check(t, []matchCase{
		{"first of the values", log, record{"EventLog": "security", "EventID": 517}, true},
		{"second of the values", log, record{"EventLog": "Security", "EventID": "1102"}, true},
		{"none of the values", log, record{"EventLog": "Security", "EventID": 518}, false},
		{"one field of two", log, record{"EventID": 517}, false},
		{"first map", maps, record{"Image": `C:\Example.EXE`}, true},
		{"second map", maps, record{"Description": "a test executable.", "Vendor": "X"}, true},
		{"half a map", maps, record{"Description": "a test executable."}, false},
		{"many values", one(`A: [a, b, c, d, e, f, g, h, i, 'x*']`), record{"A": "H"}, true},
		{"many values, wildcard", one(`A: [a, b, c, d, e, f, g, h, i, 'x*']`), record{"A": "xyz"}, true},
		{"many values, none", one(`A: [a, b, c, d, e, f, g, h, i, 'x*']`), record{"A": "j"}, false},
		{"a map within a list, words beside", "sel:\n    - A: x\n    - word\ncondition: sel", record{"B": "a word here"}, true},
	})
}

func TestFieldsWithSeveralValues(t *testing.T) {
	check(t, []matchCase{
		{"any element", one(`A: x`), record{"A": []any{"w", "x"}}, true},
		{"no element", one(`A: x`), record{"A": []any{"w", "y"}}, false},
		{"empty array", one(`A: x`), record{"A": []any{}}, false},
		{"all by different elements", one(`A|contains|all: [a, b]`), record{"A": []any{"xa", "xb"}}, true},
		{"all by one element", one(`A|contains|all: [a, b]`), record{"A": "b and a"}, true},
		{"all, one missing", one(`A|contains|all: [a, b]`), record{"A": []any{"xa", "xc"}}, false},
		{"neq: no element may be it", one(`A|neq: x`), record{"A": []any{"w", "x"}}, false},
		{"numbers and texts", one(`A: 2`), record{"A": []any{"a", 2, nil}}, true},
	})
}

func TestNullAndExists(t *testing.T) {
	check(t, []matchCase{
		{"null is missing", one(`A: null`), record{}, true},
		{"null is null", one(`A: null`), record{"A": nil}, true},
		{"nothing written is null", one(`A:`), record{"A": nil}, true},
		{"null is not empty", one(`A: null`), record{"A": ""}, false},
		{"null is not false", one(`A: null`), record{"A": false}, false},
		{"an empty array has no value", one(`A: null`), record{"A": []any{}}, true},
		{"a null among values", one(`A: null`), record{"A": []any{"x", nil}}, true},
		{"null, neq", one(`A|neq: null`), record{"A": "x"}, true},
		{"null, neq, missing", one(`A|neq: null`), record{}, false},
		{"exists", one(`A|exists: true`), record{"A": nil}, true},
		{"exists: empty", one(`A|exists: true`), record{"A": ""}, true},
		{"exists: an object", one(`A|exists: true`), record{"A": map[string]any{}}, true},
		{"exists not", one(`A|exists: true`), record{"B": 1}, false},
		{"must not exist", one(`A|exists: false`), record{"B": 1}, true},
		{"must not exist, does", one(`A|exists: false`), record{"A": nil}, false},
		{"* wants a value", one(`A: '*'`), record{"A": nil}, false},
		{"* takes the empty one", one(`A: '*'`), record{"A": ""}, true},
		{"? wants one character", one(`A: '?*'`), record{"A": ""}, false},
		{
			"not null",
			"sel:\n    EventID: 4738\nfilter:\n    PasswordLastSet: null\ncondition: sel and not filter",
			record{"EventID": 4738, "PasswordLastSet": "2026-01-01"}, true,
		},
		{
			"not null, but it is",
			"sel:\n    EventID: 4738\nfilter:\n    PasswordLastSet: null\ncondition: sel and not filter",
			record{"EventID": 4738}, false,
		},
		{
			"empty or null",
			"main:\n    A: something\nempty1:\n    B: ''\nempty2:\n    B: null\ncondition: main and 1 of empty*",
			record{"A": "something", "B": ""}, true,
		},
	})
}

func TestKeywords(t *testing.T) {
	list := "keywords:\n    - 'EVILSERVICE'\n    - 'svchost.exe -n evil'\ncondition: keywords"
	all := "keywords:\n    '|all':\n        - 'OabVirtualDirectory'\n        - ' -ExternalUrl '\ncondition: keywords"
	check(t, []matchCase{
		{"one of the words", list, record{"Message": "started EvilService now"}, true},
		{"the other", list, record{"A": 1, "B": []any{"x", "run svchost.exe -n evil"}}, true},
		{"not across values", list, record{"A": "svchost.exe", "B": " -n evil"}, false},
		{"none", list, record{"Message": "nothing"}, false},
		{"all words in one value", all, record{"M": "Set-OabVirtualDirectory -ExternalUrl x"}, true},
		{"all words in several values", all, record{"M": "OABVirtualDirectory", "N": "a -externalurl b"}, true},
		{"one word missing", all, record{"M": "OabVirtualDirectory"}, false},
		{"wildcards within", "k:\n    - 'a*c'\ncondition: k", record{"M": "xxabbbcxx"}, true},
		{"a number", "k:\n    - 1102\ncondition: k", record{"M": 11021}, true},
		{"a regular expression", "k:\n    '|re': 'a+b'\ncondition: k", record{"M": "xaab"}, true},
		{"startswith", "k:\n    '|startswith': 'ab'\ncondition: k", record{"M": "xab"}, false},
		{"cased", "k:\n    '|cased': 'Ab'\ncondition: k", record{"M": "xab"}, false},
		{"a single word", "k: evil\ncondition: k", record{"M": "Evil"}, true},
		{"the whole condition", "k: evil\ncondition: not k", record{"M": "good"}, true},
	})
}

func TestConditions(t *testing.T) {
	const sels = "a1: {A: 1}\na2: {B: 1}\nc: {C: 1}\n_hidden: {D: 1}\n"
	a, b, c := record{"A": 1}, record{"A": 1, "B": 1}, record{"C": 1}
	check(t, []matchCase{
		{"or", sels + "condition: a1 or c", c, true},
		{"and", sels + "condition: a1 and c", c, false},
		{"and binds before or", sels + "condition: c or a1 and a2", c, true},
		{"and binds before or, left", sels + "condition: a1 and a2 or c", c, true},
		{"not binds before and", sels + "condition: not a1 and c", c, true},
		{"not not", sels + "condition: not not a1", a, true},
		{"brackets", sels + "condition: (c or a1) and a2", c, false},
		{"brackets without blanks", sels + "condition: (c or(a1))and(a2)", b, true},
		{"not brackets", sels + "condition: not (a1 or c)", c, false},
		{"1 of them", sels + "condition: 1 of them", c, true},
		{"1 of them leaves out what is hidden", sels + "condition: 1 of them", record{"D": 1}, false},
		{"a hidden one by name", sels + "condition: _hidden", record{"D": 1}, true},
		{"a hidden one by pattern", sels + "condition: 1 of _h*", record{"D": 1}, true},
		{"all of them", sels + "condition: all of them", record{"A": 1, "B": 1, "C": 1}, true},
		{"all of them, one missing", sels + "condition: all of them", b, false},
		{"1 of pattern", sels + "condition: 1 of a*", record{"B": 1}, true},
		{"all of pattern", sels + "condition: all of a*", a, false},
		{"a pattern with * in the middle", sels + "condition: all of *1 and 1 of a*2", b, true},
		{"any of", sels + "condition: any of a*", a, true},
		{"not 1 of", sels + "condition: c and not 1 of a*", c, true},
		{"of binds before not", sels + "condition: not all of a*", a, true},
		{"a list: either", sels + "condition:\n    - a1\n    - c", c, true},
		{"a list: none", sels + "condition:\n    - a2\n    - c", a, false},
		{"keywords in any case", sels + "condition: a1 AND NOT c OR 1 OF c", c, true},
		{"lines", sels + "condition: >-\n    a1\n    or c", c, true},
		{"a name with dashes and dots", "a-b.c: {A: 1}\ncondition: a-b.c", a, true},
	})
}

func TestAnEmptyItemOfAListIsNull(t *testing.T) {
	text := "title: T\nreferences:\n-\nauthor: x\ntags:\n    - # none\n    -\n" + strings.SplitN(rule(one("A: x")), "\n", 2)[1]
	set := load(t, text, Options{})
	if r := set.Rules()[0]; r.Author != "x" || r.References != nil || r.Tags != nil {
		t.Errorf("rule = %+v", r.About)
	}
}

func TestEachEventIsAskedForItsLogSource(t *testing.T) {
	set := load(t, rule(one("A: x"))+"---\n"+rule("k: [x]\ncondition: k"), Options{})
	for range 2 {
		for _, belongs := range []bool{true, false} {
			hits := set.Match(served{record: record{"A": "x"}, names: set.fields, sources: []bool{belongs}}, nil)
			if (len(hits) == 2) != belongs {
				t.Errorf("belongs: %v, hits: %d", belongs, len(hits))
			}
		}
	}
}

func TestTextsWithinTextsAreFound(t *testing.T) {
	words := []string{"evil", "xevily", "vil", "kit", "evil-kit", "skit!", "il-"}
	var b strings.Builder
	for _, w := range words {
		b.WriteString("---\n" + strings.Replace(rule(one("A|contains: '"+w+"'")), "title: T", "title: '"+w+"'", 1))
		b.WriteString("---\n" + strings.Replace(rule("k: ['"+w+"']\ncondition: k"), "title: T", "title: '"+w+"'", 1))
	}
	set := load(t, b.String(), Options{})
	for _, value := range []string{"xevilz", "EVIL-\u212aIT", "\u017fKIT!", "a long text without any of them", "xxevil-ki", "vi", "äxevily"} {
		want := 0
		for _, w := range words {
			if strings.Contains(fold(value), w) {
				want += 2
			}
		}
		if got := titles(t, set, record{"A": value}); len(got) != want {
			t.Errorf("%q: %q, want %d", value, got, want)
		}
	}
}

func TestLongTextsAreFoundWhateverTheirCase(t *testing.T) {
	set := load(t, rule(one("A|contains: ['evil-kit', 'some-tool']")), Options{})
	for value, want := range map[string]int{
		"an EVIL-\u212aIT": 1, "\u017fOME-TOOL": 1, "Some-tooL": 1, "evil-kilt": 0, "some": 0, "it is some-too": 0, "evil-kievil-kit": 1,
	} {
		if got := titles(t, set, record{"A": value}); len(got) != want {
			t.Errorf("%q: %q, want %d", value, got, want)
		}
	}
}
