package sigma

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// rulesLine is the line of the first line of a detection that rule writes.
const rulesLine = 5

func TestWhatIsRefusedAndWhy(t *testing.T) {
	cases := []struct {
		name, detection string
		line            int
		reason          string
	}{
		{"unknown modifier", one(`A|contain: x`), rulesLine + 1, `unknown modifier "contain"`},
		{"empty modifier", one(`A|: x`), rulesLine + 1, `unknown modifier ""`},
		{"modifier twice", one(`A|contains|contains: x`), rulesLine + 1, "twice"},
		{"two positions", one(`A|contains|endswith: x`), rulesLine + 1, "do not go together"},
		{"re and cased", one(`A|re|cased: x`), rulesLine + 1, "do not go together"},
		{"re and base64", one(`A|re|base64: x`), rulesLine + 1, "do not go together"},
		{"cidr and contains", one(`A|cidr|contains: 192.0.2.0/24`), rulesLine + 1, "do not go together"},
		{"exists and all", one(`A|exists|all: true`), rulesLine + 1, "do not go together"},
		{"gt and lt", one(`A|gt|lt: 1`), rulesLine + 1, "do not go together"},
		{"gt and neq", one(`A|gt|neq: 1`), rulesLine + 1, "do not go together"},
		{"fieldref and re", one(`A|fieldref|re: B`), rulesLine + 1, "do not go together"},
		{"fieldref and expand", one(`A|fieldref|expand: B`), rulesLine + 1, "do not go together"},
		{"hour and minute", one(`A|hour|minute: 1`), rulesLine + 1, "do not go together"},
		{"i without re", one(`A|i: x`), rulesLine + 1, "only for regular expressions"},
		{"i before re", one(`A|i|re: x`), rulesLine + 1, "comes after"},
		{"contains before re", one(`A|contains|re: x`), rulesLine + 1, "comes after"},
		{"contains before base64", one(`A|contains|base64: x`), rulesLine + 1, "comes after"},
		{"base64 before windash", one(`A|base64|windash: x`), rulesLine + 1, "comes after"},
		{"a wildcard in base64", one(`A|base64: 'x*'`), rulesLine + 1, "wildcard"},
		{"one character in base64offset", one(`A|base64offset|contains: 'x'`), rulesLine + 1, "too short"},
		{"many wildcards", one(`A: '` + strings.Repeat("*?", 600) + `'`), rulesLine + 1, "wildcards"},
		{"many dashes in base64", one(`A|windash|base64: '-------'`), rulesLine + 1, "five dashes"},
		{"all with one value", one(`A|contains|all: x`), rulesLine + 1, "wants several values"},
		{"all with a list of one", one(`A|contains|all: [x]`), rulesLine + 1, "wants several values"},
		{"null in a list", one(`A: ['', null]`), rulesLine + 1, "null cannot be one of several"},
		{"null with a modifier", one(`A|contains: null`), rulesLine + 1, "null takes no modifiers"},
		{"a null keyword", "sel:\n    - null\ncondition: sel", rulesLine + 1, "null is no keyword"},
		{"no values", one(`A: []`), rulesLine + 1, "has no value"},
		{"a map as value", one(`A: {B: x}`), rulesLine + 1, "has a map as value"},
		{"a list in a list of values", one(`A: [[x]]`), rulesLine + 1, "has a list as value"},
		{"a list in a list", "sel:\n    - [x]\ncondition: sel", rulesLine + 1, "a list within a list"},
		{"an empty map", "sel: {}\ncondition: sel", rulesLine, "is empty"},
		{"an empty list", "sel: []\ncondition: sel", rulesLine, "is empty"},
		{"exists: maybe", one(`A|exists: maybe`), rulesLine + 1, "wants true or false"},
		{"exists of keywords", "sel:\n    '|exists': true\ncondition: sel", rulesLine + 1, "is of no field"},
		{"gt of a word", one(`A|gt: many`), rulesLine + 1, "wants a number"},
		{"hour 24", one(`A|hour: 24`), rulesLine + 1, "from 0 to 23"},
		{"month 0", one(`A|month: 0`), rulesLine + 1, "from 1 to 12"},
		{"no network", one(`A|cidr: 192.0.2.*`), rulesLine + 1, "is no IP network"},
		{"bits beyond", one(`A|cidr: 192.0.2.1/24`), rulesLine + 1, "beyond its length"},
		{"lookahead", one(`A|re: 'a(?!b)'`), rulesLine + 1, "lookahead"},
		{"lookbehind", one(`A|re: '(?<=a)b'`), rulesLine + 1, "lookbehind"},
		{"backreference", one(`A|re: '(a)\1'`), rulesLine + 1, "backreference"},
		{"a broken regular expression", one(`A|re: 'a('`), rulesLine + 1, "missing closing )"},
		{"a large count", one(`A|re: '(a{1000}){1000}'`), rulesLine + 1, "invalid repeat count"},
		{"a large program", one(`A|re: '([a-z]{100}[0-9]{100}){9}[^x]{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}.{999}'`), rulesLine + 1, "too large"},
		{"a long regular expression", one(`A|re: '` + strings.Repeat("x", maxRegex+1) + `'`), rulesLine + 1, "are allowed"},
		{"a placeholder without values", one(`A|expand: '%Nobody%'`), rulesLine + 1, "%Nobody% has no values"},
		{"a placeholder with none", one(`A|expand: '%Empty%'`), rulesLine + 1, "%Empty% has no values"},
		{"too many combinations", one(`A|expand: '` + strings.Repeat("%Admins%", 20) + `'`), rulesLine + 1, "more than"},
		{"no condition", "sel: {A: x}", rulesLine, "no condition"},
		{"an empty condition", "sel: {A: x}\ncondition: ''", rulesLine + 1, "condition is empty"},
		{"no conditions", "sel: {A: x}\ncondition: []", rulesLine + 1, "condition is empty"},
		{"a number as condition", "sel: {A: x}\ncondition: 1", rulesLine + 1, "the condition is the value"},
		{"an unknown search identifier", "sel: {A: x}\ncondition: sell", rulesLine + 1, `names "sell"`},
		{"an unknown pattern", "sel: {A: x}\ncondition: 1 of filter*", rulesLine + 1, `is like "filter*"`},
		{"only hidden ones", "_sel: {A: x}\ncondition: 1 of them", rulesLine + 1, "is like"},
		{"a pattern alone", "sel: {A: x}\ncondition: sel*", rulesLine + 1, "stands alone"},
		{"2 of", "sel: {A: x}\ncondition: 2 of them", rulesLine + 1, `"2" of`},
		{"of nothing", "sel: {A: x}\ncondition: 1 of", rulesLine + 1, "ends where"},
		{"of a bracket", "sel: {A: x}\ncondition: 1 of (sel)", rulesLine + 1, "where them"},
		{"no operand", "sel: {A: x}\ncondition: sel and", rulesLine + 1, "ends where"},
		{"no operator", "sel: {A: x}\ncondition: sel sel", rulesLine + 1, "where and, or is wanted"},
		{"an open bracket", "sel: {A: x}\ncondition: (sel", rulesLine + 1, "ends where )"},
		{"a closed bracket", "sel: {A: x}\ncondition: sel)", rulesLine + 1, "where and, or"},
		{"aggregation", "sel: {A: x}\ncondition: sel | count() > 5", rulesLine + 1, "aggregation"},
		{"timeframe", "sel: {A: x}\ntimeframe: 5m\ncondition: sel", rulesLine + 1, "timeframe"},
		{"many brackets", "sel: {A: x}\ncondition: '" + strings.Repeat("(", 100_000) + "sel" + strings.Repeat(")", 100_000) + "'", rulesLine + 1, "words"},
		{"deep brackets", "sel: {A: x}\ncondition: '" + strings.Repeat("(", 5_000) + "sel" + strings.Repeat(")", 5_000) + "'", rulesLine + 1, "nested more than"},
		{"deep not", "sel: {A: x}\ncondition: '" + strings.Repeat("not ", 5_000) + "sel'", rulesLine + 1, "nested more than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := refusalOf(t, rule(c.detection), Options{Placeholders: placeholders})
			if r.Line != c.line || !strings.Contains(r.Reason, c.reason) || r.Title != "T" || r.File != "test.yml" {
				t.Errorf("refusal = %s, want line %d, reason with %q", r.Error(), c.line, c.reason)
			}
		})
	}
}

