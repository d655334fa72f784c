package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"golang.org/x/sync/errgroup"

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

// write returns once all in-sync replicas have the messages, and gives those that are larger than their topic
// accepts, which are not written. Of each partition one request is under way at a time: with two the second would
// fail where the first does.
func (p *producer) write(ctx context.Context, lanes map[laneKey][]*schemas.Message) (tooLarge []*schemas.Message, err error) {
	var mu sync.Mutex
	writing, within := errgroup.WithContext(ctx)
	for key, msgs := range lanes {
		writing.Go(func() error {
			for len(msgs) > 0 {
				n := fitting(msgs)
				refused, err := p.send(within, key, msgs[:n])
				if err != nil {
					return fmt.Errorf("write to %s/%d: %w", key.topic.Name(p.c.cfg.Prefix), key.partition, err)
				}
				mu.Lock()
				tooLarge = append(tooLarge, refused...)
				mu.Unlock()
				msgs = msgs[n:]
			}
			return nil
		})
	}
	err = writing.Wait()
	return tooLarge, err
}

// fitting gives how many of the messages go into one batch.
func fitting(msgs []*schemas.Message) int {
	n := 0
	for size := 0; n < len(msgs); n++ {
		if size += messageSize(msgs[n]); n > 0 && size > batchBytes {
			break
		}
	}
	return n
}

// send writes one batch, or its halves where it is too large as a whole. What is refused for its size takes no
// sequence numbers.
func (p *producer) send(ctx context.Context, to laneKey, msgs []*schemas.Message) (tooLarge []*schemas.Message, err error) {
	err = p.produce(ctx, to, msgs)
	switch {
	case !isTooLarge(err):
		return nil, err
	case len(msgs) == 1:
		return msgs, nil
	}
	first, err := p.send(ctx, to, msgs[:len(msgs)/2])
	if err != nil {
		return nil, err
	}
	second, err := p.send(ctx, to, msgs[len(msgs)/2:])
	return append(first, second...), err
}

// produce makes one attempt. There is no second one: whether an attempt of which no answer came has been written is
// for the next transaction to find out.
func (p *producer) produce(ctx context.Context, to laneKey, msgs []*schemas.Message) error {
	if len(msgs) == 1 && messageSize(msgs[0]) > largestMessage {
		return kafka.MessageSizeTooLarge
	}
	batch, err := p.batch(msgs, *p.sequences[to])
	if err != nil {
		return err
	}
	res, err := p.c.client.RawProduce(ctx, &kafka.RawProduceRequest{
		Topic: to.topic.Name(p.c.cfg.Prefix), Partition: to.partition, RequiredAcks: kafka.RequireAll, TransactionalID: p.id,
		RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(batch)},
	})
	if err != nil {
		return withoutCall(err)
	}
	if res.Error == nil {
		*p.sequences[to] = (*p.sequences[to] + int32(len(msgs))) & 0x7fffffff // the broker counts on from 0
	}
	return res.Error
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
