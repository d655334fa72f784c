package worker

import (
	"context"
	"time"

	"ualstream/schemas"
)

// consumes says which topic each stage reads.
var consumes = map[string]schemas.Topic{
	StageNormalize: schemas.TopicRaw,
	StageDetect:    schemas.TopicEvents,
	StageCorrelate: schemas.TopicSignals,
	StagePublish:   schemas.TopicThreats,
}

const lagEvery = 10 * time.Second

// watchLag keeps the lag of this process's stages in the metrics until ctx ends. While Kafka does not answer the lag
// is unknown, and the metrics leave it out.
func (w *Worker) watchLag(ctx context.Context) error {
	tick := time.NewTicker(lagEvery)
	defer tick.Stop()
	held := holds{}
	for {
		asking, cancel := context.WithTimeout(ctx, lagEvery)
		_, err := w.measureLag(asking)
		if err == nil {
			err = w.measureHolds(asking, held)
		}
		if err != nil {
			w.metrics.lagUnknown()
		}
		w.measurePressure(asking)
		cancel()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// measureLag gives how many messages the stages that run here have yet to read.
func (w *Worker) measureLag(ctx context.Context) (int64, error) {
	var sum int64
	for _, stage := range w.running() {
		topic, consumer := consumes[stage]
		if !consumer || stage == StagePublish && len(w.options.Sinks) == 0 {
			continue
		}
		lag, err := w.cluster.Lag(ctx, stage, topic)
		if err != nil {
			return 0, err
		}
		w.metrics.lag.WithLabelValues(stage).Set(float64(lag))
		if stage != StagePublish { // its offsets may be lost: it delivers at least once
			if err := w.noteConsumed(ctx, stage, topic); err != nil {
				return 0, err
			}
		}
		sum += lag
	}
	return sum, nil
}

// drain waits until what has been fetched has reached the last stage, as long as the options allow.
func (w *Worker) drain(ctx context.Context) {
	if w.options.Drain == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.options.Drain)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if lag, err := w.measureLag(ctx); err == nil && lag == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
