package status

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const (
	apart = time.Second      // the two looks that a rate is made of, at least
	stale = 30 * time.Second // after so long a pause an old look says nothing of now
)

// consumers are the stages that are consumer groups, and what they read.
var consumers = []struct {
	name  string
	reads schemas.Topic
}{{"normalize", schemas.TopicRaw}, {"detect", schemas.TopicEvents}, {"correlate", schemas.TopicSignals}, {"publish", schemas.TopicThreats}}

// progress is how far the stages were at a time.
type progress struct {
	at time.Time
	of [4]kafka.Progress // of consumers
}

func (w *Watcher) progress(ctx context.Context) (p progress, err error) {
	asking, within := errgroup.WithContext(ctx)
	for i, c := range consumers {
		asking.Go(func() (err error) {
			p.of[i], err = w.cluster.Progress(within, c.name, c.reads)
			return err
		})
	}
	err = asking.Wait()
	p.at = time.Now()
	return p, err
}

// begin makes sure that there is a look before this one.
func (w *Watcher) begin(ctx context.Context) error {
	if time.Since(w.before.at) <= stale {
		return nil
	}
	before, err := w.progress(ctx)
	if err == nil {
		w.before = before
	}
	return err
}

// stages gives lag and rate of each stage, once there was time enough since the look before.
func (w *Watcher) stages(ctx context.Context) ([]Stage, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(apart - time.Since(w.before.at)):
	}
	now, err := w.progress(ctx)
	if err != nil {
		return nil, err
	}
	stages := stagesBetween(w.before, now)
	w.before = now
	return stages, nil
}

// stagesBetween compares two looks. What ingest does is seen in what normalize reads. Publish is left out where it
// never ran: without a sink of its own a deployment needs none; so is correlate, which rules without correlations need not.
func stagesBetween(before, now progress) []Stage {
	rate := func(was, is int64) float64 { return max(0, float64(is-was)/now.at.Sub(before.at).Seconds()) }
	stages := []Stage{{Name: "ingest", Rate: rate(before.of[0].Written, now.of[0].Written)}}
	for i, c := range consumers {
		if need := c.name != "publish" && c.name != "correlate"; need || now.of[i].Began {
			stages = append(stages, Stage{c.name, now.of[i].Lag(), rate(before.of[i].Read, now.of[i].Read)})
		}
	}
	return stages
}
