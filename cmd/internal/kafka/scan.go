package kafka

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

// Scan says what to read of a topic, all partitions at the same time.
type Scan struct {
	Topic schemas.Topic
	Since time.Time     // the first Kafka timestamp; zero is the oldest message
	Until map[int]int64 // offsets that are not read any more, by partition, and none of others; nil is all up to their ends
}

// Stretch is a part of a partition: From is inside, To is not.
type Stretch struct {
	Partition int
	From, To  int64
}

// Scan gives each message that a read_committed consumer sees, up to the ends that the partitions have at the call: what
// is in a transaction that is open then is waited for. In each partition it begins with the first message whose Kafka
// timestamp is not before Since. Of calls the function that each makes for a partition, for its messages in order;
// those for different partitions are called at the same time. It gives what was read of each partition. An error of
// theirs ends the scan and is returned. While Kafka is away it waits.
func (c *Cluster) Scan(ctx context.Context, s Scan, each func(partition int) func(schemas.Message) error) ([]Stretch, error) {
	parts, err := c.stretches(ctx, s)
	if err != nil {
		return nil, err
	}
	reading, within := errgroup.WithContext(ctx)
	for _, p := range parts {
		take := each(p.Partition)
		reading.Go(func() error { return c.ReadPart(within, s.Topic, p.Partition, p.From, p.To, take) })
	}
	return parts, reading.Wait()
}

// stretches gives what there is to read.
func (c *Cluster) stretches(ctx context.Context, s Scan) (parts []Stretch, err error) {
	ids, err := c.partitionIDs(ctx, s.Topic)
	if err != nil {
		return nil, err
	}
	at := kafka.FirstOffset
	if !s.Since.IsZero() {
		at = max(1, s.Since.UnixMilli())
	}
	err = c.persist(ctx, "cannot read offsets", []any{"topic", s.Topic.Name(c.cfg.Prefix)}, func() error {
		ends, err := c.offsets(ctx, s.Topic, kafka.LastOffset, ids...)
		if err != nil {
			return err
		}
		starts, err := c.offsets(ctx, s.Topic, at, ids...)
		if err != nil {
			return err
		}
		parts = parts[:0]
		for i, id := range ids {
			p := Stretch{id, starts[i], ends[i]}
			if s.Until != nil {
				p.To = min(p.To, s.Until[id])
			}
			if p.From < 0 { // nothing is as young
				p.From = ends[i]
			}
			parts = append(parts, p)
		}
		return nil
	})
	return parts, err
}

// Positions gives the offsets that a group goes on from, by partition, without the partitions that it never committed.
// While Kafka is away it waits; its only error is ctx's.
func (c *Cluster) Positions(ctx context.Context, group string, t schemas.Topic) (at map[int]int64, err error) {
	ids, err := c.partitionIDs(ctx, t)
	if err != nil {
		return nil, err
	}
	err = c.persist(ctx, "cannot read a group's offsets", []any{"group", c.group(group)}, func() error {
		at, err = c.groupOffsets(ctx, c.group(group), t.Name(c.cfg.Prefix), ids, false)
		return err
	})
	return at, err
}
