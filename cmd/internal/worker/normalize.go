package worker

import (
	"context"
	"errors"
	"sync"

	"ualstream/cmd/internal/kafka"
	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// normalize turns raw records into events, and what cannot be read into rejects, until ctx ends.
func (w *Worker) normalize(ctx context.Context) error {
	var mu sync.Mutex
	identities := map[int]*identity{} // by raw partition; they outlive a rebalance
	return w.cluster.Run(ctx, kafka.Stage{
		Group: StageNormalize, From: schemas.TopicRaw,
		New: func(partition int) kafka.Transform {
			mu.Lock()
			defer mu.Unlock()
			if identities[partition] == nil {
				identities[partition] = newIdentity(identityKeys)
			}
			return &normalizer{identity: identities[partition], metrics: w.metrics}
		},
		TooLarge: w.tooLarge(StageNormalize),
		Lost:     w.metrics.lost(StageNormalize),
	})
}

// normalizer is the stage for one raw partition.
type normalizer struct {
	identity *identity
	metrics  *metrics
	in, out  []schemas.Message // of the batch in work: the records that are no repeats, and what each became
}

// Process gives the events and rejects of a batch, without the records that were there before.
func (n *normalizer) Process(_ context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	n.identity.begin()
	n.in, n.out = nil, make([]schemas.Message, 0, len(batch))
	for _, m := range batch {
		if !n.identity.first(m) {
			n.metrics.repeats.Inc()
			continue
		}
		n.in, n.out = append(n.in, m), append(n.out, event(m))
	}
	return n.out, nil
}

// Done remembers the batch's records: they are written now.
func (n *normalizer) Done() {
	n.identity.commit()
	n.metrics.normalized(n.in, n.out)
}

// event gives the message for one raw record: its event, or a reject.
func event(m schemas.Message) schemas.Message {
	value, err := normalize.Append(make([]byte, 0, 2*len(m.Value)+1024), schemas.RawOf(m))
	if err != nil {
		return publish.Reject(m, StageNormalize, err)
	}
	return publish.Event(m, value)
}

// tooLarge gives what is written instead of a message that Kafka refuses for its size.
func (w *Worker) tooLarge(stage string) func(schemas.Message) schemas.Message {
	return func(m schemas.Message) schemas.Message {
		w.metrics.rejects.WithLabelValues(stage).Inc()
		return publish.Reject(m, stage, errors.New("larger than its topic accepts"))
	}
}
