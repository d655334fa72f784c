// Package replay normalizes rejected records once more, with this program's version: what can be read now becomes an
// event, exactly once.
//
// It takes a Kafka and gives a Report. It writes events and nothing else: rejects stay, and no group's offset moves. It
// must not know why a record was rejected before, nor the command line.
package replay

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"ualstream/cmd/internal/kafka"
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
// them are there. An error that wraps kafka.ErrTaken says that another replay was begun, one that wraps kafka.ErrStalled that
// Kafka gives nothing to read. Rejects may be called again at any time: what was written is not written again.
func Rejects(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &run{cluster: cluster, since: o.Since, report: Report{DryRun: o.DryRun, Failed: map[string]int{}}, fates: map[key]fate{}, ends: map[int]int64{}}
	err := r.moving(ctx, schemas.TopicRejects, func(ctx context.Context) error {
		parts, err := r.rejects(ctx, nil, r.judge)
		for _, p := range parts {
			r.ends[p.Partition] = p.To
		}
		return err
	})
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
