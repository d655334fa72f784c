package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ualstream/publish/committed"
	"ualstream/schemas"
)

// DamagedError says that a partition stands still at something that cannot be decoded. Going on behind it would lose what
// it was, so that only an operator decides that.
type DamagedError struct{ *committed.DamagedError }

// Error says what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("%v. This partition stops here and the others go on. Where another broker has a whole copy, make it the leader. "+
		"To give up the messages of this batch and to go on behind it, start with --skip %s/%d/%d", e.DamagedError, e.Topic, e.Partition, e.Offset)
}

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

// stopped waits at a batch that cannot be decoded, until it can be, or Config.Damaged gives the offset to go on with.
// Its only error is ctx's.
func (k *cursor) stopped(ctx context.Context, d *DamagedError) error {
	key := laneKey{k.Topic, k.Partition}
	defer k.c.stops.over(key)
	return k.c.persist(ctx, stopsAt(d.Topic, d.Partition), nil, func() error {
		probe := *k // who reads on gets the messages
		_, err := probe.fetch(ctx)
		d, still := errors.AsType[*DamagedError](err)
		if !still {
			return nil // and what else there may be is met again by who reads on
		}
		if k.c.cfg.Damaged != nil {
			to, refused := k.c.cfg.Damaged(ctx, Damage{k.Topic, k.Partition, k.Offset, d.Err, d.Unreadable(), k.end})
			if refused != nil {
				return refused
			}
			if to > k.Offset {
				k.Offset = to
				return nil
			}
		}
		k.c.stops.at(key, err)
		return err
	})
}

// end finds where what cannot be read ends.
func (k *cursor) end(ctx context.Context) (int64, error) {
	ends, err := k.c.ends(ctx, k.Topic, k.Partition)
	if err != nil {
		return 0, err
	}
	return k.End(ctx, ends[0])
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
