package worker

import (
	"context"
	"slices"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/publish"
	"ualstream/schemas"
)

// detect turns events into threats by rules until ctx ends. It begins when it knows the tenants' domains: to take an
// address of the tenant for a stranger's is a false finding.
func (w *Worker) detect(ctx context.Context, rules *sigma.Set) error {
	select {
	case <-w.domains.known:
	case <-ctx.Done():
		return nil
	}
	engine := detect.New(detect.Options{Rules: rules, Domains: w.domains.of})
	return w.cluster.Run(ctx, kafka.Stage{
		Group: StageDetect, From: schemas.TopicEvents,
		New: func(int) kafka.Transform {
			return &detector{engine: engine, triage: w.options.Triage, metrics: w.metrics}
		},
		TooLarge: w.tooLarge(StageDetect),
		Lost:     w.metrics.lost(StageDetect),
		Begun:    w.begun(StageDetect, schemas.TopicEvents),
	})
}

// detector is the stage for one partition of events.
type detector struct {
	engine  *detect.Engine
	triage  []schemas.Triage
	metrics *metrics
	out     []schemas.Message // of the batch in work
}

// Process gives the threats of a batch of events, and the signals for correlations.
func (d *detector) Process(_ context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	d.out = nil
	for _, event := range batch {
		threats, signals := d.engine.Detect(event.Value)
		for _, t := range threats {
			if len(d.triage) == 0 || slices.Contains(d.triage, t.Triage) {
				d.out = append(d.out, publish.Threat(event, t))
			}
		}
		var err error
		outgoing := d.engine.Outgoing(event.Header(schemas.HeaderTenant), event.Value, signals)
		if d.out, err = appendSignals(d.out, outgoing, event.Time); err != nil {
			return nil, err
		}
	}
	return d.out, nil
}

// Done counts what was written.
func (d *detector) Done() { d.metrics.detected(d.out) }
