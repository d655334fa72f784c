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
	"regexp"
	"sync"
	"time"

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
	Since  time.Time // the first time of receipt; zero is all that there are
	DryRun bool      // say what would be written, and write nothing
}

// Rejects replays what the rejects topic holds. While it runs another replay of the same deployment cannot write. The
// rejects are read twice, and all events are read in between, so that memory grows by some tens of bytes for each reject
// that can be read now. After an error it can be called again: what was written is not written again.
func Rejects(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	r := &run{cluster: cluster, since: o.Since, report: Report{DryRun: o.DryRun, Failed: map[string]int{}}, can: map[key]bool{}}
	if o.DryRun {
		err := r.replay(ctx, nil)
		return r.report, err
	}
	err := cluster.Transact(ctx, "replay", func(write func(context.Context, []schemas.Message) error) error {
		return r.replay(ctx, write)
	})
	return r.report, err
}

// key stands for the record of a tenant. 128 bits do not collide.
type key [16]byte

func keyOf(tenant, uid string) key {
	sum := sha256.Sum256([]byte(tenant + "\x00" + uid))
	return key(sum[:16])
}

// run is one replay.
type run struct {
	cluster *kafka.Cluster
	since   time.Time

	mu     sync.Mutex
	report Report
	can    map[key]bool // what can be read now: true as long as there is no event of it
	ready  []schemas.Message
	size   int
	write  func(context.Context, []schemas.Message) error
}

// replay finds what can be read now, then what of that is an event already, and then writes the rest. Its transactional.id
// is taken: nobody else writes what it is about to.
func (r *run) replay(ctx context.Context, write func(context.Context, []schemas.Message) error) error {
	r.write = write
	ends := map[int]int64{}
	parts, err := r.rejects(ctx, nil, r.judge)
	if err != nil {
		return fmt.Errorf("read the rejects: %w", err)
	}
	if len(r.can) == 0 {
		return nil
	}
	for _, p := range parts {
		ends[p.Partition] = p.To
	}
	if err := r.events(ctx); err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	if _, err := r.rejects(ctx, ends, r.take); err != nil {
		return fmt.Errorf("replay the rejects: %w", err)
	}
	return r.flush(ctx)
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
		if r.can[k] {
			r.report.Already++
		}
		r.can[k] = true
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
			if k := identity(m); r.can[k] {
				mu.Lock()
				there[k] = true
				mu.Unlock()
			}
			return nil
		}
	})
	for k := range there {
		r.can[k] = false
		r.report.Already++
	}
	return err
}

// take has a reject written, unless it was, and a transaction made of those that wait.
func (r *run) take(ctx context.Context, m schemas.Message) error {
	stage := m.Header(schemas.HeaderStage)
	if stage != "normalize" || isCut(&m) {
		return nil
	}
	event, err := eventOf(m)
	if err != nil || !r.can[identity(event)] {
		return nil //nolint:nilerr // it was counted before
	}
	r.can[identity(event)] = false
	r.ready, r.size = append(r.ready, event), r.size+len(event.Value)
	if r.size < transactionBytes {
		return nil
	}
	return r.flush(ctx)
}

// transactionBytes is about how much goes into a transaction: readers see nothing behind it while it is open.
const transactionBytes = 1 << 20

// flush writes what waits in one transaction.
func (r *run) flush(ctx context.Context) error {
	if len(r.ready) > 0 && r.write != nil {
		if err := r.write(ctx, r.ready); err != nil {
			return err
		}
	}
	r.report.Events += len(r.ready)
	r.ready, r.size = nil, 0
	return nil
}
