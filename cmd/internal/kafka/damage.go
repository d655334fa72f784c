package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// DamagedError says that a partition holds something that cannot be decoded: on the broker's disk bytes have changed,
// or a program has written what is no record batch. Going on behind it would lose what it was, so that only an operator
// decides that.
type DamagedError struct {
	Topic     string // full name
	Partition int
	Offset    int64 // what cannot be decoded begins here
	Err       error
}

// Error says what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("the batch at %[1]s cannot be decoded: %[2]v. This partition stops here and the others go on. Where another broker has a whole copy, make it the leader. "+
		"To give up the messages of this batch and to go on behind it, start with --skip %[1]s", e.place(), e.Err)
}

func (e *DamagedError) place() string { return fmt.Sprintf("%s/%d/%d", e.Topic, e.Partition, e.Offset) }

// Unwrap gives what is wrong with it.
func (e *DamagedError) Unwrap() error { return e.Err }

// Damage is a batch that cannot be decoded.
type Damage struct {
	Topic     schemas.Topic
	Partition int
	Offset    int64 // the first that is not read
	Err       error
	// Unreadable says that the broker itself cannot read it, nor perhaps what follows on it: End may be far away.
	Unreadable bool
	// End gives the offset where the next batch begins. It asks Kafka.
	End func(context.Context) (int64, error)
}

func (k *cursor) damaged(err error) error {
	return &DamagedError{Topic: k.topic.Name(k.c.cfg.Prefix), Partition: k.partition, Offset: k.offset, Err: err}
}

// stopped waits at a batch that cannot be decoded, until it can be, or Config.Damaged gives the offset to go on with.
// Its only error is ctx's.
func (k *cursor) stopped(ctx context.Context, d *DamagedError) error {
	key := laneKey{k.topic, k.partition}
	defer k.c.stops.over(key)
	return k.c.persist(ctx, stopsAt(d.Topic, d.Partition), nil, func() error {
		probe := *k // who reads on gets the messages
		_, err := probe.fetch(ctx, 1, fetchWait)
		d, still := errors.AsType[*DamagedError](err)
		if !still {
			return nil // and what else there may be is met again by who reads on
		}
		if k.c.cfg.Damaged != nil {
			to, refused := k.c.cfg.Damaged(ctx, Damage{k.topic, k.partition, k.offset, d.Err, unreadable(d.Err), k.end})
			if refused != nil {
				return refused
			}
			if to > k.offset {
				k.offset, k.ended = to, 0
				return nil
			}
		}
		k.c.stops.at(key, err)
		return err
	})
}

// end finds where what cannot be read ends: at the next batch on the broker's disk, if that is whole, else where another
// batch is given than at the cursor, which a search by halves finds.
func (k *cursor) end(ctx context.Context) (int64, error) {
	f, err := k.request(ctx, k.offset, 1, largestMessage, time.Millisecond) // two batches at least
	if err != nil && !unreadable(err) {
		return 0, err
	}
	if to := k.successor(f); to > k.offset {
		return to, nil
	}
	head := f.head()
	ends, err := k.c.ends(ctx, k.topic, k.partition)
	if err != nil {
		return 0, err
	}
	inside, outside := k.offset, max(ends[0], k.offset+1)
	for step := int64(1); inside+1 < outside; step *= 2 {
		at := min(inside+step, inside+(outside-inside)/2)
		found, err := k.headAt(ctx, at)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(found, head) {
			inside = at
		} else {
			outside, step = at, 1
		}
	}
	return outside, nil
}

// successor gives where the first whole batch begins that can be next after what cannot be read: the first one, where
// messages before it are missing and what follows on it agrees, or the one after it. It is 0 for neither.
func (k *cursor) successor(f fetched) int64 {
	first, size, err := takeBatch(f.records)
	if size == 0 {
		return 0
	}
	follows := f.stable // where the log ends
	if rest := f.records[size:]; len(rest) > 0 {
		second, _, err := takeBatch(rest)
		if err != nil {
			return 0
		}
		follows = second.base
	}
	if err == nil && first.base > k.offset && first.next == follows {
		return first.base
	}
	return follows
}

// headAt gives what a batch is known by: its first bytes. It is empty where the broker itself cannot read the batch.
func (k *cursor) headAt(ctx context.Context, offset int64) ([]byte, error) {
	f, err := k.request(ctx, offset, 1, 1, time.Millisecond)
	if unreadable(err) {
		return nil, nil
	}
	return f.head(), err
}

// unreadable says that a broker has met something on its disk that it takes for no batch. It may tell so by its word for
// whatever it has no other word for.
func unreadable(err error) bool {
	return errors.Is(err, kafka.InvalidMessage) || errors.Is(err, kafka.Unknown) || errors.Is(err, errNothing)
}

// errNothing says that a broker ends its answers before a batch: so it does where that seems to be longer than its file.
var errNothing = errors.New("the broker gives nothing of it")

func (f fetched) head() []byte { return f.records[:min(len(f.records), headSize)] }

// stopsAt names an outage that is a partition's own.
func stopsAt(topic string, partition int) string { return fmt.Sprintf("%s/%d stops", topic, partition) }

// Stop is a partition that stands still until somebody mends what is wrong.
type Stop struct {
	Topic     schemas.Topic
	Partition int
	Err       error
}

// Stopped gives the partitions that stand still in this process.
func (c *Cluster) Stopped() []Stop { return c.stops.all() }

// stops knows which partitions stand still.
type stops struct {
	mu  sync.Mutex
	now map[laneKey]error
}

func (s *stops) at(key laneKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[laneKey]error{}
	}
	s.now[key] = err
}

func (s *stops) over(key laneKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.now, key)
}

func (s *stops) all() (out []Stop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, err := range s.now {
		out = append(out, Stop{key.topic, key.partition, err})
	}
	return out
}