func TestDocumentsThatAreNoRule(t *testing.T) {
	const sel = "detection:\n    sel: {A: x}\n    condition: sel\n"
	cases := []struct {
		name, text string
		line       int
		reason     string
	}{
		{"no YAML", "title: 'x\n", 1, "not YAML"},
		{"bad indentation", "title: x\na:\n    b: c\n  d: e\n", 4, "not YAML"},
		{"a value with a colon", "title: a: b\n", 1, "not YAML"},
		{"text", "just text\n", 1, "no rule but"},
		{"a list", "- a\n- b\n", 1, "no rule but a list"},
		{"something else", "name: x\non: push\n", 1, "0 of detection, correlation and filter"},
		{"two in one", "title: x\nfilter: {}\n" + sel, 1, "2 of detection"},
		{"no title", "logsource: {product: x}\n" + sel, 1, "no title"},
		{"a long title", "title: " + strings.Repeat("x", 2000) + "\nlogsource: {product: x}\n" + sel, 1, "256"},
		{"no logsource", "title: x\n" + sel, 1, "no logsource"},
		{"an empty logsource", "title: x\nlogsource: {definition: y}\n" + sel, 2, "names nothing"},
		{"an unknown level", "title: x\nlevel: severe\nlogsource: {product: x}\n" + sel, 2, `"severe" is no level`},
		{"detection is text", "title: x\nlogsource: {product: x}\ndetection: y\n", 3, "not a map"},
		{"a key twice", "title: x\ntitle: y\nlogsource: {product: x}\n" + sel, 2, "already defined"},
		{"a key with ?", "title: x\n? a\n: x\n", 2, "a key with ?"},
		{"many signs", "a: [" + strings.Repeat("x,", 300_000) + "]\n", 1, "too many values"},
		{"an alias without anchor", "title: x\nlogsource: {product: x}\ndetection:\n    sel: {A: x}\n    condition: *sel\n", 5, "no anchor"},
		{"an alias of itself", "title: &a [*a]\n", 1, "no anchor"},
		{"a merge key of text", "title: x\ndetection:\n    <<: text\n", 3, "merge key << has"},
		{"300 characters of title", "title: " + strings.Repeat("x", 300) + "\nlogsource: {product: x}\n" + sel, 1, "256"},
		{"action: repeat", "action: repeat\nlogsource: {product: x}\n", 1, "action: repeat"},
		{"not UTF-8", "title: x\na: \xff\n", 2, "not UTF-8"},
		{"a control character", "title: x\na: \"\x01\"\n", 2, "control character"},
		{"deep flow", "a: " + strings.Repeat("[", 100_000) + "\n", 1, "nested more than"},
		{"deep dashes", strings.Repeat("- ", 100_000) + "x\n", 1, "nested more than"},
		{"many anchors", "a: " + strings.Repeat("&a ", 100_000) + "x\n", 1, "not YAML"},
		{"many tags", "a: " + strings.Repeat("!a ", 100_000) + "x\n", 1, "not YAML"},
		{"many anchors in lines", "a:\n" + strings.Repeat(" &a\n", 50_000) + " x\n", 50_001, "not YAML"},
		{"many keys", "a:\n" + strings.Repeat("    k: x\n", 3001), 3002, "more than 3000 keys"},
		{"many tabs in a line", "a: \"" + strings.Repeat("\t", 100_000) + "\"\n", 1, "too many tabs"},
		{"a large document", "a: |\n" + strings.Repeat("  "+strings.Repeat("x", 98)+"\n", 100_000), 1, "bytes"},
		{"action: global", "action: global\nlogsource: {product: x}\n", 1, "action: global"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := refusalOf(t, c.text, Options{})
			if r.Line != c.line || !strings.Contains(r.Reason, c.reason) {
				t.Errorf("refusal = %.300s, want line %d, reason with %q", r.Error(), c.line, c.reason)
			}
		})
	}
}

