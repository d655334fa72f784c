package kafka

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// ID gives the cluster's id, which Kafka makes once. While Kafka is away it waits; its only error is ctx's.
func (c *Cluster) ID(ctx context.Context) (id string, err error) {
	err = c.persist(ctx, "cannot ask for the cluster's id", nil, func() error {
		fresh := c.dial()
		defer fresh.close()
		found, err := fresh.metadata(ctx)
		if err == nil {
			id = found.ClusterID
		}
		return err
	})
	return id, err
}

// OffsetSince gives the first offset of a partition whose Kafka timestamp is not before t, or the partition's end.
// While Kafka is away it waits; its only error is ctx's.
func (c *Cluster) OffsetSince(ctx context.Context, t schemas.Topic, partition int, since time.Time) (offset int64, err error) {
	err = c.persist(ctx, "cannot read offsets", []any{"topic", t.Name(c.cfg.Prefix), "partition", partition}, func() error {
		offset, err = c.offset(ctx, t, partition, max(1, since.UnixMilli()))
		if err == nil && offset < 0 {
			offset, err = c.offset(ctx, t, partition, kafka.LastOffset)
		}
		return err
	})
	return offset, err
}

// ReadPart gives each message of one partition from one offset up to but not including another, in order, as far as
// they are there at the call. An error from each ends the reading and is returned. While Kafka is away it waits; what
// Kafka has deleted is left out.
func (c *Cluster) ReadPart(ctx context.Context, t schemas.Topic, partition int, from, to int64, each func(schemas.Message) error) error {
	var end int64
	k := c.cursor(t, partition, from)
	err := c.persist(ctx, "cannot read offsets", []any{"topic", t.Name(c.cfg.Prefix), "partition", partition}, func() error {
		first, err := c.offset(ctx, t, partition, kafka.FirstOffset)
		if err != nil {
			return err
		}
		k.Offset = max(from, first)
		end, err = c.offset(ctx, t, partition, kafka.LastOffset)
		return err
	})
	if err != nil {
		return err
	}
	for end = min(end, to); k.Offset < end; {
		batch, err := k.next(ctx)
		if err != nil {
			return err
		}
		for _, m := range batch {
			if m.Offset >= end {
				break
			}
			if err := each(m); err != nil {
				return err
			}
		}
	}
	return nil
}
