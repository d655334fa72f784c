package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"ualstream/schemas"
)

const (
	fetchBytes = 1 << 20 // of one fetch; a larger batch comes alone and whole
	fetchWait  = 250 * time.Millisecond
)

// cursor walks a partition.
type cursor struct {
	c         *Cluster
	topic     schemas.Topic
	partition int
	offset    int64                // of the next message; kafka.FirstOffset for the beginning
	lost      func(from, to int64) // told of what was deleted before it was read; may be nil
}

// next waits a moment for messages, moves beyond them and gives them. It may give none, and may have moved: over
// transaction markers, what was aborted and compacted messages. Failures are retried until ctx ends.
func (k *cursor) next(ctx context.Context) (batch []schemas.Message, err error) {
	return k.take(ctx, 1, fetchWait)
}

// take is next, where the moment ends once there are so many bytes.
func (k *cursor) take(ctx context.Context, enough int32, wait time.Duration) (batch []schemas.Message, err error) {
	attrs := []any{"topic", k.topic.Name(k.c.cfg.Prefix), "partition", k.partition, "offset", k.offset}
	err = k.c.persist(ctx, "cannot read", attrs, func() (err error) {
		if k.offset < 0 {
			if err := k.begin(ctx); err != nil {
				return err
			}
		}
		batch, err = k.fetch(ctx, enough, wait)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return k.outOfRange(ctx)
		}
		return err
	})
	return batch, err
}

// At gives the message at an offset, or the next one where compaction took it. It is the zero message where the offset
// holds none any more, or none yet, and where there is no such partition. While Kafka is away it waits; its only error is ctx's.
func (c *Cluster) At(ctx context.Context, t schemas.Topic, partition int, offset int64) (found schemas.Message, err error) {
	partitions, err := c.partitionsOf(ctx, t)
	if err != nil || partition < 0 || partition >= partitions || offset < 0 {
		return found, err
	}
	k := &cursor{c: c, topic: t, partition: partition, offset: offset}
	attrs := []any{"topic", t.Name(c.cfg.Prefix), "partition", partition, "offset", offset}
	err = c.persist(ctx, "cannot read", attrs, func() error {
		batch, err := k.fetch(ctx, 1, fetchWait)
		if len(batch) > 0 {
			found = batch[0]
		}
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return nil
		}
		return err
	})
	return found, err
}

func (k *cursor) begin(ctx context.Context) error {
	first, err := k.c.offset(ctx, k.topic, k.partition, kafka.FirstOffset)
	if err == nil {
		k.offset = first
	}
	return err
}

// outOfRange goes to the beginning. Messages between there and the offset were deleted unread: that is a loss, and
// it is reported. An offset beyond the end means that the log was cut or made anew: repeating is then the safe side.
func (k *cursor) outOfRange(ctx context.Context) error {
	was := k.offset
	if err := k.begin(ctx); err != nil {
		return err
	}
	log := k.c.log.With("topic", k.topic.Name(k.c.cfg.Prefix), "partition", k.partition, "offset", was)
	if was < k.offset {
		log.Error("kafka: messages were deleted before they were read", "from", was, "to", k.offset, "lost", k.offset-was)
		if k.lost != nil {
			k.lost(was, k.offset)
		}
		return nil
	}
	log.Error("kafka: the partition ends before the offset, reading it again from its beginning", "first", k.offset)
	return nil
}

// fetch makes one attempt.
func (k *cursor) fetch(ctx context.Context, enough int32, wait time.Duration) ([]schemas.Message, error) {
	f, err := k.request(ctx, k.offset, enough, fetchBytes, wait)
	if err != nil || len(f.batches) == 0 {
		return nil, err
	}
	var out []schemas.Message
	next := k.offset
	err = f.visible(func(r *kafka.Record, seen bool) error {
		if r.Offset < k.offset {
			return nil // a batch comes whole, from its first message on
		}
		next = r.Offset + 1
		if !seen {
			return nil
		}
		m, err := k.message(r)
		out = append(out, m)
		return err
	})
	if err == nil && next == k.offset {
		next, err = k.stepOver(ctx, f.batches[0], f.stable)
	}
	if err != nil {
		return nil, err
	}
	k.offset = next
	return out, nil
}

// stepOver finds where a batch ends of which compaction left nothing from the cursor's offset on. kafka-go does not
// tell a batch's last offset, and going on by one offset a fetch takes as many fetches as the batch had messages.
// Any offset inside gives the same batch, so a search by halves finds the first one outside.
func (k *cursor) stepOver(ctx context.Context, batch protocol.RecordReader, end int64) (int64, error) {
	inside, outside := k.offset, max(end, k.offset+1)
	for step := int64(1); inside+1 < outside; step *= 2 {
		at := min(inside+step, inside+(outside-inside)/2)
		found, err := k.request(ctx, at, 1, 1, time.Millisecond)
		if err != nil {
			return 0, err
		}
		if len(found.batches) > 0 && base(found.batches[0]) == base(batch) {
			inside = at
		} else {
			outside, step = at, 1
		}
	}
	return outside, nil
}

func base(batch protocol.RecordReader) int64 {
	if b, ok := batch.(interface{ Offset() int64 }); ok {
		return b.Offset()
	}
	return -1
}

// each reads a batch's records and gives their memory back.
func each(batch protocol.RecordReader, do func(*kafka.Record) error) error {
	for {
		r, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decode a record batch: %w", err)
		}
		err = do(r)
		if r.Key != nil {
			_ = r.Key.Close()
		}
		if r.Value != nil {
			_ = r.Value.Close()
		}
		if err != nil {
			return err
		}
	}
}

func (k *cursor) message(r *kafka.Record) (schemas.Message, error) {
	m := schemas.Message{Topic: k.topic, Partition: k.partition, Offset: r.Offset, Time: r.Time.UTC()}
	var err error
	if m.Key, err = kafka.ReadAll(r.Key); err != nil {
		return m, fmt.Errorf("decode the key at offset %d: %w", r.Offset, err)
	}
	if m.Value, err = kafka.ReadAll(r.Value); err != nil {
		return m, fmt.Errorf("decode the value at offset %d: %w", r.Offset, err)
	}
	m.Headers = make([]schemas.Header, len(r.Headers))
	for i, h := range r.Headers {
		m.Headers[i] = schemas.Header{Key: h.Key, Value: string(h.Value)}
	}
	return m, nil
}