func TestWhatCostsMuchIsRefused(t *testing.T) {
	var long strings.Builder
	for i := range 40 {
		fmt.Fprintf(&long, "title: C%d\nname: c%d\ncorrelation: {type: temporal, rules: [c%d], group-by: [f%d], timespan: 5m}\n---\n", i, i, i+1, i)
	}
	c := &Collection{}
	c.Add("test.yml", []byte(long.String()+strings.Replace(rule(one("A: x")), "title: T", "title: T\nname: c40", 1)), Options{})
	set, refusals := Compile(c)
	if len(set.Correlations()) != maxChain || len(refusals) != 40-maxChain || !strings.Contains(refusals[0].Reason, "through more than 32") {
		t.Errorf("%d correlations are left of a chain of 40: %v", len(set.Correlations()), refusals)
	}
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "s%d: {A: x}\n", i)
	}
	r := refusalOf(t, rule(many.String()+"condition:\n"+strings.Repeat("    - 1 of s*\n", 200)), Options{})
	if !strings.Contains(r.Reason, "compares more than") {
		t.Error(r.Error())
	}
	r = refusalOf(t, "title: "+strings.Repeat("x", 100_000)+"\n", Options{})
	if len(r.Error()) > 1000 {
		t.Errorf("a refusal of %d bytes", len(r.Error()))
	}
}

