package kafka

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

const (
	// batchBytes is how much goes into one batch, before compression; a larger message goes alone.
	batchBytes = 1 << 20
	// largestMessage is refused without asking: beyond its socket.request.max.bytes (100 MB by default) a broker
	// hangs up instead of answering, which would look like an outage for ever.
	largestMessage = 64 << 20
	// compression is lz4: it costs the least time, and kafka-go's snappy is slow.
	compression = kafka.Lz4
)

// parcel is a message on its way, and the call that waits for it.
type parcel struct {
	*schemas.Message
	call *call
}

func (p parcel) size() int { return messageSize(p.Message) }

// messageSize is about what a message takes in a batch, before compression.
func messageSize(m *schemas.Message) int {
	n := len(m.Key) + len(m.Value) + 32
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value) + 4
	}
	return n
}

type laneKey struct {
	topic     schemas.Topic
	partition int
}

// lane writes one partition, one batch at a time: with two in flight a retry could change the order. What
// arrives meanwhile makes the next batch, so that nothing waits for a timer and many callers share a batch.
type lane struct {
	laneKey
	c     *Cluster
	mu    sync.Mutex
	queue []parcel
	busy  bool // a goroutine is writing
}

func (c *Cluster) lane(t schemas.Topic, partition int) *lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := laneKey{t, partition}
	if c.lanes[key] == nil {
		c.lanes[key] = &lane{laneKey: key, c: c}
	}
	return c.lanes[key]
}

func (l *lane) push(parcels []parcel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, parcels...)
	if !l.busy {
		l.busy = true
		go l.write()
	}
}

func (l *lane) write() {
	for batch := l.next(); batch != nil; batch = l.next() {
		l.send(batch)
	}
}

// next takes a batch off the queue, or nil and the lane is idle.
func (l *lane) next() []parcel {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, size := 0, 0
	for n < len(l.queue) && (n == 0 || size+l.queue[n].size() <= batchBytes) {
		size += l.queue[n].size()
		n++
	}
	if n == 0 || l.c.ctx.Err() != nil {
		l.queue, l.busy = nil, false
		return nil
	}
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

// send writes a batch and tells the callers. It retries until the batch is acknowledged or nobody waits for it.
func (l *lane) send(batch []parcel) {
	attrs := []any{"topic", l.topic.Name(l.c.cfg.Prefix), "partition", l.partition}
	var base int64
	tooLarge := false
	err := l.c.persist(l.c.ctx, "cannot write", attrs, func() (err error) {
		batch = slices.DeleteFunc(batch, func(p parcel) bool { return p.call.ctx.Err() != nil })
		if len(batch) == 0 {
			return nil
		}
		base, err = l.produce(batch)
		if tooLarge = isTooLarge(err); tooLarge {
			return nil
		}
		return err
	})
	switch {
	case err != nil: // the cluster was closed
	case tooLarge && len(batch) == 1:
		batch[0].call.refused(batch[0].Message)
	case tooLarge:
		l.send(batch[:len(batch)/2])
		l.send(batch[len(batch)/2:])
	default:
		for i, p := range batch {
			p.call.acknowledged(l.partition, base+int64(i))
		}
	}
}

// produce makes one attempt and gives the first offset.
func (l *lane) produce(batch []parcel) (int64, error) {
	if len(batch) == 1 && batch[0].size() > largestMessage {
		return 0, kafka.MessageSizeTooLarge
	}
	records := make([]kafka.Record, len(batch))
	for i, p := range batch {
		records[i] = record(p.Message)
	}
	res, err := l.c.client.Produce(l.c.ctx, &kafka.ProduceRequest{
		Topic: l.topic.Name(l.c.cfg.Prefix), Partition: l.partition, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(records...), Compression: compression,
	})
	if err != nil {
		return 0, err
	}
	return res.BaseOffset, res.Error
}

func record(m *schemas.Message) kafka.Record {
	r := kafka.Record{Time: m.Time, Key: kafka.NewBytes(m.Key), Value: kafka.NewBytes(m.Value)}
	if m.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Headers = make([]kafka.Header, len(m.Headers))
	for i, h := range m.Headers {
		r.Headers[i] = kafka.Header{Key: h.Key, Value: []byte(h.Value)}
	}
	return r
}

func isTooLarge(err error) bool {
	return errors.Is(err, kafka.MessageSizeTooLarge) || errors.Is(err, kafka.RecordListTooLarge)
}
