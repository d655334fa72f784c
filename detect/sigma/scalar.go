package sigma

import (
	"regexp"
	"strconv"
	"strings"
)

// scalar is a plain value of a rule: text, or what YAML's core schema makes of it where it stands without quotes.
type scalar struct {
	kind scalarKind
	text string // as written, quotes and escapes resolved
	num  number // of a number
}

type scalarKind uint8

const (
	textScalar scalarKind = iota
	numberScalar
	boolScalar
	nullScalar
)

// The patterns of YAML 1.2.2 §10.3.2. YAML 1.1 said more (yes, on, 1_000, 0777 as octal); the Sigma specification
// names 1.2.2.
var (
	wholeNumber   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	octalNumber   = regexp.MustCompile(`^0o[0-7]+$`)
	hexNumber     = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	decimalNumber = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// resolve gives what an unquoted scalar means.
func resolve(text string) scalar {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return scalar{kind: nullScalar, text: text}
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return scalar{kind: boolScalar, text: text}
	}
	if n, ok := yamlNumber(text); ok {
		return scalar{kind: numberScalar, text: text, num: n}
	}
	return scalar{text: text}
}

func yamlNumber(text string) (number, bool) {
	switch {
	case text == "" || !strings.ContainsAny(text[:1], "+-.0123456789"):
		return number{}, false
	case hexNumber.MatchString(text):
		return based(text[2:], 16)
	case octalNumber.MatchString(text):
		return based(text[2:], 8)
	case wholeNumber.MatchString(text), decimalNumber.MatchString(text):
		return parseNumber(text)
	default:
		return number{}, false
	}
}

// based reads a hexadecimal or octal number. One that is too large stays text.
func based(digits string, base int) (number, bool) {
	v, err := strconv.ParseInt(digits, base, 64)
	return wholeOf(v), err == nil
}

// isTrue says what a boolean says.
func (s scalar) isTrue() bool { return s.kind == boolScalar && strings.EqualFold(s.text, "true") }
