// Package replay normalizes rejected records once more, with this program's version: what can be read now becomes an
// event, exactly once.
//
// It takes a Kafka and gives a Report. It writes events and nothing else: rejects stay, and no group's offset moves. It
// must not know why a record was rejected before, nor the command line.
package replay

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/verify"
	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// Report says what became of rejects.
type Report struct {
	DryRun  bool `json:"dry_run"`
	Rejects int  `json:"rejects"` // that were looked at, of all stages
	Events  int  `json:"events"`  // that were written; with DryRun those that would be
	Already int  `json:"already"` // that are events already, by an earlier replay or otherwise, or were rejected twice
	// Failed counts records that cannot be read by this version either, by the reason.
	Failed map[string]int `json:"failed"`
	// Cut counts rejects that hold the beginning of a record, or of its event, that was too large for its topic: what is
	// missing is nowhere, and they cannot be normalized.
	Cut int `json:"cut"`
	// Others counts rejects of other stages than normalize and ingest: their records are events already.
	Others int `json:"others"`
}

// Options say what to replay.
type Options struct {
	Since  time.Time    // the first time of receipt; zero is all that there are
	DryRun bool         // say what would be written, and write nothing
	Logger *slog.Logger // is told of transactions that failed; nil discards
}

// Rejects replays what the rejects topic holds. While it runs another replay of the same deployment cannot write. The
// rejects are read twice, and all events are read in between, so that memory grows by some tens of bytes for each reject
// that can be read now. What keeps Kafka from taking the events is retried until ctx ends, after another look at which of
// them are there. An error that wraps kafka.ErrTaken says that another replay was begun. Rejects may be called again at any
// time: what was written is not written again.
func Rejects(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &run{cluster: cluster, since: o.Since, report: Report{DryRun: o.DryRun, Failed: map[string]int{}}, fates: map[key]fate{}, ends: map[int]int64{}}
	parts, err := r.rejects(ctx, nil, r.judge)
	for _, p := range parts {
		r.ends[p.Partition] = p.To
	}
	switch {
	case err != nil:
		err = fmt.Errorf("read the rejects: %w", err)
	case len(r.fates) == 0:
	case o.DryRun:
		err = r.write(ctx, func(context.Context, []schemas.Message) error { return nil })
	default:
		err = r.insist(ctx, o.Logger)
	}
	return r.report, err
}

// key stands for the record of a tenant. 128 bits do not collide.
type key [16]byte

func keyOf(tenant, uid string) key {
	sum := sha256.Sum256([]byte(tenant + "\x00" + uid))
	return key(sum[:16])
}

// fate is what becomes of a record that can be read now.
type fate byte

const (
	pending fate = iota + 1 // it is to be written, unless there is an event of it
	unsure                  // it was in a transaction that failed: there may be an event of it
	done                    // there is an event of it
)

// run is one replay.
type run struct {
	cluster *kafka.Cluster
	since   time.Time
	ends    map[int]int64 // of the rejects, by partition

	mu     sync.Mutex
	report Report
	fates  map[key]fate
	ready  []schemas.Message
	size   int
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
	if err := r.events(ctx); err != nil {
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
			if m.Time.Before(r.since) {
				return nil
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			return each(ctx, m)
		}
	})
}

// judge counts a reject and notes whether it can be read now.
func (r *run) judge(_ context.Context, m schemas.Message) error {
	r.report.Rejects++
	switch stage := m.Header(schemas.HeaderStage); {
	case stage != "normalize" && stage != "ingest":
		r.report.Others++
	case isCut(&m):
		r.report.Cut++
	default:
		event, err := eventOf(m)
		if err != nil {
			r.report.Failed[err.Error()]++
			return nil
		}
		k := identity(event)
		if r.fates[k] == pending {
			r.report.Already++
		}
		r.fates[k] = pending
	}
	return nil
}

// cutForm ends the reason of a value that publish.Reject has cut.
var cutForm = regexp.MustCompile(`; first \d+ bytes of \d+, SHA-256 [0-9a-f]{64}$`)

// isCut says whether a reject does not hold the record that was rejected: it was too large for the raw topic, or its event
// was for the topic of events.
func isCut(m *schemas.Message) bool {
	return m.Header(schemas.HeaderStage) == "ingest" || m.Header(schemas.HeaderUID) != "" || cutForm.MatchString(m.Header(schemas.HeaderReason))
}

// eventOf normalizes a rejected record, as normalize would now.
func eventOf(m schemas.Message) (schemas.Message, error) {
	value, err := normalize.Append(nil, schemas.RawOf(m))
	if err != nil {
		return schemas.Message{}, err
	}
	if len(value) > schemas.TopicEvents.Settings().MaxMessageBytes-overhead {
		return schemas.Message{}, errTooLarge
	}
	return publish.Event(m, value), nil
}

// overhead is what a message's key, headers and batch may add to its value.
const overhead = 64 << 10

var errTooLarge = errors.New("its event is larger than the topic accepts")

func identity(event schemas.Message) key {
	tenant, uid := verify.EventName(&event)
	return keyOf(tenant, uid)
}

// events finds which of the records are events already.
func (r *run) events(ctx context.Context) error {
	var mu sync.Mutex
	there := map[key]bool{}
	_, err := r.cluster.Scan(ctx, kafka.Scan{Topic: schemas.TopicEvents}, func(int) func(schemas.Message) error {
		return func(m schemas.Message) error {
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
