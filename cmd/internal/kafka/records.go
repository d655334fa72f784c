package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"ualstream/schemas"
)

// lanes gives the messages by the partition where they belong, and makes a count of sequences for each.
func (p *producer) lanes(ctx context.Context, msgs []*schemas.Message) (map[laneKey][]*schemas.Message, error) {
	lanes := map[laneKey][]*schemas.Message{}
	for _, m := range msgs {
		n, err := p.c.partitionsOf(ctx, m.Topic)
		if err != nil {
			return nil, err
		}
		key := laneKey{m.Topic, partition(m.Topic, m.Key, n)}
		lanes[key] = append(lanes[key], m)
		if p.sequences[key] == nil {
			p.sequences[key] = new(int32)
		}
	}
	return lanes, nil
}

func pointers(msgs []schemas.Message) []*schemas.Message {
	out := make([]*schemas.Message, len(msgs))
	for i := range msgs {
		out[i] = &msgs[i]
	}
	return out
}

// Where a record batch of version 2 keeps what kafka-go has no way to set, from the batch's beginning; its length, in
// four bytes, goes before it.
const (
	checksumAt  = 17 // CRC-32C of all that follows it
	checkedFrom = 21
	producerAt  = 43
	epochAt     = 51
	sequenceAt  = 53
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch encodes messages as a batch of the transaction.
func (p *producer) batch(msgs []*schemas.Message, sequence int32) ([]byte, error) {
	records, size := make([]kafka.Record, len(msgs)), 0
	for i, m := range msgs {
		records[i] = record(m)
		size += messageSize(m)
	}
	set := protocol.RecordSet{
		Version: 2, Attributes: protocol.Attributes(compression) | protocol.Transactional, Records: kafka.NewRecordReader(records...),
	}
	var encoded bytes.Buffer
	encoded.Grow(size / 2) // compressed
	if _, err := set.WriteTo(&encoded); err != nil {
		return nil, fmt.Errorf("encode a record batch: %w", err)
	}
	b := encoded.Bytes()[4:]
	binary.BigEndian.PutUint64(b[producerAt:], uint64(p.pid))
	binary.BigEndian.PutUint16(b[epochAt:], uint16(p.epoch))
	binary.BigEndian.PutUint32(b[sequenceAt:], uint32(sequence))
	binary.BigEndian.PutUint32(b[checksumAt:], crc32.Checksum(b[checkedFrom:], castagnoli))
	return encoded.Bytes(), nil
}
