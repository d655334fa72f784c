package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/publish"
	"ualstream/schemas"
)

// StageCorrelate counts the signals that detect writes. It runs wherever detect does and has no switch of its own.
const StageCorrelate = "correlate"

const (
	// DefaultLateness is how late a hit may be told: audit content has been seen 53 hours late, nearly all of it comes
	// within a day.
	DefaultLateness = 48 * time.Hour
	// maxGroups bounds the groups that are remembered of a correlation, tenant and partition.
	maxGroups = 100_000
)

// correlate turns signals into findings by rules until ctx ends.
func (w *Worker) correlate(ctx context.Context, rules *sigma.Set) error {
	if !correlates(rules) {
		<-ctx.Done()
		return nil
	}
	log := w.options.Logger.With("stage", StageCorrelate)
	if kept, reach := schemas.TopicSignals.Settings().Retention, detect.Reach(rules, w.lateness()); reach > kept {
		log.Warn("a correlation looks further back than signals are kept: after a restart it misses what was before",
			"looks_back", reach, "kept", kept)
	}
	return w.cluster.Run(ctx, kafka.Stage{
		Group: StageCorrelate, From: schemas.TopicSignals,
		New: func(partition int) kafka.Transform {
			return &correlator{w: w, rules: rules, partition: partition, log: log.With("partition", partition)}
		},
		TooLarge: w.tooLarge(StageCorrelate),
		Lost:     w.metrics.lost(StageCorrelate),
		Begun:    w.begun(StageCorrelate, schemas.TopicSignals),
	})
}

func (w *Worker) lateness() time.Duration {
	if w.options.Lateness > 0 {
		return w.options.Lateness
	}
	return DefaultLateness
}

// correlator is the stage for one partition of signals.
type correlator struct {
	w         *Worker
	rules     *sigma.Set
	partition int
	log       *slog.Logger

	counts *detect.Correlator // nil until it is built
	next   int64              // the offset after the newest batch
	out    []schemas.Message  // of the batch in work
	late   int
	forgot int // groups, since the last that was told
}

// Begin builds what the correlations know at the offset that the group goes on from, and writes nothing: what fired
// before was told in the transaction that committed it.
func (c *correlator) Begin(ctx context.Context, committed int64) error {
	c.next = max(0, committed)
	counts := detect.NewCorrelator(c.rules, detect.CorrelatorOptions{
		Lateness: c.w.lateness(), MaxGroups: maxGroups, Forgot: func() { c.forgot++ },
	})
	if committed > 0 {
		if err := c.rebuild(ctx, counts, committed); err != nil {
			return err
		}
	}
	c.counts = counts
	return nil
}

// rebuild counts what was received as long before the offset as correlations look back. What fired goes first: where a
// window was cut off it is known all the same. Entries about firings lie behind the signals that they come from,
// possibly behind the offset, which does not make them less valid: they were committed with it.
func (c *correlator) rebuild(ctx context.Context, counts *detect.Correlator, committed int64) error {
	began := time.Now()
	from, err := c.reach(ctx, committed)
	if err != nil {
		return err
	}
	var fired []schemas.Fired
	err = c.read(ctx, from, math.MaxInt64, func(m schemas.Message, entry any) {
		if f, ok := entry.(schemas.Fired); ok && f.Offset < committed {
			fired = append(fired, f)
		}
	})
	if err != nil {
		return err
	}
	counts.Restore(fired)
	err = c.read(ctx, from, committed, func(m schemas.Message, entry any) {
		if s, ok := entry.(schemas.Signal); ok {
			counts.Add(s, m.Offset, m.Time)
		}
	})
	c.log.Debug("correlations know what was before", "offset", committed, "from", from, "groups", counts.Groups(), "after", time.Since(began))
	return err
}

// tail is how many offsets before the committed one are looked at for the time up to which was processed.
const tail = 1000

// slack is added to what correlations look back, as partitions are not quite in the order of receipt.
const slack = time.Hour

// reach gives the offset from which signals matter to those after the committed offset.
func (c *correlator) reach(ctx context.Context, committed int64) (int64, error) {
	var newest time.Time
	err := c.w.cluster.ReadPart(ctx, schemas.TopicSignals, c.partition, max(0, committed-tail), committed, func(m schemas.Message) error {
		if m.Time.After(newest) {
			newest = m.Time
		}
		return nil
	})
	if err != nil || newest.IsZero() {
		return 0, err // all that is kept
	}
	back := detect.Reach(c.rules, c.w.lateness()) + slack
	return c.w.cluster.OffsetSince(ctx, schemas.TopicSignals, c.partition, newest.Add(-back))
}

// read gives the entries of the partition between two offsets. What is damaged was passed over when it was processed.
func (c *correlator) read(ctx context.Context, from, to int64, each func(m schemas.Message, entry any)) error {
	return c.w.cluster.ReadPart(ctx, schemas.TopicSignals, c.partition, from, to, func(m schemas.Message) error {
		entry, err := schemas.SignalsEntry(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
		if err == nil {
			each(m, entry)
		}
		return nil
	})
}

// Process gives the findings and further signals of a batch of signals. What is damaged becomes a reject.
func (c *correlator) Process(ctx context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	if c.counts == nil || batch[0].Offset < c.next { // the partition was cut and is read again
		if err := c.Begin(ctx, batch[0].Offset); err != nil {
			return nil, err
		}
	}
	entries, damages := make([]any, len(batch)), make([]error, len(batch))
	for i, m := range batch {
		entries[i], damages[i] = schemas.SignalsEntry(m)
		if _, later := errors.AsType[*schemas.VersionError](damages[i]); later {
			return nil, damages[i]
		}
	}
	c.out, c.late = nil, 0
	for i, m := range batch {
		if damages[i] != nil {
			c.out = append(c.out, publish.Reject(m, StageCorrelate, damages[i]))
		}
		if s, ok := entries[i].(schemas.Signal); ok {
			if err := c.count(m, s); err != nil {
				c.counts = nil // it has counted what will be given again
				return nil, err
			}
		}
	}
	c.next = batch[len(batch)-1].Offset + 1
	return c.out, nil
}

func (c *correlator) count(m schemas.Message, s schemas.Signal) error {
	found := c.counts.Add(s, m.Offset, m.Time)
	if found.Late {
		c.late++
	}
	for _, t := range found.Threats {
		c.out = append(c.out, publish.Correlated(m, t))
	}
	for _, f := range found.Fired {
		entry, err := f.Message(m.Time)
		if err != nil {
			return err
		}
		c.out = append(c.out, entry)
	}
	return c.send(found.Signals, m.Time)
}

func (c *correlator) send(signals []schemas.Signal, received time.Time) error {
	for _, s := range signals {
		m, err := s.Message(received)
		if err != nil {
			return err
		}
		c.out = append(c.out, m)
	}
	return nil
}

// Done counts what was written.
func (c *correlator) Done() {
	c.w.metrics.correlated(c.out, c.late, c.forgot)
	if c.forgot > 0 {
		c.log.Warn("more groups than are kept in memory: those that were last seen longest ago are forgotten, and what they began "+
			"may not be found or be found twice; group by less, shorten the timespan or filter what is counted",
			"forgotten", c.forgot, "kept", maxGroups)
	}
	c.late, c.forgot = 0, 0
}

// End gives up what is known.
func (c *correlator) End() { c.counts = nil }
