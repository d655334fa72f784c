package publish

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// safe gives a text that may be shown on a terminal: what is not printable, which includes control characters,
// escape sequences, and characters that change the writing direction or have no width, is written as an escape
// such as \x1b or \u202e. After most characters it is cut with ….
func safe(s string, most int) string {
	var b strings.Builder
	for n := 0; s != ""; n++ {
		if n == most {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatUint(uint64(s[0]), 16))
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}

// word is safe for one word of a line: an empty text and one with spaces or quotes is put in quotes.
func word(s string, most int) string {
	if s == "" || strings.ContainsAny(s, ` "`) {
		return quoted(s, most)
	}
	return safe(s, most)
}

// phrase is word for a name of several words, such as "Consent to application.": single spaces part no columns.
// An empty text is replaced by another.
func phrase(s, otherwise string) string {
	const most = 80
	switch {
	case s == "":
		return otherwise
	case strings.Contains(s, "  ") || strings.Contains(s, `"`) || strings.TrimSpace(s) != s:
		return quoted(s, most)
	}
	return safe(s, most)
}

func quoted(s string, most int) string {
	return `"` + strings.ReplaceAll(safe(s, most), `"`, `\"`) + `"`
}
