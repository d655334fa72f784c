package kafka

import (
	"context"
	"errors"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"

	"ualstream/publish/committed"
	"ualstream/schemas"
)

// cursor walks a partition, whatever Kafka does meanwhile.
type cursor struct {
	committed.Reader
	c    *Cluster
	lost func(from, to int64) // told of what was deleted before it was read; may be nil
}

// cursor gives one at an offset, which is kafka.FirstOffset for the beginning.
func (c *Cluster) cursor(t schemas.Topic, partition int, offset int64) cursor {
	return cursor{c: c, Reader: committed.Reader{
		Kafka: c.transport, Brokers: c.addr, Prefix: c.cfg.Prefix, Topic: t, Partition: partition, Offset: offset,
	}}
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
	attrs := []any{"topic", k.Topic.Name(k.c.cfg.Prefix), "partition", k.Partition, "offset", k.Offset}
	err = k.c.persist(ctx, "cannot read", attrs, func() (err error) {
		if k.Offset < 0 {
			if err := k.begin(ctx); err != nil {
				return err
			}
		}
		batch, err = k.fetch(ctx)
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
	k := c.cursor(t, partition, offset)
	k.Bytes = 1 // one batch: what follows may be thousands, and a partition waits for this one message to begin
	attrs := []any{"topic", t.Name(c.cfg.Prefix), "partition", partition, "offset", offset}
	err = c.persist(ctx, "cannot read", attrs, func() (err error) {
		found, err = k.first(ctx)
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

// first gives the next message, or the zero message where none follows.
func (k *cursor) first(ctx context.Context) (m schemas.Message, err error) {
	for from := int64(-1); from < k.Offset; {
		from = k.Offset
		batch, err := k.fetch(ctx)
		if err != nil {
			return m, err
		}
		if len(batch) > 0 {
			return batch[0], nil
		}
	}
	return m, nil
}

func (k *cursor) begin(ctx context.Context) error {
	first, err := k.c.offset(ctx, k.Topic, k.Partition, kafka.FirstOffset)
	if err == nil {
		k.Offset = first
	}
	return err
}

// outOfRange goes to the beginning. Messages between there and the offset were deleted unread: that is a loss, and
// it is reported. An offset beyond the end means that the log was cut or made anew: repeating is then the safe side.
func (k *cursor) outOfRange(ctx context.Context) error {
	was := k.Offset
	if err := k.begin(ctx); err != nil {
		return err
	}
	log := k.c.log.With("topic", k.Topic.Name(k.c.cfg.Prefix), "partition", k.Partition, "offset", was)
	if was < k.Offset {
		log.Error("kafka: messages were deleted before they were read", "from", was, "to", k.Offset, "lost", k.Offset-was)
		if k.lost != nil {
			k.lost(was, k.Offset)
		}
		return nil
	}
	log.Error("kafka: the partition ends before the offset: it was cut, or its topic was made anew. It is read again from its beginning, "+
		"so that nothing is lost, and what it still holds of before may be written again", "first", k.Offset)
	return nil
}

// fetch makes one attempt.
func (k *cursor) fetch(ctx context.Context) ([]schemas.Message, error) {
	batch, err := k.Next(ctx)
	if d, ok := errors.AsType[*committed.DamagedError](err); ok {
		return nil, &DamagedError{d}
	}
	return batch, err
}
