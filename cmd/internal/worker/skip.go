package worker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Place is an offset of a partition.
type Place struct {
	Topic     schemas.Topic
	Partition int
	Offset    int64
}

// ParsePlace reads topic/partition/offset, as the messages about a batch that cannot be decoded give it. The topic is
// given by its name in Kafka, or without the prefix.
func ParsePlace(text, prefix string) (p Place, err error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return p, fmt.Errorf("%q: want topic/partition/offset, like %s/3/12345", text, schemas.TopicRaw.Name(prefix))
	}
	for _, t := range schemas.Topics {
		if parts[0] == t.Name(prefix) || parts[0] == string(t) {
			p.Topic = t
		}
	}
	if p.Topic == "" {
		return p, fmt.Errorf("%q: there is no topic %s here, want one like %s", text, parts[0], schemas.TopicRaw.Name(prefix))
	}
	p.Partition, err = strconv.Atoi(parts[1])
	if err != nil || p.Partition < 0 {
		return p, fmt.Errorf("%q: partition %q is no number from 0 on", text, parts[1])
	}
	p.Offset, err = strconv.ParseInt(parts[2], 10, 64)
	if err != nil || p.Offset < 0 {
		return p, fmt.Errorf("%q: offset %q is no number from 0 on", text, parts[2])
	}
	return p, nil
}

// tellOfIdleSkips warns of places that cannot come, as there is no such partition.
func (w *Worker) tellOfIdleSkips(here schemas.Deployment) {
	for _, p := range w.options.Skip {
		if n := here.Partitions[string(p.Topic)]; p.Partition >= n {
			w.options.Logger.Warn("--skip names a partition that there is not, and does nothing", "topic", p.Topic.Name(w.prefix()),
				"partition", p.Partition, "offset", p.Offset, "partitions", n)
		}
	}
}

// rereadAfter is how long what the ledger says of skips is believed to be all.
const rereadAfter = time.Minute

// skips knows what was skipped by this deployment.
type skips struct {
	mu   sync.Mutex
	all  []schemas.Skip
	read time.Time // when the ledger was read
}

func (s *skips) note(one schemas.Skip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

// behind gives the offset behind the stretch that was skipped and has the offset in it; 0 for none.
func (s *skips) behind(t schemas.Topic, partition int, offset int64) (to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if one.Topic == string(t) && one.Partition == partition && one.From <= offset && offset < one.To {
			to = max(to, one.To)
		}
	}
	return to
}

// stale says, once in a while, that the ledger should be read again.
func (s *skips) stale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.read) < rereadAfter {
		return false
	}
	s.read = time.Now()
	return true
}

// damaged says where a reader goes on at a batch that cannot be decoded: behind it where it was skipped before, or where
// the operator names it, else nowhere.
func (w *Worker) damaged(ctx context.Context, d kafka.Damage) (to int64, err error) {
	if d.Topic != schemas.TopicLedger && w.skips.stale() { // another worker may have skipped it
		if _, err := w.recorded(ctx); err != nil {
			return 0, err
		}
	}
	if to := w.skips.behind(d.Topic, d.Partition, d.Offset); to > 0 {
		return to, nil
	}
	for _, p := range w.options.Skip {
		if p.Topic != d.Topic || p.Partition != d.Partition || p.Offset < d.Offset || d.Unreadable && p.Offset > d.Offset {
			continue
		}
		end, err := d.End(ctx)
		if err != nil {
			return 0, fmt.Errorf("look for the end of what is to be skipped: %w", err)
		}
		if p.Offset < end {
			return end, w.skip(ctx, d, end)
		}
	}
	return 0, nil
}

// skip gives up what is between where a reader is and an offset. The ledger has it first.
func (w *Worker) skip(ctx context.Context, d kafka.Damage, to int64) error {
	s := schemas.Skip{Stage: readerOf(d.Topic), Topic: string(d.Topic), Partition: d.Partition, From: d.Offset, To: to,
		Reason: d.Err.Error(), At: time.Now().UTC()}
	if err := w.record(ctx, s); err != nil {
		return err
	}
	w.skips.note(s)
	w.metrics.skipped.WithLabelValues(s.Stage).Add(float64(to - d.Offset))
	w.options.Logger.Error("messages that cannot be decoded are skipped, as --skip says: a loss, which the ledger keeps", "stage", s.Stage,
		"topic", d.Topic.Name(w.prefix()), "partition", d.Partition, "from", d.Offset, "to", to, "lost", to-d.Offset, "error", d.Err)
	return nil
}

// readerOf gives the stage that reads a topic. Each has one.
func readerOf(t schemas.Topic) string {
	for stage, topic := range consumes {
		if topic == t {
			return stage
		}
	}
	return StageIngest
}
