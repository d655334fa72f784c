package o365

// lexer knows where in an element the scan stands.
type lexer struct {
	depth           int
	quoted, escaped bool
}

// scan passes over the element's bytes and says how many they are and whether the element ends there.
func (l *lexer) scan(b []byte) (int, bool) {
	for i, c := range b {
		switch {
		case l.escaped:
			l.escaped = false
		case l.quoted:
			l.escaped = c == '\\'
			l.quoted = c != '"'
		case c == '"':
			l.quoted = true
		case c == '{' || c == '[':
			l.depth++
		case l.depth == 0 && (c == ',' || c == ']'):
			return i, true
		case (c == '}' || c == ']') && l.depth > 0:
			l.depth--
		}
	}
	return len(b), false
}
