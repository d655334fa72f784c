package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ualstream/schemas"
)

// ErrStalled says that Kafka answered at first and gives nothing any more.
var ErrStalled = errors.New("nothing could be read for a while")

// stalled is how long nothing may be read. An open transaction, which holds all readers back, ends sooner.
const stalled = time.Minute

// moving does what reads Kafka, and ends it when it does not get on: Kafka's readers wait without an end for one that is
// away.
func (g *gathering) moving(ctx context.Context, do func(context.Context) error) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		tick := time.NewTicker(g.patience)
		defer tick.Stop()
		for last := int64(-1); ; {
			select {
			case <-within.Done():
				return
			case <-tick.C:
			}
			now := g.read.Load()
			if now == last {
				cancel(g.why(within))
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

// why says what holds the reading up.
func (g *gathering) why(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, topic := range []schemas.Topic{schemas.TopicEvents, schemas.TopicRejects} {
		holds, err := g.cluster.Holds(ctx, topic)
		if err != nil {
			return fmt.Errorf("%w (%s): %w", ErrStalled, g.patience, err)
		}
		for partition, hold := range holds {
			return fmt.Errorf("%w (%s): an open transaction hides what %s/%d holds from offset %d on",
				ErrStalled, g.patience, topic, partition, hold.Stable)
		}
	}
	return fmt.Errorf("%w (%s): see what Kafka's brokers log", ErrStalled, g.patience)
}
