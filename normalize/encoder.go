package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is how many bytes of a text an attribute takes. The whole text stands in unmapped; without a bound a
// record of a few megabytes in its UserId would give an event that no topic takes.
const maxText = 8 << 10

// maxListed is how many items of a list an attribute takes, for the same reason.
const maxListed = 1000

// encoder appends JSON to a buffer. It puts the commas itself.
type encoder struct{ buf []byte }

// comma separates from what stands before, unless an object or array has just been opened or a key written.
func (e *encoder) comma() {
	switch e.buf[len(e.buf)-1] {
	case '{', '[', ':':
	default:
		e.buf = append(e.buf, ',')
	}
}

func (e *encoder) key(name string) {
	buf := e.buf
	if last := buf[len(buf)-1]; last != '{' {
		buf = append(buf, ',')
	}
	buf = append(buf, '"')
	buf = append(buf, name...)
	e.buf = append(buf, '"', ':')
}

func (e *encoder) open(bracket byte) {
	e.comma()
	e.buf = append(e.buf, bracket)
}

func (e *encoder) close(bracket byte) { e.buf = append(e.buf, bracket) }

// object writes a key and opens its object.
func (e *encoder) object(name string) {
	e.key(name)
	e.open('{')
}

// array writes a key and opens its array.
func (e *encoder) array(name string) {
	e.key(name)
	e.open('[')
}

func (e *encoder) int(name string, n int64) {
	e.key(name)
	e.buf = strconv.AppendInt(e.buf, n, 10)
}

func (e *encoder) bool(name string, b bool) {
	e.key(name)
	e.buf = strconv.AppendBool(e.buf, b)
}

// str writes a text attribute; an empty text writes nothing.
func (e *encoder) str(name, s string) {
	if s == "" {
		return
	}
	e.key(name)
	e.quoted(s)
}

// id writes an enumeration's number and its caption.
func (e *encoder) id(name string, id int64, sibling, caption string) {
	e.int(name, id)
	e.str(sibling, caption)
}

// raw writes a value as the record has it.
func (e *encoder) raw(name string, v value) {
	if v == "" {
		return
	}
	e.key(name)
	e.buf = append(e.buf, v...)
}

// whole writes a text attribute of any length.
func (e *encoder) whole(name, s string) {
	e.key(name)
	e.verbatim(`"`)
	e.inner(s)
	e.verbatim(`"`)
}

// verbatim writes JSON that needs no comma before it.
func (e *encoder) verbatim(json string) { e.buf = append(e.buf, json...) }

// text writes a JSON string, cut at maxText.
func (e *encoder) text(s string) {
	e.comma()
	e.quoted(s)
}

// quoted writes a JSON string that needs no comma before it, cut at maxText.
func (e *encoder) quoted(s string) {
	e.buf = append(e.buf, '"')
	e.inner(cut(s, maxText))
	e.buf = append(e.buf, '"')
}

// escaped says which bytes cannot stand in a JSON string as they are.
var escaped = func() (is [256]bool) {
	for c := range is {
		is[c] = c < ' ' || c == '"' || c == '\\'
	}
	return is
}()

// plain gives how many bytes at the beginning of a text, in steps of eight, need no escape: none of them is a
// control character, a quote or a backslash. A byte minus the one it is looked for borrows into its highest bit.
func plain(s string) (n int) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s)-n >= 8; n += 8 {
		w := uint64(s[n]) | uint64(s[n+1])<<8 | uint64(s[n+2])<<16 | uint64(s[n+3])<<24 |
			uint64(s[n+4])<<32 | uint64(s[n+5])<<40 | uint64(s[n+6])<<48 | uint64(s[n+7])<<56
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		if ((w-ones*' ')&^w|(quote-ones)&^quote|(slash-ones)&^slash)&high != 0 {
			return n
		}
	}
	return n
}

// inner writes a text inside the quotes of a JSON string.
func (e *encoder) inner(s string) {
	from := 0
	for i := plain(s); i < len(s); i++ {
		c := s[i]
		if !escaped[c] {
			continue
		}
		e.buf = append(e.buf, s[from:i]...)
		from = i + 1
		const hex = "0123456789abcdef"
		switch c {
		case '"', '\\':
			e.buf = append(e.buf, '\\', c)
		case '\n':
			e.buf = append(e.buf, '\\', 'n')
		case '\r':
			e.buf = append(e.buf, '\\', 'r')
		case '\t':
			e.buf = append(e.buf, '\\', 't')
		default:
			e.buf = append(e.buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	e.buf = append(e.buf, s[from:]...)
}

// cut shortens a text to at most n bytes, between two characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// utf8Text replaces what is no UTF-8: names of tenants and sources come from message headers.
func utf8Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
