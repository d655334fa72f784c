package worker

import (
	"context"
	"slices"
	"strings"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/publish"
	"ualstream/schemas"
)

// detect turns events into threats by rules until ctx ends.
func (w *Worker) detect(ctx context.Context, rules *sigma.Set) error {
	engine := detect.New(detect.Options{Rules: rules, Domains: w.options.domains})
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

// domains gives the domains that a tenant was configured with.
func (o Options) domains(tenant string) []string {
	for _, t := range o.Tenants {
		if strings.EqualFold(t.ID, tenant) {
			return t.Domains
		}
	}
	return nil
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
		for _, s := range d.engine.Outgoing(event.Value, signals) {
			m, err := s.Message(event.Time)
			if err != nil {
				return nil, err
			}
			d.out = append(d.out, m)
		}
	}
	return d.out, nil
}

// Done counts what was written.
func (d *detector) Done() { d.metrics.detected(d.out) }