func TestManyMapsInALineAreNotDeep(t *testing.T) {
	load(t, rule("sel: ["+strings.Repeat("{A: x}, ", 100)+"]\ncondition: sel"), Options{})
}

func TestAFewLinesThatExpandToMillionsAreRefused(t *testing.T) {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		text += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	r := refusalOf(t, text, Options{})
	if !strings.Contains(r.Reason, "YAML nodes") {
		t.Error(r.Error())
	}
}

func TestAliasesWork(t *testing.T) {
	if !matches(t, "a: &x\n    A: y\nb: *x\ncondition: a and b", record{"A": "y"}) {
		t.Error("an alias does not stand for what it names")
	}
}

func TestOneBadDocumentStopsNoOther(t *testing.T) {
	good := func(title string) string { return strings.Replace(rule(one("A: x")), "title: T", "title: "+title, 1) }
	text := "%YAML 1.2\n---\n" + good("one") + "---\ntitle: 'broken\n---\n# nothing\n---\n" + good("two") + "...\n---\nx: [\n---\n" + good("three")
	c := Load(fstest.MapFS{
		"b/rules.yml":    {Data: []byte("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"))},
		"a.YAML":         {Data: []byte(good("zero"))},
		"notes.txt":      {Data: []byte("no rule")},
		".git/x.yml":     {Data: []byte("no rule")},
		"c.yml":          {Data: make([]byte, maxFile+1)},
		"action/old.yml": {Data: []byte("action: global\na: b\n---\n" + good("four") + "---\naction: reset\n---\n" + good("five"))},
	}, Options{})
	var got []string
	for _, r := range c.Rules {
		got = append(got, r.Title)
	}
	if want := "zero five one two three"; strings.Join(got, " ") != want {
		t.Errorf("rules = %q, want %q", got, want)
	}
	var refused []string
	for _, r := range c.Refusals {
		refused = append(refused, fmt.Sprintf("%s:%d", r.File, r.Line))
	}
	if want := "action/old.yml:1 action/old.yml:4 action/old.yml:12 b/rules.yml:11 b/rules.yml:24 c.yml:0"; strings.Join(refused, " ") != want {
		t.Errorf("refusals = %q, want %q\n%v", refused, want, c.Refusals)
	}
}

func TestTheFirstOfTwoRulesWithAnIDStays(t *testing.T) {
	text := strings.Replace(rule(one("A: x")), "title: T", "title: T\nid: 0E95725D", 1)
	r := refusalOf(t, text+"---\n"+strings.ToLower(strings.Replace(text, "title: T", "title: U", 1)), Options{})
	if r.Title != "u" || r.Line != 10 || !strings.Contains(r.Reason, `that of "T" (test.yml:1)`) {
		t.Error(r.Error())
	}
}

func TestARefusalReadsWell(t *testing.T) {
	r := refusalOf(t, rule("sel: {A: x}\ncondition: 1 of filter*"), Options{})
	const want = `test.yml:6: "T": no search identifier is like "filter*" (there are sel)`
	if r.Error() != want {
		t.Errorf("refusal = %s\nwant      %s", r.Error(), want)
	}
}

func TestManyLargeRegularExpressionsAreRefused(t *testing.T) {
	r := refusalOf(t, rule("sel:\n    A|re:\n"+strings.Repeat("        - '(a|b){1,500}'\n", 1000)+"condition: sel"), Options{})
	if !strings.Contains(r.Reason, "too large together") || r.Line <= rulesLine+1 {
		t.Error(r.Error())
	}
}
