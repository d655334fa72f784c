package auditfile

import (
	"bytes"
	"slices"
	"strings"
)

// maxDepth is how deep an object may be nested to be followed. It is deeper than a record may be, so that it is the
// caller who judges.
const maxDepth = 1024

// outcome is what following an object came to.
type outcome int

const (
	whole   outcome = iota // it is complete
	wrapper                // it wraps an array of records, whose opening bracket was just passed
	broken                 // what stands here cannot go on the object
	cut                    // the text ends within it
	tooDeep
	tooLong
)

// want is what may come next within an object.
type want int

const (
	wantFirstKey want = iota // or the closing brace
	wantKey
	wantColon
	wantValue
	wantFirstValue // or the closing bracket
	wantNext       // a comma, or the bracket that closes
)

// object follows an object through the text, by the structure of JSON alone (RFC 8259): how brackets nest, where
// strings end, where commas and colons stand. It notices at once where a line that was cut runs into the next one.
// Whether numbers, literals and escapes are right, it leaves to whoever reads the object.
type object struct {
	open     []byte // brackets that are open
	want     want
	wrappers bool   // arrays under one of wrapperKeys are given as such
	top      string // the object's own key that came last
	key      string // the same, or with the key within its value that came last, joined by "."
	id       bool   // it has an Id, which records have
	cmdlet   bool   // it has a key of what Graph's cmdlets wrap a record in, which has an Id as well
	record   bool   // it has a key that records have: it is no wrapper of an array of records
}

// wrapperKeys hold the records in the answers of Graph and OData (value), in Event Hubs envelopes (records) and in
// what scripts make of them, and in the answer to an Elasticsearch search, one object further in (hits.hits).
var wrapperKeys = []string{"value", "records", "Records", "results", "Results", "hits.hits"}

// recordKeys are common to all audit records (Office 365 Management Activity API schema, Common schema).
var recordKeys = []string{"Id", "Operation", "CreationTime", "RecordType"}

// follow goes on from position i of the text and gives the position after what it passed. On broken that is the
// position of what does not fit.
func (o *object) follow(w *window, i, limit int) (int, outcome) {
	for {
		c, ok := w.at(i)
		switch {
		case !ok:
			return i, cut
		case i >= limit:
			return i, tooLong
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			i++
		case c == '"':
			end, what := o.text(w, i, limit)
			if what != whole {
				return end, what
			}
			i = end
		case len(o.open) > maxDepth:
			return i, tooDeep
		case !o.take(c):
			return i, broken
		case len(o.open) == 0:
			return i + 1, whole
		case c == '[' && o.wraps(w, i+1, limit):
			return i + 1, wrapper
		case scalar(c):
			i = o.scalarEnd(w, i, limit)
		default:
			i++
		}
	}
}

// take says whether a byte that begins no string may come next, and what may come after it.
func (o *object) take(c byte) bool {
	was := o.want
	switch {
	case c == '{' || c == '[':
		return o.begin(c)
	case c == '}':
		return (was == wantFirstKey || was == wantNext) && o.end('{')
	case c == ']':
		return (was == wantFirstValue || was == wantNext) && o.end('[')
	case c == ',' && was == wantNext && o.in('{'):
		o.want = wantKey
	case c == ',' && was == wantNext:
		o.want = wantValue
	case c == ':' && was == wantColon:
		o.want = wantValue
	case scalar(c) && (was == wantValue || was == wantFirstValue):
		o.want = wantNext
	default:
		return false
	}
	return true
}

func (o *object) begin(c byte) bool {
	first := len(o.open) == 0 && c == '{'
	if !first && o.want != wantValue && o.want != wantFirstValue {
		return false
	}
	o.open = append(o.open, c)
	o.want = wantFirstKey
	if c == '[' {
		o.want = wantFirstValue
	}
	return true
}

func (o *object) end(opening byte) bool {
	if !o.in(opening) {
		return false
	}
	o.open = o.open[:len(o.open)-1]
	o.want = wantNext
	return true
}

// in says which bracket is the innermost open one.
func (o *object) in(bracket byte) bool {
	return len(o.open) > 0 && o.open[len(o.open)-1] == bracket
}

// wraps says whether the array that was just opened, whose inside begins at i, is one of records.
func (o *object) wraps(w *window, i, limit int) bool {
	if !o.wrappers || o.record || len(o.open) != 2+strings.Count(o.key, ".") || !slices.Contains(wrapperKeys, o.key) {
		return false
	}
	for ; i < limit; i++ {
		if c, ok := w.at(i); !ok || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c == '{' || c == ']'
		}
	}
	return false
}

// text passes the string that begins at i, a key or a value.
func (o *object) text(w *window, i, limit int) (int, outcome) {
	end, what := stringEnd(w, i, limit)
	if what != whole {
		return end, what
	}
	switch o.want {
	case wantFirstKey, wantKey:
		o.want = wantColon
		if o.wrappers {
			o.see(w.held()[i+1 : end-1])
		}
	case wantValue, wantFirstValue:
		o.want = wantNext
	default:
		return i, broken
	}
	return end, whole
}

// see notes a key of the object itself, or in what it has under hits.
func (o *object) see(key []byte) {
	switch {
	case len(o.open) == 1:
		o.top, o.key = string(key), string(key)
		o.id = o.id || o.key == "Id"
		o.cmdlet = o.cmdlet || o.key == "AuditLogRecordType"
		o.record = o.record || slices.Contains(recordKeys, o.key)
	case len(o.open) == 2 && o.top == "hits" && o.in('{'):
		o.key = o.top + "." + string(key)
	}
}

// stringEnd gives the position after the string that begins at i. A string cannot hold a line break as such, so that
// one ends a string that was cut.
func stringEnd(w *window, i, limit int) (int, outcome) {
	from := i + 1
	for {
		held := w.held()
		k := bytes.IndexByte(held[min(from, len(held)):], '"')
		upTo := len(held)
		if k >= 0 {
			upTo = from + k
		}
		if from < upTo {
			if line := bytes.IndexByte(held[from:upTo], '\n'); line >= 0 {
				return from + line, broken
			}
		}
		switch {
		case upTo >= limit:
			return limit, tooLong
		case k >= 0 && !escaped(held[i+1:upTo]):
			return upTo + 1, whole
		case k >= 0:
			from = upTo + 1
		default:
			from = max(from, upTo)
			if _, ok := w.at(from); !ok {
				return from, cut
			}
		}
	}
}

// escaped says whether what follows the bytes is escaped by their last backslash.
func escaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// scalar says whether a byte can stand in a number or in true, false or null.
func scalar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.'
}

func (o *object) scalarEnd(w *window, i, limit int) int {
	for ; i < limit; i++ {
		if c, ok := w.at(i); !ok || !scalar(c) {
			break
		}
	}
	return i
}
