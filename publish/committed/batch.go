package committed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"

	"ualstream/schemas"
)

// batch is a record batch of version 2, as Kafka's documentation lays it out ("Message Format"). kafka-go's own decoder
// is not used: it does not tell where a batch ends that compaction has emptied, gives the records before a damaged one
// as if they were all, and keeps silent of a batch that is damaged in its length.
type batch struct {
	base, next int64 // offset of its first record, and of what follows on the batch
	attributes protocol.Attributes
	first      int64 // time that those of the records are counted from, Unix milliseconds
	newest     int64 // of these times
	producer   int64
	count      int32
	body       []byte // the records, compressed
}

const (
	batchHead = 61 // bytes before the records
	headSize  = 21 // of them, those up to the checksum: no two batches of a partition have the same

	checksumAt  = 17 // CRC-32C of all that follows it
	checkedFrom = 21
	producerAt  = 43

	sizeTo = 12 // what the size does not count: base and size itself
	// byBroker is the attribute of a batch whose records all have the time when the broker took them.
	byBroker = 1 << 3
)

// errCut says that a batch is longer than what is there of it. A fetch may end so, after one that is whole.
var errCut = errors.New("it is longer than what Kafka gives of it")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// takeBatch gives the first batch of b and its size. An error says why it cannot be trusted, of which the checksum is
// the usual one, which covers neither the offset nor the size; the size is 0 where that cannot be trusted itself.
func takeBatch(b []byte) (t batch, size int, err error) {
	if len(b) < batchHead {
		return t, 0, errCut
	}
	if magic := b[16]; magic != 2 {
		return t, 0, fmt.Errorf("it is of message format %d, want 2", magic)
	}
	n := int64(int32(binary.BigEndian.Uint32(b[8:]))) + sizeTo
	switch {
	case n < batchHead:
		return t, 0, fmt.Errorf("its size is given as %d bytes", n)
	case n > int64(len(b)):
		return t, 0, errCut
	}
	b = b[:n]
	if got, want := crc32.Checksum(b[checkedFrom:], castagnoli), binary.BigEndian.Uint32(b[checksumAt:]); got != want {
		return t, int(n), fmt.Errorf("its checksum is %08x, want %08x", got, want)
	}
	t = batch{
		base:       int64(binary.BigEndian.Uint64(b)),
		attributes: protocol.Attributes(binary.BigEndian.Uint16(b[21:])),
		first:      int64(binary.BigEndian.Uint64(b[27:])),
		newest:     int64(binary.BigEndian.Uint64(b[35:])),
		producer:   int64(binary.BigEndian.Uint64(b[producerAt:])),
		count:      int32(binary.BigEndian.Uint32(b[57:])),
		body:       b[batchHead:],
	}
	span := int64(int32(binary.BigEndian.Uint32(b[23:]))) + 1
	t.next = t.base + span
	if t.base < 0 || span < 1 || t.count < 0 || int64(t.count) > span {
		return t, int(n), fmt.Errorf("it is said to hold %d records from offset %d to %d", t.count, t.base, t.next)
	}
	return t, int(n), nil
}

// messages gives all messages of the batch from an offset on, or an error: never a part of them. They keep the batch's
// memory.
func (t batch) messages(topic schemas.Topic, partition int, from int64) ([]schemas.Message, error) {
	body, err := t.decompress()
	if err != nil {
		return nil, err
	}
	out := make([]schemas.Message, 0, min(int(t.count), len(body)/minRecord))
	r, last := records{b: body}, int64(-1)
	for range t.count {
		m, delta := r.record(t)
		if delta <= last || t.base+delta >= t.next {
			r.bad = true
		}
		if r.bad {
			return nil, fmt.Errorf("of its %d records only %d can be read", t.count, len(out))
		}
		last, m.Offset = delta, t.base+delta
		m.Topic, m.Partition = topic, partition
		out = append(out, m)
	}
	if len(r.b) > 0 {
		return nil, fmt.Errorf("%d bytes follow on its %d records", len(r.b), t.count)
	}
	for len(out) > 0 && out[0].Offset < from {
		out = out[1:]
	}
	return out, nil
}

func (t batch) decompress() ([]byte, error) {
	kind := t.attributes.Compression()
	if kind == compress.None {
		return t.body, nil
	}
	codec := kind.Codec()
	if codec == nil {
		return nil, fmt.Errorf("its compression, number %d, is not known", kind)
	}
	from := codec.NewReader(bytes.NewReader(t.body))
	defer from.Close()
	var out bytes.Buffer
	out.Grow(4 * len(t.body))
	if _, err := out.ReadFrom(from); err != nil {
		return nil, fmt.Errorf("it cannot be decompressed (%s): %w", kind, err)
	}
	return out.Bytes(), nil
}

// minRecord is how short a record can be.
const minRecord = 7

// records reads the records of a batch. What it gives after bad is of no use.
type records struct {
	b   []byte
	bad bool
}

// record gives the next record and how far its offset is from the batch's.
func (r *records) record(t batch) (m schemas.Message, delta int64) {
	body := r.bytes(r.number())
	if r.bad || len(body) == 0 {
		r.bad = true
		return m, 0
	}
	in := records{b: body[1:]} // the first are attributes, of which there are none yet
	at := t.first + in.number()
	if t.attributes&byBroker != 0 {
		at = t.newest
	}
	m.Time = time.UnixMilli(at).UTC()
	delta = in.number()
	m.Key = in.bytes(in.number())
	m.Value = in.bytes(in.number())
	n := in.number()
	if n < 0 || n > int64(len(in.b)) { // each takes two bytes
		in.bad = true
	}
	if !in.bad {
		m.Headers = make([]schemas.Header, n)
	}
	for i := range m.Headers {
		m.Headers[i].Key = string(in.bytes(in.number()))
		m.Headers[i].Value = string(in.bytes(in.number()))
	}
	r.bad = in.bad || len(in.b) > 0
	return m, delta
}

// number reads a zigzag varint.
func (r *records) number() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes takes so many bytes; -1 is nil.
func (r *records) bytes(n int64) []byte {
	if n == -1 {
		return nil
	}
	if n < 0 || n > int64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}
