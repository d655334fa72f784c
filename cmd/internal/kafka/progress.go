package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

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
	committed, err := c.groupOffsets(ctx, group, t.Name(c.cfg.Prefix), ids, false)
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

// Committed makes one attempt to see, by partition, where the group stands in a topic. A partition where it never
// committed is left out.
func (c *Cluster) Committed(ctx context.Context, group string, t schemas.Topic) (map[int]int64, error) {
	ids, err := c.partitionIDs(ctx, t)
	if err != nil {
		return nil, err
	}
	return c.groupOffsets(ctx, c.group(group), t.Name(c.cfg.Prefix), ids, false)
}

// Behind makes one attempt to see whether the group has yet to read a message that is older than a time, by its Kafka
// timestamp, and than all that was written before it, so that one clock that is slow does not count. A group that never
// committed anything is not behind: nobody runs it.
func (c *Cluster) Behind(ctx context.Context, group string, t schemas.Topic, than time.Time) (bool, error) {
	committed, err := c.Committed(ctx, group, t)
	if err != nil || len(committed) == 0 {
		return false, err
	}
	ids, err := c.partitionIDs(ctx, t)
	if err != nil {
		return false, err
	}
	first, err := c.offsets(ctx, t, kafka.FirstOffset, ids...)
	if err != nil {
		return false, err
	}
	last, err := c.offsets(ctx, t, kafka.LastOffset, ids...)
	if err != nil {
		return false, err
	}
	young, err := c.offsets(ctx, t, max(1, than.UnixMilli()), ids...)
	if err != nil {
		return false, err
	}
	for i, id := range ids {
		at := max(committed[id], first[i])
		if at < last[i] && (young[i] < 0 || at < young[i]) { // the first that is young enough comes later
			return true, nil
		}
	}
	return false, nil
}

// Partitions gives how many partitions a topic has. It waits for the topic to exist; its only error is ctx's.
func (c *Cluster) Partitions(ctx context.Context, t schemas.Topic) (int, error) {
	return c.partitionsOf(ctx, t)
}

// Hold is where an open transaction holds the readers of a partition back: they see nothing until it ends.
type Hold struct {
	Stable int64 // the last stable offset, where the transaction begins
	Hidden int64 // messages from there on
}

// Commands give the two by which one sees whose the transaction is and ends it. Tool is kafka-transactions.sh, with how it
// reaches the brokers, and topic the full name.
func (h Hold) Commands(tool, topic string, partition int) (see, end string) {
	at := fmt.Sprintf("--topic %s --partition %d", topic, partition)
	return tool + " describe-producers " + at, fmt.Sprintf("%s abort %s --start-offset %d", tool, at, h.Stable)
}

// Holds makes one attempt to see which of the topic's partitions are held back.
func (c *Cluster) Holds(ctx context.Context, t schemas.Topic) (map[int]Hold, error) {
	ids, err := c.partitionIDs(ctx, t)
	if err != nil {
		return nil, err
	}
	stable, err := c.ends(ctx, t, ids...)
	if err != nil {
		return nil, err
	}
	last, err := c.offsets(ctx, t, kafka.LastOffset, ids...)
	if err != nil {
		return nil, err
	}
	holds := map[int]Hold{}
	for i, id := range ids {
		if stable[i] < last[i] {
			holds[id] = Hold{stable[i], last[i] - stable[i]}
		}
	}
	return holds, nil
}

// groupOffsets gives a group's offsets, without the partitions that it never committed. With stable it fails while a
// transaction has one of them pending.
func (c *Cluster) groupOffsets(ctx context.Context, group, topic string, partitions []int, stable bool) (map[int]int64, error) {
	res, err := ask[*fetchOffsetsResponse](ctx, c, ofGroup(group), func(to destination) protocol.Message {
		req := &fetchOffsetsRequest{destination: to, GroupID: group, RequireStable: stable}
		ids := make([]int32, len(partitions))
		for i, p := range partitions {
			ids[i] = int32(p)
		}
		req.Topics = []fetchedOffsetsTopic{{Name: topic, Partitions: ids}}
		return req
	})
	if err == nil {
		err = failure(res.ErrorCode)
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return nil, nil
	}
	if err != nil {
		c.coordinators.forget(ofGroup(group))
		return nil, fmt.Errorf("committed offsets of %s: %w", group, err)
	}
	offsets := map[int]int64{}
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				return nil, fmt.Errorf("committed offset of %s at %s/%d: %w", group, t.Name, p.Partition, kafka.Error(p.ErrorCode))
			}
			if p.Offset >= 0 {
				offsets[int(p.Partition)] = p.Offset
			}
		}
	}
	return offsets, nil
}
