package sigma

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Bounds of a regular expression. RE2 needs time in proportion to the text times the size of the program.
const (
	maxRegex   = 16 << 10 // bytes
	maxProgram = 20_000   // instructions of one
	allProgram = 100_000  // instructions of all in one document
)

// compileRegex compiles the value of the re modifier. Flags are of i, m and s; position is "", contains, startswith or
// endswith. It is found anywhere in a value unless it is anchored (as by contains).
func (o *scope) compileRegex(expr string, flags []string, position string) (predicate, *fault) {
	if len(expr) > maxRegex {
		return nil, refuse(0, "split it into several", "the regular expression has %d bytes, %d are allowed", len(expr), maxRegex)
	}
	switch position {
	case "startswith":
		expr = `\A(?:` + expr + `)`
	case "endswith":
		expr = `(?:` + expr + `)\z`
	}
	if len(flags) > 0 {
		expr = "(?" + strings.Join(flags, "") + ")" + expr
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, regexFault(expr, err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil, refuse(0, "use smaller counts in {n,m}", "the regular expression is too large")
	}
	if o.programs += len(program.Inst); o.programs > allProgram {
		return nil, refuse(0, "split the rule into several", "the regular expressions of the document are too large together")
	}
	made, err := regexp.Compile(expr)
	if err != nil {
		return nil, regexFault(expr, err)
	}
	return expression{made, hasDollar(parsed)}, nil
}

// hasDollar says whether a $ stands for the end of the text.
func hasDollar(x *syntax.Regexp) bool {
	return x.Op == syntax.OpEndText && x.Flags&syntax.WasDollar != 0 || slices.ContainsFunc(x.Sub, hasDollar)
}

// beyondRE2 are the parts of PCRE that need backtracking, which the specification's list of metacharacters leaves out
// as well.
var beyondRE2 = []struct{ sign, name string }{
	{"(?=", "lookahead"}, {"(?!", "lookahead"}, {"(?<=", "lookbehind"}, {"(?<!", "lookbehind"},
	{"(?>", "an atomic group"}, {"(?|", "a branch reset"}, {"(?(", "a condition"}, {"(?R)", "recursion"},
	{"(?#", "a comment"}, {"*+", "a possessive quantifier"}, {"++", "a possessive quantifier"}, {"?+", "a possessive quantifier"},
	{`\1`, "a backreference"}, {`\2`, "a backreference"}, {`\3`, "a backreference"}, {`\k`, "a backreference"},
	{`\K`, "a reset of the match"}, {`\G`, "an anchor at the last match"}, {`\Z`, `the anchor \Z`}, {`\h`, `the class \h`},
}

func regexFault(expr string, err error) *fault {
	for _, beyond := range beyondRE2 {
		if strings.Contains(expr, beyond.sign) {
			return refuse(0, "write it without, for instance as a second item and a condition with not",
				"the regular expression has %s (%s), which RE2 has not", beyond.name, beyond.sign)
		}
	}
	return refuse(0, "regular expressions are those of RE2", "the regular expression cannot be read: %v", quoteError(err))
}

func quoteError(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return strings.ToValidUTF8(text, "")
}

// regexOf gives a regular expression for a Sigma string, to stand within another.
func regexOf(s string) string {
	var b strings.Builder
	for _, part := range parsePattern(s) {
		switch part.kind {
		case anyText:
			b.WriteString(`(?s:.*)`)
		case oneRune:
			b.WriteString(`(?s:.)`)
		default:
			b.WriteString(regexp.QuoteMeta(part.text))
		}
	}
	return b.String()
}
