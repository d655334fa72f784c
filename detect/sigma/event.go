package sigma

// event remembers what one event's fields are while rules look at it. Each field is asked for once and each value is
// folded once. It is used again for the next event, so that matching allocates nothing.
type event struct {
	fields Fields
	turn   uint32 // counts events: what is remembered of an earlier turn is void
	cells  []cell // by field
	all    cell   // every value of the event, for keywords
	values []Value
	folded [][]byte // of each value, nil where it was not needed yet
	text   []byte   // behind folded

	seen       []uint32 // by rule: the turn in which it became a candidate
	candidates []int32
	sources    []uint32 // by source: twice the turn in which it was asked for, plus the answer
}

// cell is the place of a field's values.
type cell struct {
	turn       uint32
	found      bool
	begin, end int32
}

// Bounds of what is kept for the next event.
const (
	keepText   = 1 << 20
	keepValues = 1 << 14
)

func newEvent(fields, rules, sources int) *event {
	return &event{
		cells: make([]cell, fields), seen: make([]uint32, rules), sources: make([]uint32, sources),
		text: make([]byte, 0, 4096),
	}
}

// open begins with another event.
func (e *event) open(f Fields) {
	e.fields = f
	e.turn++
	if e.turn >= 1<<30 { // once in a billion events the memory of turns starts anew
		clear(e.cells)
		clear(e.seen)
		clear(e.sources)
		e.all, e.turn = cell{}, 1
	}
}

// close lets go of the event's texts.
func (e *event) close() {
	clear(e.values)
	clear(e.folded)
	e.fields, e.values, e.folded, e.text, e.candidates = nil, e.values[:0], e.folded[:0], e.text[:0], e.candidates[:0]
	if cap(e.text) > keepText {
		e.text = make([]byte, 0, 4096)
	}
	if cap(e.values) > keepValues {
		e.values, e.folded = nil, nil
	}
}

// cell gives the values of a field; keywords have the field -1.
func (e *event) cell(field int) *cell {
	c := &e.all
	if field >= 0 {
		c = &e.cells[field]
	}
	if c.turn == e.turn {
		return c
	}
	c.turn = e.turn
	c.begin = int32(len(e.values))
	if field >= 0 {
		e.values, c.found = e.fields.Field(field, e.values)
	} else {
		e.values, c.found = e.fields.All(e.values), true
	}
	c.end = int32(len(e.values))
	for len(e.folded) < len(e.values) {
		e.folded = append(e.folded, nil)
	}
	return c
}

// fold gives a value's text without case.
func (e *event) fold(i int) []byte {
	if e.folded[i] == nil {
		begin := len(e.text)
		e.text = appendFold(e.text, e.values[i].Text)
		e.folded[i] = e.text[begin:len(e.text):len(e.text)]
	}
	return e.folded[i]
}

// plain gives a value's text as bytes, case kept.
func (e *event) plain(i int) []byte {
	begin := len(e.text)
	e.text = append(e.text, e.values[i].Text...)
	return e.text[begin:len(e.text):len(e.text)]
}

// belongs says whether the event is of a log source.
func (e *event) belongs(source int) bool {
	if known := e.sources[source]; known>>1 == e.turn {
		return known&1 == 1
	}
	e.sources[source] = e.turn << 1
	if !e.fields.Source(source) {
		return false
	}
	e.sources[source]++
	return true
}
