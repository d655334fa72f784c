package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/publish"
	"ualstream/schemas"
)

// StageCorrelate counts the signals that detect writes. It runs wherever detect does and has no switch of its own.
const StageCorrelate = "correlate"

// DefaultLateness is how late a hit may be told: audit content has been seen 53 hours late, nearly all of it comes within
// a day.
const DefaultLateness = 48 * time.Hour

// correlate turns signals into findings by rules until ctx ends.
func (w *Worker) correlate(ctx context.Context, rules *sigma.Set) error {
	if !correlates(rules) {
		<-ctx.Done()
		return nil
	}
	log := w.options.Logger.With("stage", StageCorrelate)
	if kept, reach := schemas.TopicSignals.Settings().Retention, detect.Reach(rules, w.lateness()); reach > kept {
		log.Warn("a correlation looks further back than signals are kept: when its partition moves to another worker, or after a restart, "+
			"it has forgotten what is older and may miss what that began, or find it again; shorten the timespan of the longest correlation",
			"looks_back", reach, "kept", kept, "topic", schemas.TopicSignals.Name(w.prefix()))
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

	counts  *detect.Correlator // nil until it is built
	spilled *spilled           // what it has on disk
	next    int64              // the offset after the newest batch
	out     []schemas.Message  // of the batch in work
	late    int
	foreign int
}

// Begin builds what the correlations know at the offset that the group goes on from, and writes nothing: what fired
// before was told in the transaction that committed it.
func (c *correlator) Begin(ctx context.Context, committed int64) error {
	c.End()
	c.next, c.spilled = max(0, committed), c.w.spilled(c.log)
	counts := detect.NewCorrelator(c.rules, detect.CorrelatorOptions{
		Lateness: c.w.lateness(), MaxGroups: c.spilled.most, Spill: c.spilled.store,
	})
	if committed > 0 {
		if err := c.rebuild(ctx, counts, committed); err != nil {
			return err
		}
	}
	c.counts = counts
	return nil
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
	c.out, c.late, c.foreign = nil, 0, 0
	for i, m := range batch {
		if damages[i] != nil {
			c.out = append(c.out, publish.Reject(m, StageCorrelate, damages[i]))
			continue
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
	switch {
	case found.Late:
		c.late++
	case found.Foreign:
		c.foreign++
	}
	for _, t := range found.Threats {
		c.out = append(c.out, publish.Correlated(m, t))
	}
	for _, f := range found.Fired {
		entry, err := f.Message()
		if err != nil {
			return err
		}
		c.out = append(c.out, entry)
	}
	var err error
	c.out, err = appendSignals(c.out, found.Signals, m.Time)
	return err
}

// appendSignals appends the messages of signals that come of what was received at that time.
func appendSignals(out []schemas.Message, signals []schemas.Signal, received time.Time) ([]schemas.Message, error) {
	for _, s := range signals {
		m, err := s.Message(received)
		if err != nil {
			return out, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Done counts what was written.
func (c *correlator) Done() {
	c.w.metrics.correlated(c.out, c.late, c.foreign)
	c.w.metrics.spilled(c.partition, c.spilled.tell())
	c.late, c.foreign = 0, 0
}

// End gives up what is known.
func (c *correlator) End() {
	c.counts = nil
	if c.spilled != nil {
		c.spilled.stores.Close()
		c.w.metrics.spilled(c.partition, spillFigures{})
	}
}
