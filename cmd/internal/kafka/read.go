package kafka

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

// Start is where reading begins.
type Start struct {
	at   int64         // as Kafka's ListOffsets takes it; 0 is the oldest message
	from map[int]int64 // offsets by partition, which go before at
	most int64         // no further back from the end than that; 0 is any distance
}

// Earliest begins with the oldest message. It is the zero Start.
func Earliest() Start { return Start{} }

// Latest begins with the first message that is committed after the call.
func Latest() Start { return Start{at: kafka.LastOffset} }

// Since begins, in each partition, with the first message whose Kafka timestamp is not before t.
func Since(t time.Time) Start { return Start{at: max(1, t.UnixMilli())} }

// From begins with these offsets, by partition, and with the oldest message of a partition that has none.
func From(offsets map[int]int64) Start { return Start{from: offsets} }

// Newest leaves out what is more than that many offsets before a partition's end. Markers of transactions and what
// compaction took count as offsets, too.
func (s Start) Newest(most int64) Start {
	s.most = most
	return s
}

// Read says what to read.
type Read struct {
	Topic  schemas.Topic
	From   Start
	Follow bool // go on with what is written later
	// CaughtUp, if not nil, is called once when everything has been given that was there at the call. Like each, it
	// is called by one goroutine at a time.
	CaughtUp func()
}

// Read gives each message of all partitions that a read_committed consumer sees, outside any group. Each is called by one goroutine at a time; messages
// of one partition come in order, and an error from each ends the reading and is returned. Without Follow it ends
// at the ends that the partitions had at the call; what is in a transaction that is open then is beyond them. With Follow it ends, without an error, when ctx does.
func (c *Cluster) Read(ctx context.Context, r Read, each func(schemas.Message) error) error {
	cursors, ends, err := c.bounds(ctx, r)
	if err != nil && r.Follow {
		return nil // ctx ended before Kafka or the topic was there
	}
	if err != nil {
		return err
	}
	to := &receiver{each: each, caughtUp: r.CaughtUp}
	for i, k := range cursors {
		if k.Offset < ends[i] {
			to.behind++
		}
	}
	to.arrive(0)
	reading, within := errgroup.WithContext(ctx)
	for i, k := range cursors {
		end, behind := ends[i], k.Offset < ends[i]
		if r.Follow {
			end = math.MaxInt64
		}
		reading.Go(func() error {
			for k.Offset < end {
				batch, err := k.next(within)
				if err != nil {
					return err
				}
				if err := to.take(batch, end); err != nil {
					return err
				}
				if behind && k.Offset >= ends[i] {
					behind = false
					to.arrive(1)
				}
			}
			return nil
		})
	}
	err = reading.Wait()
	if r.Follow && to.err == nil {
		return nil
	}
	return err
}

// receiver hands messages of all partitions on, one at a time, and none after the first error.
type receiver struct {
	mu   sync.Mutex
	each func(schemas.Message) error
	err  error

	caughtUp func()
	behind   int // partitions that have not reached their first end
}

// arrive notes that so many more partitions have reached their first end.
func (r *receiver) arrive(partitions int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.behind -= partitions; r.behind == 0 && r.caughtUp != nil && r.err == nil {
		r.caughtUp()
		r.caughtUp = nil
	}
}

func (r *receiver) take(batch []schemas.Message, end int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range batch {
		if r.err != nil || m.Offset >= end {
			break
		}
		r.err = r.each(m)
	}
	return r.err
}

// bounds gives where to begin and the ends as they stand.
func (c *Cluster) bounds(ctx context.Context, r Read) (cursors []*cursor, ends []int64, err error) {
	ids, err := c.partitionIDs(ctx, r.Topic)
	if err != nil {
		return nil, nil, err
	}
	err = c.persist(ctx, "cannot read offsets", []any{"topic", r.Topic.Name(c.cfg.Prefix)}, func() error {
		if ends, err = c.ends(ctx, r.Topic, ids...); err != nil {
			return err
		}
		at := r.From.at
		if at == 0 {
			at = kafka.FirstOffset
		}
		starts := ends
		if at != kafka.LastOffset {
			if starts, err = c.offsets(ctx, r.Topic, at, ids...); err != nil {
				return err
			}
		}
		cursors = cursors[:0]
		for i, p := range ids {
			k := c.cursor(r.Topic, p, r.From.in(p, starts[i], ends[i]))
			cursors = append(cursors, &k)
		}
		return nil
	})
	return cursors, ends, err
}

// in gives the offset to begin with in a partition that has these bounds; a first one below zero says that nothing is
// as young as was asked for.
func (s Start) in(partition int, first, end int64) int64 {
	if first < 0 {
		first = end
	}
	first = max(first, s.from[partition])
	if s.most > 0 {
		first = max(first, end-s.most)
	}
	return first
}
