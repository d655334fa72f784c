package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"ualstream/cmd/internal/identity"
	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// identities opens what is remembered of raw partitions.
type identities struct {
	cluster *kafka.Cluster
	id      string // of the cluster
	topic   string // the raw topic's full name
	dir     string // "" for memory
	metrics *metrics
	log     *slog.Logger
	reset   func(partition int, to string) string // the command that sets the group's offset
}

func (w *Worker) identities(ctx context.Context) (*identities, error) {
	i := &identities{cluster: w.cluster, topic: schemas.TopicRaw.Name(w.prefix()), metrics: w.metrics,
		log: w.options.Logger.With("stage", StageNormalize),
		reset: func(partition int, to string) string {
			return w.reset(StageNormalize, schemas.TopicRaw, []int{partition}, to)
		}}
	if w.options.State != "" {
		i.dir = filepath.Join(w.options.State, w.prefix())
		if err := os.MkdirAll(i.dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder for what is known of records, name another with --state: %w", err)
		}
	}
	var err error
	i.id, err = w.cluster.ID(ctx)
	return i, err
}

// open gives the store of a partition, which knows everything before the offset.
func (i *identities) open(ctx context.Context, partition int, offset int64) (*identity.Store, error) {
	began := time.Now()
	read := int64(-1)
	c := identity.Config{
		Binding: identity.Binding{Cluster: i.id, Topic: i.topic, Partition: partition},
		Log:     rawPart{i.cluster, partition}, Logger: i.log,
		Behind: func(n int64) {
			read = max(read, n)
			i.metrics.behind(partition, n)
		},
	}
	if i.dir != "" {
		c.Dir = filepath.Join(i.dir, strconv.Itoa(partition))
	}
	s, err := identity.Open(ctx, c, offset)
	if e, ok := errors.AsType[*identity.ReplacedError](err); ok {
		return nil, i.replaced(e, partition, offset)
	}
	if err == nil {
		i.metrics.knows(partition, s)
		i.log.Debug("identity store is open", "partition", partition, "offset", offset, "read", read, "after", time.Since(began))
	}
	return s, err
}

// replaced says how to go on where what was processed is not what is there: what came in its place was received after
// the newest that was processed.
func (i *identities) replaced(e *identity.ReplacedError, partition int, committed int64) error {
	return fmt.Errorf("%w; what was written there in place of other records was never normalized where it lies before offset %d, which the group has committed. "+
		"End every worker with this stage, have it go on with what was received since then, and start them again: %s. "+
		"Where another worker had this partition since then, and nothing is missing, remove %s instead",
		e, committed, i.reset(partition, "--to-datetime "+e.Received.UTC().Format(resetTime)), e.Dir)
}

// rawPart is a raw partition, as its identity store sees it.
type rawPart struct {
	cluster   *kafka.Cluster
	partition int
}

// At gives the message at an offset, or the zero message.
func (p rawPart) At(ctx context.Context, offset int64) (schemas.Message, error) {
	return p.cluster.At(ctx, schemas.TopicRaw, p.partition, offset)
}

// Since gives the first offset that was received at that time or later.
func (p rawPart) Since(ctx context.Context, t time.Time) (int64, error) {
	return p.cluster.OffsetSince(ctx, schemas.TopicRaw, p.partition, t)
}

// Read gives the messages between two offsets.
func (p rawPart) Read(ctx context.Context, from, to int64, each func(schemas.Message) error) error {
	return p.cluster.ReadPart(ctx, schemas.TopicRaw, p.partition, from, to, each)
}
