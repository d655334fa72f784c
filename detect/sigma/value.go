package sigma

// Kind says what a Value is.
type Kind uint8

// The kinds of values.
const (
	Null   Kind = iota // there, without a value
	String             // text
	Number             // Text is the number in decimal digits, as JSON writes it
	Bool               // Text is true or false
)

// Value is one value of an event's field.
type Value struct {
	Kind Kind
	Text string // empty for Null
}

// Fields is an event as its caller serves it. A Set asks for what it needs and for each field once an event, so that
// a caller can read lazily. An implementation may be used by one goroutine at a time and need not remember anything.
type Fields interface {
	// Field appends to dst the values of the field Set.Fields()[i] and says whether the event has the field. A field
	// may have several values (an array) or, being there, none (an empty array or an object).
	Field(i int, dst []Value) (values []Value, found bool)

	// All appends to dst every value that keywords may search.
	All(dst []Value) []Value

	// Source says whether the event belongs to the log source Set.Sources()[i]. It is asked only for rules that may
	// match.
	Source(i int) bool
}
