// Package normalize turns one record of Microsoft 365's unified audit log into one event of the Open
// Cybersecurity Schema Framework (OCSF) 1.8.0.
//
// It takes a raw record and gives a JSON event that is valid in OCSF, holds the whole record in its last
// attribute, unmapped, and names who did what to whom from where in the attributes of the event's class. What
// is no record gives the reason why. It is pure: it does no I/O, reads no clock and keeps nothing, and it must
// not know of topics, tenants' settings or what is suspicious.
//
// Where a record has the same key twice, the first one counts, as it does for schemas.RecordID.
package normalize

import (
	"bytes"
	"sync"
	"unicode/utf8"
	"unsafe"

	"ualstream/schemas"
)

// Append appends the event of a record to dst, as one JSON object without a line break of its own, and gives
// the extended buffer. On an error, which is one of schemas.RecordID's, it gives dst unchanged.
//
// The event's unmapped attribute is the record byte for byte, without white space around it. Bytes that are
// no UTF-8 are the exception: each run of them becomes U+FFFD and the tag encoding says so.
func Append(dst []byte, raw schemas.Raw) ([]byte, error) {
	id, err := schemas.RecordID(raw.Body)
	if err != nil {
		return dst, err
	}
	body, repaired := bytes.TrimSpace(raw.Body), false
	if !utf8.Valid(body) {
		body, repaired = bytes.ToValidUTF8(body, []byte("\uFFFD")), true
	}
	// The text shares the body's memory; nothing of it outlives this call.
	text := value(unsafe.String(unsafe.SliceData(body), len(body)))
	e := pool.Get().(*event)
	defer e.release()
	e.buf, e.uid, e.repaired, e.received = append(dst, '{'), id, repaired, raw
	e.r.read(text)
	e.act = meaning(e.r.op)
	e.write()
	e.close('}')
	return e.buf, nil
}

// pool keeps the memory of events that are done, and nothing of what they said.
var pool = sync.Pool{New: func() any { return new(event) }}

// release forgets the record, whose memory belongs to the caller.
func (e *event) release() {
	seen, params, extended := e.seen, e.r.params, e.r.extended
	if cap(params)+cap(extended) > maxListed {
		params, extended = nil, nil // a hostile record's; most have ten
	}
	clear(seen)
	clear(params)
	clear(extended)
	*e = event{seen: seen[:0], r: record{params: params[:0], extended: extended[:0]}}
	pool.Put(e)
}
