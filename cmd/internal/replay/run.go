package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// run is one replay.
type run struct {
	cluster *kafka.Cluster
	since   time.Time
	ends    map[int]int64 // of the rejects, by partition
	read    atomic.Int64  // messages

	mu     sync.Mutex
	report Report
	fates  map[key]fate
	ready  []schemas.Message
	size   int
}

// moving reads a topic, as long as there is something to read.
func (r *run) moving(ctx context.Context, topic schemas.Topic, read func(context.Context) error) error {
	return r.cluster.Moving(ctx, kafka.Patience, &r.read, []schemas.Topic{topic}, read)
}

// insist writes until everything is written, as long as nobody else does.
func (r *run) insist(ctx context.Context, log *slog.Logger) error {
	try := func() error {
		err := r.cluster.Transact(ctx, "replay", func(write func(context.Context, []schemas.Message) error) error { return r.write(ctx, write) })
		_, large := errors.AsType[*kafka.TooLargeError](err)
		if large || errors.Is(err, kafka.ErrTaken) {
			return backoff.Permanent(err)
		}
		return err
	}
	waits := backoff.NewExponentialBackOff(backoff.WithInitialInterval(100*time.Millisecond), backoff.WithMaxInterval(10*time.Second), backoff.WithMaxElapsedTime(0))
	return backoff.RetryNotify(try, backoff.WithContext(waits, ctx), func(err error, _ time.Duration) {
		log.Warn("a transaction failed: the events are looked through again, and what is not there is written", "error", err)
	})
}

// write finds which records are events already and writes the others. The transactional.id is taken: nobody else writes
// what it is about to.
func (r *run) write(ctx context.Context, write func(context.Context, []schemas.Message) error) error {
	if err := r.moving(ctx, schemas.TopicEvents, r.events); err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	r.ready, r.size = nil, 0
	_, err := r.rejects(ctx, r.ends, func(ctx context.Context, m schemas.Message) error {
		if !r.take(m) || r.size < transactionBytes {
			return nil
		}
		return r.flush(ctx, write)
	})
	if err != nil {
		return fmt.Errorf("replay the rejects: %w", err)
	}
	return r.flush(ctx, write)
}

// rejects calls each for every reject, one at a time.
func (r *run) rejects(ctx context.Context, until map[int]int64, each func(context.Context, schemas.Message) error) ([]kafka.Stretch, error) {
	scan := kafka.Scan{Topic: schemas.TopicRejects, Since: r.since, Until: until}
	return r.cluster.Scan(ctx, scan, func(int) func(schemas.Message) error {
		return func(m schemas.Message) error {
			r.read.Add(1)
			if m.Time.Before(r.since) {
				return nil
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			return each(ctx, m)
		}
	})
}

// events finds which of the records are events already.
func (r *run) events(ctx context.Context) error {
	var mu sync.Mutex
	there := map[key]bool{}
	_, err := r.cluster.Scan(ctx, kafka.Scan{Topic: schemas.TopicEvents}, func(int) func(schemas.Message) error {
		return func(m schemas.Message) error {
			r.read.Add(1)
			if k := identity(m); r.fates[k] == pending || r.fates[k] == unsure {
				mu.Lock()
				there[k] = true
				mu.Unlock()
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	for k, f := range r.fates {
		switch {
		case there[k] && f == unsure:
			r.report.Events++ // it was committed after all
			r.fates[k] = done
		case there[k]:
			r.report.Already++
			r.fates[k] = done
		case f == unsure:
			r.fates[k] = pending
		}
	}
	return nil
}

// take makes the event of a reject ready to be written, unless there is one.
func (r *run) take(m schemas.Message) bool {
	if m.Header(schemas.HeaderStage) != "normalize" || isCut(&m) {
		return false
	}
	event, err := eventOf(m)
	if err != nil || r.fates[identity(event)] != pending {
		return false
	}
	r.fates[identity(event)] = unsure
	r.ready, r.size = append(r.ready, event), r.size+len(event.Value)
	return true
}

// transactionBytes is about how much goes into a transaction: readers see nothing behind it while it is open.
const transactionBytes = 1 << 20

// flush writes what is ready in one transaction.
func (r *run) flush(ctx context.Context, write func(context.Context, []schemas.Message) error) error {
	if len(r.ready) == 0 {
		return nil
	}
	if err := write(ctx, r.ready); err != nil {
		return err
	}
	for _, event := range r.ready {
		r.fates[identity(event)] = done
	}
	r.report.Events += len(r.ready)
	r.ready, r.size = nil, 0
	return nil
}
