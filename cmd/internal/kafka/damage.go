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
	damage := Damage{k.topic, k.partition, k.offset, d.Err, k.end}
	return k.c.persist(ctx, stopsAt(d.Topic, d.Partition), nil, func() error {
		probe := *k // who reads on gets the messages
		_, err := probe.fetch(ctx, 1, fetchWait)
		if _, still := errors.AsType[*DamagedError](err); !still {
			return nil // and what else there may be is met again by who reads on
		}
		if k.c.cfg.Damaged != nil {
			to, refused := k.c.cfg.Damaged(ctx, damage)
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

// end finds where the batch ends in which the cursor is. What the batch says of that may be damaged, but any offset
// inside gives the same batch, so a search by halves finds the first one outside.
func (k *cursor) end(ctx context.Context) (int64, error) {
	head, err := k.headAt(ctx, k.offset)
	if err != nil {
		return 0, err
	}
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

// headAt gives what a batch is known by: its first bytes. It is empty where the broker itself cannot read the batch.
func (k *cursor) headAt(ctx context.Context, offset int64) ([]byte, error) {
	f, err := k.request(ctx, offset, 1, 1, time.Millisecond)
	if errors.Is(err, kafka.InvalidMessage) {
		return nil, nil
	}
	return f.records[:min(len(f.records), headSize)], err
}

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
