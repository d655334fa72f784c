package worker

import (
	"context"
	"fmt"
	"sync"

	"ualstream/cmd/internal/kafka"
	"ualstream/publish"
	"ualstream/schemas"
)

// publish delivers threats to the sinks, at least once, until ctx ends.
func (w *Worker) publish(ctx context.Context) error {
	if len(w.options.Sinks) == 0 {
		w.options.Logger.Info("no sink is configured: threats are on their topic and nowhere else",
			"topic", schemas.TopicThreats.Name(w.prefix()))
		<-ctx.Done()
		return nil
	}
	one := &sync.Mutex{}
	return w.cluster.Run(ctx, kafka.Stage{
		Group: StagePublish, From: schemas.TopicThreats,
		New:         func(int) kafka.Transform { return deliverer{one, w.options.Sinks} },
		AtLeastOnce: true, // a sink cannot take part in a transaction
		Lost:        w.metrics.lost(StagePublish),
	})
}

// deliverer is the stage for one partition of threats. It writes nothing to Kafka.
type deliverer struct {
	one   *sync.Mutex // of all partitions: a sink is called by one goroutine at a time
	sinks []publish.Sink
}

// Process hands a batch to every sink; an error has it tried again, so that a sink may see a threat twice.
func (d deliverer) Process(ctx context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	d.one.Lock()
	defer d.one.Unlock()
	for _, s := range d.sinks {
		if err := s.Deliver(ctx, batch); err != nil {
			return nil, fmt.Errorf("deliver %d threats: %w", len(batch), err)
		}
	}
	return nil, nil
}

// Done has nothing to remember.
func (d deliverer) Done() {}
