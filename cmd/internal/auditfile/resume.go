package auditfile

import "bytes"

// This file decides where reading goes on after something that cannot be read, so that one bad record does not take
// its neighbours with it.

// overlongSample is how much of a record over the limit is handed over.
const overlongSample = 64 << 10

// endsAt says whether what follows position i lets a value end there.
func (s *sequence) endsAt(i int) bool {
	for {
		c, ok := s.w.at(i)
		switch {
		case ok && (c == ' ' || c == '\t' || c == '\r'):
			i++
		case c == ']':
			return len(s.arrays) > 0
		default:
			return !ok || c == '\n' || c == ',' || c == '{' || c == '[' || c == utf8Mark[0]
		}
	}
}

// tail gives where garbage that goes on at position i ends: at the end of the line; within an array also before the
// comma or bracket that ends the element.
func (s *sequence) tail(i int) int {
	ends := "\n"
	if len(s.arrays) > 0 {
		ends = ",]\n"
	}
	end, _ := s.w.find(i, s.in.limit, ends)
	return end
}

// oneLine says whether the text up to position i stands on one line.
func (s *sequence) oneLine(i int) bool {
	return bytes.IndexByte(s.w.held()[:i], '\n') < 0
}

// extent gives how far the unreadable text goes that begins here and was found out at position i.
//
// Found out on its first line: up to where its brackets close, else to the end of that line. Found out later: up to
// the first line that begins a value no deeper than this one is indented. So a line that was cut is given alone, and
// a pretty-printed record as a whole.
func (s *sequence) extent(i int) int {
	if !s.oneLine(i) {
		return s.paragraph()
	}
	n := nesting{}
	for i := range s.in.limit {
		c, ok := s.w.at(i)
		if !ok || c == '\n' {
			return i
		}
		if n.closes(c) {
			if s.endsAt(i + 1) {
				return i + 1
			}
			return s.tail(i + 1)
		}
	}
	return s.in.limit
}

// paragraph gives where the lines end that belong to the value that begins here.
func (s *sequence) paragraph() int {
	outermost := s.w.indent
	i, more := s.w.find(0, s.in.limit, "\n")
	for more {
		i++
		indent, c, ok := s.lineStart(i)
		if !ok {
			break
		}
		at := i + indent
		if indent <= outermost && (c == '{' || c == '[' || c == ']') {
			return at
		}
		if indent <= outermost && c == '}' {
			return at + 1
		}
		i, more = s.w.find(at, s.in.limit, "\n")
	}
	i, _ = s.w.find(i, s.in.limit, "")
	return i
}

// lineStart gives the indentation of the line that begins at i, and the byte after it; ok is false after the end.
func (s *sequence) lineStart(i int) (indent int, c byte, ok bool) {
	for ; i+indent < s.in.limit; indent++ {
		if c, ok = s.w.at(i + indent); !ok || c != ' ' && c != '\t' {
			return indent, c, ok
		}
	}
	return indent, 0, false
}

// overlong rejects a line, or an element of an array on one line, that is over the limit, without holding it.
func (s *sequence) overlong() {
	at := s.where()
	n, length, sample := nesting{}, 0, []byte{}
	for ended := false; !ended; {
		held := s.w.held()
		var part int
		part, ended = n.pass(held)
		sample = append(sample, held[:min(part, overlongSample-len(sample))]...)
		length += part
		s.w.drop(part)
		ended = ended || !s.w.more()
	}
	s.in.bad(at, sample, "%d bytes long, more than the %d that are read: only the first %d are given",
		length, s.in.limit, len(sample))
}

// nesting counts brackets outside strings, of text that need not be JSON.
type nesting struct {
	depth           int
	quoted, escaped bool
}

// pass takes bytes up to a line break or the bracket that closes the first one.
func (n *nesting) pass(b []byte) (length int, ended bool) {
	for i, c := range b {
		if c == '\n' {
			return i, true
		}
		if n.closes(c) {
			return i + 1, true
		}
	}
	return len(b), false
}

// closes takes the next byte and says whether it closes the first bracket.
func (n *nesting) closes(c byte) bool {
	switch {
	case n.escaped:
		n.escaped = false
	case n.quoted && c == '\\':
		n.escaped = true
	case c == '"':
		n.quoted = !n.quoted
	case n.quoted:
	case c == '{' || c == '[':
		n.depth++
	case c == '}' || c == ']':
		n.depth--
		return n.depth == 0
	}
	return false
}
