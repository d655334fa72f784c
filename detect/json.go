package detect

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// value is the text of one JSON value; "" where there is none. It shares the event's memory. Of text that is no JSON
// it gives something or nothing, and never fails: what an answer rests on is checked before it is given.
type value string

// is says whether the value begins like a string, an object or an array.
func (v value) is(c byte) bool { return v != "" && v[0] == c }

// parts calls yield with the members of an object, or with the elements of an array and no key, until it returns false.
func (v value) parts(yield func(key string, part value) bool) {
	if !v.is('{') && !v.is('[') {
		return
	}
	s := string(v)
	for i := space(s, 1); i < len(s) && s[i] != '}' && s[i] != ']'; {
		key := ""
		if s[0] == '{' {
			end := skip(s, i)
			key = value(s[i:end]).key()
			if i = space(s, end); i < len(s) && s[i] == ':' {
				i = space(s, i+1)
			}
		}
		end := skip(s, i)
		if end == i || !yield(key, value(s[i:end])) {
			return
		}
		if i = space(s, end); i < len(s) && s[i] == ',' {
			i = space(s, i+1)
		}
	}
}

// member gives the value of an object's first member of that name.
func (v value) member(name string) value {
	var found value
	v.parts(func(key string, part value) bool {
		if key == name {
			found = part
		}
		return key != name
	})
	return found
}

func (v value) key() string {
	if len(v) < 2 || v[0] != '"' {
		return ""
	}
	if s := string(v[1 : len(v)-1]); strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return string(appendUnescaped(nil, string(v[1:len(v)-1])))
}

// text gives what a string says, or how another value is written. What has to be unescaped is appended to the arena
// and shares its memory.
func (v value) text(arena *[]byte) string {
	if len(v) < 2 || v[0] != '"' {
		return string(v)
	}
	s := string(v[1 : len(v)-1])
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	from := len(*arena)
	*arena = appendUnescaped(*arena, s)
	made := (*arena)[from:]
	return unsafe.String(unsafe.SliceData(made), len(made))
}

// space gives the index of the first byte from i on that is no white space.
func space(s string, i int) int {
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	return i
}

// skip gives the index after the value that begins at i, or i where none begins.
func skip(s string, i int) int {
	if i >= len(s) {
		return i
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for i < len(s) && s[i] > ' ' && s[i] != ',' && s[i] != '}' && s[i] != ']' {
		i++
	}
	return i
}

func skipNested(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = skipString(s, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// skipString looks for the quote that no backslash escapes: one with an even number of them before it.
func skipString(s string, from int) int {
	for i := from + 1; ; i++ {
		next := strings.IndexByte(s[i:], '"')
		if next < 0 {
			return len(s)
		}
		i += next
		slash := i
		for s[slash-1] == '\\' {
			slash--
		}
		if (i-slash)%2 == 0 {
			return i + 1
		}
	}
}

// escapes are JSON's escapes of one letter (RFC 8259 §7).
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendUnescaped appends what the inside of a JSON string says.
func appendUnescaped(dst []byte, s string) []byte {
	for {
		at := strings.IndexByte(s, '\\')
		if at < 0 || at+1 == len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:at]...)
		c := s[at+1]
		if s = s[at+2:]; c != 'u' {
			dst = append(dst, escapes[c])
			continue
		}
		r, rest := hex4(s)
		if s = rest; utf16.IsSurrogate(r) {
			if low, after := hex4(strings.TrimPrefix(s, `\u`)); strings.HasPrefix(s, `\u`) {
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					r, s = both, after
				}
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// hex4 reads four hexadecimal digits.
func hex4(s string) (r rune, rest string) {
	if len(s) < 4 {
		return utf8.RuneError, ""
	}
	for _, c := range []byte(s[:4]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			r = utf8.RuneError
		}
	}
	return r, s[4:]
}

// quoted writes a text as a JSON string.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a string: it cannot fail
	return string(b)
}
