package kafka

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// ends gives, by partition, the last stable offset: where a read_committed consumer's reading ends for now.
func (c *Cluster) ends(ctx context.Context, t schemas.Topic, partitions ...int) ([]int64, error) {
	return c.listOffsets(ctx, t, kafka.LastOffset, kafka.ReadCommitted, partitions)
}

// offsets gives, by partition, the first offset whose message is not older than at (Unix milliseconds), or with
// kafka.FirstOffset and kafka.LastOffset the first that exists and the next to be written. Where no message is that
// young it gives -1.
func (c *Cluster) offsets(ctx context.Context, t schemas.Topic, at int64, partitions ...int) ([]int64, error) {
	return c.listOffsets(ctx, t, at, kafka.ReadUncommitted, partitions)
}

func (c *Cluster) listOffsets(ctx context.Context, t schemas.Topic, at int64, isolation kafka.IsolationLevel, partitions []int) ([]int64, error) {
	name := t.Name(c.cfg.Prefix)
	ask := make([]kafka.OffsetRequest, len(partitions))
	index := map[int]int{}
	for i, p := range partitions {
		ask[i] = kafka.OffsetRequest{Partition: p, Timestamp: at}
		index[p] = i
	}
	res, err := c.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{IsolationLevel: isolation, Topics: map[string][]kafka.OffsetRequest{name: ask}})
	if err != nil {
		return nil, err
	}
	found := make([]int64, len(partitions))
	seen := 0
	for _, p := range res.Topics[name] {
		if p.Error != nil {
			return nil, fmt.Errorf("offsets of %s/%d: %w", name, p.Partition, p.Error)
		}
		found[index[p.Partition]] = pick(p, at)
		seen++
	}
	if seen != len(partitions) {
		return nil, fmt.Errorf("offsets of %s: got %d partitions of %d", name, seen, len(partitions))
	}
	return found, nil
}

func pick(p kafka.PartitionOffsets, at int64) int64 {
	switch at {
	case kafka.FirstOffset:
		return p.FirstOffset
	case kafka.LastOffset:
		return p.LastOffset
	}
	for offset := range p.Offsets {
		return offset
	}
	return -1
}

func (c *Cluster) offset(ctx context.Context, t schemas.Topic, partition int, at int64) (int64, error) {
	found, err := c.offsets(ctx, t, at, partition)
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

// partitionIDs lists a topic's partitions.
func (c *Cluster) partitionIDs(ctx context.Context, t schemas.Topic) ([]int, error) {
	n, err := c.partitionsOf(ctx, t)
	if err != nil {
		return nil, err
	}
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i
	}
	return ids, nil
}
