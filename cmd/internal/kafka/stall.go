package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"ualstream/schemas"
)

// ErrStalled says that Kafka answered at first and gives nothing any more.
var ErrStalled = errors.New("nothing could be read for a while")

// Patience is how long a command waits that gets nothing to read. An open transaction, which holds all readers back, ends
// sooner, unless it hangs.
const Patience = time.Minute

// Moving does what reads topics, and ends it with ErrStalled when what it counts in read does not grow for the patience
// given: Kafka's readers wait without an end for one that is away.
func (c *Cluster) Moving(ctx context.Context, patience time.Duration, read *atomic.Int64, topics []schemas.Topic, do func(context.Context) error) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		tick := time.NewTicker(patience)
		defer tick.Stop()
		for last := int64(-1); ; {
			select {
			case <-within.Done():
				return
			case <-tick.C:
			}
			now := read.Load()
			if now == last {
				cancel(c.stalled(within, patience, topics))
				return
			}
			last = now
		}
	}()
	err := do(within)
	if err != nil && within.Err() != nil {
		return context.Cause(within)
	}
	return err
}

// stalled says what holds the reading of topics up.
func (c *Cluster) stalled(ctx context.Context, patience time.Duration, topics []schemas.Topic) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, topic := range topics {
		holds, err := c.Holds(ctx, topic)
		if err != nil {
			return fmt.Errorf("%w (%s): %w", ErrStalled, patience, err)
		}
		for partition, hold := range holds {
			return fmt.Errorf("%w (%s): an open transaction hides what %s/%d holds from offset %d on",
				ErrStalled, patience, topic.Name(c.cfg.Prefix), partition, hold.Stable)
		}
	}
	return fmt.Errorf("%w (%s): see what Kafka's brokers log", ErrStalled, patience)
}
