package detect

import (
	"sync"

	"ualstream/detect/sigma"
)

// views serves events to rules as their log source wants them: rules for the products m365 and azure see the native
// record, which stands in unmapped, and rules for the product ocsf the event itself. Both see the derived fields.
type views struct {
	fields  []field // by their number in the set
	sources []stream
	wants   [2]bool // whether any rule is for the native view, and for OCSF's
	record  places  // of the record's own attributes
	event   places  // of the event's
	domains func(tenant string) []string
	noise   func(*reader) bool
	pool    sync.Pool
}

// field is where the values of a rule's field stand, in either view.
type field struct {
	native, ocsf []lookup // the first one that finds something counts
}

// places numbers the attributes that rules look at, so that one pass over an object finds them all.
type places struct {
	fold  bool // names are compared without case
	index map[string]int
}

func (p *places) number(name string) int {
	if p.fold {
		name = lower(name)
	}
	at, known := p.index[name]
	if !known {
		at = len(p.index)
		p.index[name] = at
	}
	return at
}

// find gives the number of a name, without allocating.
func (p *places) find(name string) (int, bool) {
	var space [64]byte
	if p.fold && len(name) <= len(space) {
		at, known := p.index[string(appendLower(space[:0], name))]
		return at, known
	}
	at, known := p.index[name]
	return at, known
}

func newViews(set *sigma.Set) *views {
	v := &views{record: places{true, map[string]int{}}, event: places{false, map[string]int{}}}
	for _, name := range []string{atWorkload: "Workload", atOperation: "Operation", atRecordType: "RecordType"} {
		v.record.number(name)
	}
	for _, name := range []string{"Parameters", "DestFolder", "Folder", "Item", "Folders", "Actor", "UserKey", "TokenObjectId"} {
		v.record.number(name) // what derived fields look at
	}
	for _, name := range []string{atUnmapped: "unmapped", "metadata", "actor", "src_endpoint", "entity", "status", "status_code", "http_request"} {
		v.event.number(name)
	}
	for _, name := range set.Fields() {
		v.fields = append(v.fields, field{v.native(name), v.ocsf(name)})
	}
	for _, s := range set.Sources() {
		made := streamOf(s)
		v.sources = append(v.sources, made)
		v.wants[0] = v.wants[0] || made != nowhere && made != everyEvent
		v.wants[1] = v.wants[1] || made == everyEvent
	}
	v.pool.New = func() any {
		return &reader{views: v, record: make([]value, len(v.record.index)), top: make([]value, len(v.event.index))}
	}
	return v
}

// Numbers of attributes that log sources are told by.
const (
	atWorkload = iota
	atOperation
	atRecordType
)

// atUnmapped is the number of the record among the event's attributes.
const atUnmapped = 0

// reader serves one event. It is used again for the next one, so that reading allocates nothing.
type reader struct {
	*views
	text   string  // the event
	top    []value // its attributes that rules look at
	record []value // those of its record
	opened bool    // the record has been walked over
	pairs  []pair  // entries of the lists that were read
	read   []span
	arena  []byte // texts that had to be unescaped
}

// open begins with an event; it is walked over once.
func (v *views) open(event string) *reader {
	r := v.pool.Get().(*reader)
	r.text = event
	fill(&v.event, r.top, value(event[space(event, 0):]))
	return r
}

// Bounds of the memory that is kept for the next event.
const (
	maxArena = 1 << 20
	maxPairs = 1 << 12
)

func (r *reader) close() {
	clear(r.top)
	clear(r.record)
	clear(r.pairs)
	r.text, r.opened, r.pairs, r.read, r.arena = "", false, r.pairs[:0], r.read[:0], r.arena[:0]
	if cap(r.arena) > maxArena || cap(r.pairs) > maxPairs {
		r.arena, r.pairs = nil, nil
	}
	r.pool.Put(r)
}

// fill notes the values of an object's attributes that have a place; of an attribute that is there twice the first.
func fill(p *places, slots []value, object value) {
	object.parts(func(key string, part value) bool {
		if at, known := p.find(key); known && slots[at] == "" {
			slots[at] = part
		}
		return true
	})
}

// unmapped gives the native record.
func (r *reader) unmapped() value { return r.top[atUnmapped] }

// attribute gives the value of an attribute of the record.
func (r *reader) attribute(at int) value {
	if !r.opened {
		r.opened = true
		fill(&r.views.record, r.record, r.unmapped())
	}
	return r.record[at]
}

// native serves the record to rules for m365 and azure, ocsf the event to rules for ocsf.
type (
	native struct{ *reader }
	ocsf   struct{ *reader }
)

func (n native) Field(i int, dst []sigma.Value) ([]sigma.Value, bool) {
	return n.first(n.fields[i].native, dst)
}

func (o ocsf) Field(i int, dst []sigma.Value) ([]sigma.Value, bool) {
	return o.first(o.fields[i].ocsf, dst)
}

// All gives the values of the record: keywords never search what normalizing adds.
func (r *reader) All(dst []sigma.Value) []sigma.Value { return r.leaves(dst, r.unmapped(), 0) }

func (n native) Source(i int) bool { return n.belongs(n.sources[i]) }
func (o ocsf) Source(i int) bool   { return o.sources[i] == everyEvent }

// first gives the values of the first lookup that finds something.
func (r *reader) first(lookups []lookup, dst []sigma.Value) ([]sigma.Value, bool) {
	for i := range lookups {
		if values, found := lookups[i].values(r, dst); found {
			return values, true
		}
	}
	return dst, false
}
