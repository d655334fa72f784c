package auditfile

import (
	"bytes"
	"errors"
	"io"

	"github.com/tidwall/gjson"
)

// maxArrays is how many arrays may be open in one another around records.
const maxArrays = 64

// sequence reads JSON values that follow one another: a line each, parted by whitespace or commas, in arrays, in
// wrapper objects. The brackets of arrays are passed one by one, so that an array of any length is read as it comes.
type sequence struct {
	in     *reading
	w      *window
	arrays []array // that are open
}

// array is an open array of records.
type array struct {
	line     int     // that it begins on
	elements int     // that were read
	wrapper  *object // the object whose value it is, if any
}

// Reasons why a part is bad.
const (
	notJSON   = "not valid JSON"
	deep      = "nested too deep"
	breaksOff = "not valid JSON: it breaks off"
	notObject = "not a JSON object"
)

func (s *sequence) read() {
	for !*s.in.ended && s.step() {
	}
}

// step reads what stands next. It says false at the end.
func (s *sequence) step() bool {
	c, ok := s.next()
	switch {
	case !ok:
		if n := len(s.arrays); n > 0 && errors.Is(s.w.err, io.EOF) {
			a := s.arrays[n-1]
			s.in.bad(Where{Line: s.w.line}, nil, "the array that begins on line %d breaks off after element %d", a.line, a.elements)
		}
		return false
	case c == '[' && len(s.arrays) < maxArrays:
		s.open(nil, 1)
	case c == ']' && len(s.arrays) > 0:
		s.close()
	case c == '{':
		s.object()
	default:
		s.garbage()
	}
	return true
}

// next drops what may stand between values and gives the byte after it.
func (s *sequence) next() (byte, bool) {
	for {
		c, ok := s.w.at(0)
		switch {
		case !ok:
			return 0, false
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',':
			s.w.drop(1)
		case c == utf8Mark[0] && s.w.skip(utf8Mark): // where files were joined
		default:
			return c, true
		}
	}
}

func (s *sequence) open(wrapper *object, n int) {
	s.count()
	s.arrays = append(s.arrays, array{line: s.w.line, wrapper: wrapper})
	s.w.drop(n)
}

// close leaves an array, and goes on in the wrapper that it stands in.
func (s *sequence) close() {
	last := len(s.arrays) - 1
	wrapper := s.arrays[last].wrapper
	s.arrays = s.arrays[:last]
	s.w.drop(1)
	if wrapper != nil {
		wrapper.end('[')
		s.goOn(wrapper, false)
	}
}

// object reads an object: a record, or a wrapper of records.
func (s *sequence) object() {
	s.goOn(&object{wrappers: s.in.unwrap}, true)
}

// goOn follows an object from its beginning or, in a wrapper, from after an array. What a wrapper holds beside its
// arrays is dropped.
func (s *sequence) goOn(o *object, fromStart bool) {
	end, what := o.follow(s.w, 0, s.in.limit)
	switch {
	case what == wrapper:
		s.open(o, end)
	case what == whole && !fromStart && o.record:
		s.reject(end, "has the keys of a record, but was read as a wrapper of records: this is what follows them")
	case what == whole && !fromStart:
		s.w.drop(end)
	case what == whole && s.endsAt(end):
		s.emit(o, end)
	case what == whole:
		s.reject(s.tail(end), notJSON)
	case what == tooDeep && !s.oneLine(end):
		s.reject(s.tail(end), deep) // no line of it is tried again: that would cost as much for each
	case what == tooDeep:
		s.reject(s.extent(end), deep)
	case what == cut:
		s.reject(s.extent(end), breaksOff)
	default:
		s.reject(s.extent(end), notJSON)
	}
}

// emit hands over the record that an object of n bytes is or holds, and drops it.
func (s *sequence) emit(o *object, n int) {
	at, body, reason := s.where(), s.w.held()[:n], ""
	record := body
	if s.in.unwrap && (!o.id || o.cmdlet) {
		record, reason = unwrap(body)
	}
	if reason == "" {
		s.in.record(at, record)
	} else {
		s.in.bad(at, body, "%s", reason)
	}
	s.w.drop(n)
}

// garbage rejects what begins no object, unless it is a string that holds one.
func (s *sequence) garbage() {
	end := 0
	c, _ := s.w.at(0)
	if c == '"' && len(s.arrays) > 0 {
		end, _ = stringEnd(s.w, 0, s.in.limit)
	}
	end = s.tail(end)
	if c == '[' || !gjson.ValidBytes(s.w.held()[:end]) { // which follows brackets by recursion
		s.reject(end, notJSON)
		return
	}
	if record, ok := quoted(s.w.held()[:end]); ok && s.in.unwrap {
		s.in.record(s.where(), record)
		s.w.drop(end)
		return
	}
	s.reject(end, notObject)
}

// reject hands over the first n bytes as bad and drops them.
func (s *sequence) reject(n int, reason string) {
	if n >= s.in.limit && s.oneLine(n) {
		s.overlong()
		return
	}
	s.in.bad(s.where(), bytes.TrimRight(s.w.held()[:n], " \t\r\n"), "%s", reason)
	s.w.drop(n)
}

// where gives the place of the element that begins here.
func (s *sequence) where() Where {
	return Where{Line: s.w.line, Element: s.count()}
}

// count counts an element of the innermost array; outside arrays it gives 0.
func (s *sequence) count() int {
	n := len(s.arrays)
	if n == 0 {
		return 0
	}
	s.arrays[n-1].elements++
	return s.arrays[n-1].elements
}
