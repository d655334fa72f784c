package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// Progress is how far a group has come in a topic, summed over its partitions. Offsets of transaction markers and of
// compacted messages count as messages.
type Progress struct {
	Written int64 // messages that were ever written to the topic
	Read    int64 // of them, those that the group has committed or that were deleted before it did
	Began   bool  // the group has committed anything at all
}

// Lag is how many messages the group has yet to commit.
func (p Progress) Lag() int64 { return p.Written - p.Read }

// Lag gives how many messages of the topic the group has not committed yet. A partition without a committed offset
// counts from its first message. While Kafka is away it waits; its only error is ctx's.
func (c *Cluster) Lag(ctx context.Context, group string, t schemas.Topic) (int64, error) {
	p, err := c.Progress(ctx, group, t)
	return p.Lag(), err
}

// Progress gives how far the group has come, without joining it. While Kafka is away, or the topic is, it waits; its
// only error is ctx's.
func (c *Cluster) Progress(ctx context.Context, group string, t schemas.Topic) (p Progress, err error) {
	ids, err := c.partitionIDs(ctx, t)
	if err != nil {
		return p, err
	}
	err = c.persist(ctx, "cannot read lag", []any{"group", c.group(group)}, func() (err error) {
		p, err = c.progress(ctx, c.group(group), t, ids)
		return err
	})
	return p, err
}

func (c *Cluster) progress(ctx context.Context, group string, t schemas.Topic, ids []int) (p Progress, err error) {
	first, err := c.offsets(ctx, t, kafka.FirstOffset, ids...)
	if err != nil {
		return p, err
	}
	last, err := c.offsets(ctx, t, kafka.LastOffset, ids...)
	if err != nil {
		return p, err
	}
	committed, err := c.committed(ctx, group, t, ids)
	if err != nil {
		return p, err
	}
	for i, id := range ids {
		at, ok := committed[id]
		p.Began = p.Began || ok
		p.Written += last[i]
		p.Read += min(last[i], max(at, first[i]))
	}
	return p, nil
}

// committed gives the group's offsets, without the partitions that it never committed.
func (c *Cluster) committed(ctx context.Context, group string, t schemas.Topic, ids []int) (map[int]int64, error) {
	name := t.Name(c.cfg.Prefix)
	res, err := c.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{name: ids}})
	if err == nil {
		err = res.Error
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("committed offsets of %s: %w", group, err)
	}
	offsets := map[int]int64{}
	for _, p := range res.Topics[name] {
		if p.Error != nil {
			return nil, fmt.Errorf("committed offset of %s at %s/%d: %w", group, name, p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			offsets[p.Partition] = p.CommittedOffset
		}
	}
	return offsets, nil
}
