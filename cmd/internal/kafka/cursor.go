package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

const (
	fetchBytes = 1 << 20 // of one fetch; a larger batch comes alone and whole
	fetchWait  = 250 * time.Millisecond
	// patientFetches is how often Kafka may give nothing though there is something, as while it moves a partition.
	patientFetches = 20
)

// cursor walks a partition.
type cursor struct {
	c         *Cluster
	topic     schemas.Topic
	partition int
	offset    int64                // of the next message; kafka.FirstOffset for the beginning
	ended     int64                // where the last batch that was read ended; 0 for none
	nothing   int                  // how often in a row Kafka gave nothing though there is something
	lost      func(from, to int64) // told of what was deleted before it was read; may be nil
}

// next waits a moment for messages, moves beyond them and gives them. It may give none, and may have moved: over
// transaction markers, what was aborted and compacted messages. Failures are retried until ctx ends. At a batch that
// cannot be decoded it waits until it can be, or Config.Damaged says where to go on.
func (k *cursor) next(ctx context.Context) (batch []schemas.Message, err error) {
	batch, err = k.take(ctx)
	if d, ok := errors.AsType[*DamagedError](err); ok {
		return nil, k.stopped(ctx, d)
	}
	return batch, err
}

// take is next, where a *DamagedError is returned.
func (k *cursor) take(ctx context.Context) (batch []schemas.Message, err error) {
	attrs := []any{"topic", k.topic.Name(k.c.cfg.Prefix), "partition", k.partition, "offset", k.offset}
	err = k.c.persist(ctx, "cannot read", attrs, func() (err error) {
		if k.offset < 0 {
			if err := k.begin(ctx); err != nil {
				return err
			}
		}
		batch, err = k.fetch(ctx, 1, fetchWait)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return k.outOfRange(ctx)
		}
		if d, ok := errors.AsType[*DamagedError](err); ok {
			return backoff.Permanent(d)
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
		if d, ok := errors.AsType[*DamagedError](err); ok {
			return backoff.Permanent(d)
		}
		return err
	})
	if d, ok := errors.AsType[*DamagedError](err); ok {
		return found, k.stopped(ctx, d)
	}
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
	log.Error("kafka: the partition ends before the offset: it was cut, or its topic was made anew. It is read again from its beginning, "+
		"so that nothing is lost, and what it still holds of before may be written again", "first", k.offset)
	return nil
}

// fetch makes one attempt. Of a batch it gives all or nothing, and nothing of what follows on one that cannot be
// decoded: that is a *DamagedError once it comes first.
func (k *cursor) fetch(ctx context.Context, enough int32, wait time.Duration) ([]schemas.Message, error) {
	f, err := k.request(ctx, k.offset, enough, fetchBytes, wait)
	if unreadable(err) {
		return nil, k.damaged(fmt.Errorf("the broker itself can read neither it nor, perhaps, what follows on it in its file: %w", err))
	}
	if err != nil {
		return nil, err
	}
	if len(f.records) > 0 || f.stable <= k.offset {
		k.nothing = 0
	} else if k.nothing++; k.nothing > patientFetches {
		return nil, k.damaged(fmt.Errorf("%w, though the partition goes on to offset %d", errNothing, f.stable))
	}
	var out []schemas.Message
	void, ahead := f.voids(), *k // a copy, which moves as long as all goes well
	for rest := f.records; len(rest) > 0; {
		messages, size, err := ahead.read(rest, f.stable, void)
		switch {
		case err == nil:
			out, rest = append(out, messages...), rest[size:]
			continue
		case ahead.offset == k.offset:
			if rest = due(rest, k.offset); rest == nil {
				return nil, k.damaged(err)
			}
			continue
		}
		break
	}
	k.offset, k.ended = ahead.offset, ahead.ended
	return out, nil
}

// read gives the messages of the first batch of b and moves behind it.
func (k *cursor) read(b []byte, stable int64, void func(batch) bool) (messages []schemas.Message, size int, err error) {
	t, size, err := takeBatch(b)
	if err == nil {
		err = k.follows(t, stable)
	}
	if err == nil && !void(t) {
		messages, err = t.messages(laneKey{k.topic, k.partition}, k.offset)
	}
	if err == nil {
		k.offset, k.ended = t.next, t.next
	}
	return messages, size, err
}

// follows checks that a batch is the one that the cursor is at. No checksum covers where it says it is. Batches follow on
// each other without a gap but where compaction took some: a gap elsewhere is messages that Kafka has lost.
func (k *cursor) follows(t batch, stable int64) error {
	switch {
	case t.next <= k.offset, t.next > stable, t.base < k.offset && k.ended == k.offset:
		return fmt.Errorf("it is said to be the offsets from %d to %d, and offset %d is due, of those before %d", t.base, t.next, k.offset, stable)
	case t.base > k.offset && k.topic.Settings().Cleanup == "delete":
		return fmt.Errorf("the offsets from %d to %d are missing", k.offset, t.base)
	}
	return nil
}

// due gives what follows on the first batch of b, from the batch on that begins at the offset; nil where there is none.
// Kafka takes a batch whose offset is damaged for one that comes later, and what comes after it for what it holds.
func due(b []byte, offset int64) []byte {
	for {
		_, size, err := takeBatch(b)
		if err != nil {
			return nil
		}
		b = b[size:]
		if t, _, err := takeBatch(b); err == nil && t.base == offset {
			return b
		}
	}
}
