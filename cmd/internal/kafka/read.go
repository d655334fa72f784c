package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

// Start is where reading begins.
type Start struct{ at int64 }

// Earliest begins with the oldest message. It is the zero Start.
func Earliest() Start { return Start{} }

// Latest begins with the first message that is written after the call.
func Latest() Start { return Start{kafka.LastOffset} }

// Since begins, in each partition, with the first message whose Kafka timestamp is not before t.
func Since(t time.Time) Start { return Start{max(1, t.UnixMilli())} }

// Read says what to read.
type Read struct {
	Topic  schemas.Topic
	From   Start
	Follow bool // go on with what is written later
}

// Read gives each message of all partitions, outside any group. Each is called by one goroutine at a time; messages
// of one partition come in order, and an error from each ends the reading and is returned. Without Follow it ends
// at the ends that the partitions had at the call. With Follow it ends, without an error, when ctx does.
func (c *Cluster) Read(ctx context.Context, r Read, each func(schemas.Message) error) error {
	cursors, ends, err := c.bounds(ctx, r)
	if err != nil {
		return err
	}
	var one sync.Mutex
	reading, caller := &errgroup.Group{}, ctx
	reading, ctx = errgroup.WithContext(ctx)
	for i, k := range cursors {
		reading.Go(func() error {
			for r.Follow || k.offset < ends[i] {
				batch, err := k.next(ctx)
				if err != nil {
					return err
				}
				if err := deliver(&one, batch, ends[i], r.Follow, each); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = reading.Wait()
	if r.Follow && caller.Err() != nil {
		return nil
	}
	return err
}

func deliver(one *sync.Mutex, batch []schemas.Message, end int64, follow bool, each func(schemas.Message) error) error {
	one.Lock()
	defer one.Unlock()
	for _, m := range batch {
		if !follow && m.Offset >= end {
			return nil
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// bounds gives where to begin and the ends as they stand.
func (c *Cluster) bounds(ctx context.Context, r Read) (cursors []*cursor, ends []int64, err error) {
	ids, err := c.partitionIDs(ctx, r.Topic)
	if err != nil {
		return nil, nil, err
	}
	err = c.persist(ctx, "cannot read offsets", []any{"topic", r.Topic.Name(c.cfg.Prefix)}, func() error {
		if ends, err = c.offsets(ctx, r.Topic, kafka.LastOffset, ids...); err != nil {
			return err
		}
		at := r.From.at
		if r.From == Earliest() {
			at = kafka.FirstOffset
		}
		starts, err := c.offsets(ctx, r.Topic, at, ids...)
		if err != nil {
			return err
		}
		cursors = cursors[:0]
		for i, p := range ids {
			if starts[i] < 0 {
				starts[i] = ends[i] // nothing is that young
			}
			cursors = append(cursors, &cursor{c: c, topic: r.Topic, partition: p, offset: starts[i]})
		}
		return nil
	})
	return cursors, ends, err
}
