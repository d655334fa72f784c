package worker

import (
	"context"
	"errors"

	"ualstream/cmd/internal/identity"
	"ualstream/cmd/internal/kafka"
	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// normalize turns raw records into events, and what cannot be read into rejects, until ctx ends.
func (w *Worker) normalize(ctx context.Context) error {
	identities, err := w.identities(ctx)
	if err != nil {
		return err
	}
	return w.cluster.Run(ctx, kafka.Stage{
		Group: StageNormalize, From: schemas.TopicRaw,
		New: func(partition int) kafka.Transform {
			return &normalizer{partition: partition, identities: identities, metrics: w.metrics}
		},
		TooLarge: w.tooLarge(StageNormalize),
		Lost:     w.metrics.lost(StageNormalize),
		Begun:    w.begun(StageNormalize, schemas.TopicRaw),
	})
}

// normalizer is the stage for one raw partition.
type normalizer struct {
	partition  int
	identities *identities
	metrics    *metrics

	known   *identity.Store   // nil until it is open
	began   int64             // where the newest batch begins
	in, out []schemas.Message // of the batch in work: the records that are no repeats, and what each became
	repeats int
}

// Begin learns what the partition held before the offset that the group goes on from.
func (n *normalizer) Begin(ctx context.Context, committed int64) (err error) {
	n.known, err = n.identities.open(ctx, n.partition, committed)
	return err
}

// End gives up what is known, for the partition's next owner.
func (n *normalizer) End() {
	n.forget()
	n.metrics.gone(n.partition)
}

func (n *normalizer) forget() {
	if n.known != nil {
		n.known.Close()
		n.known = nil
	}
}

// Process gives the events and rejects of a batch, without the records that were there before.
func (n *normalizer) Process(ctx context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	if batch[0].Offset < n.began {
		n.forget() // the partition was cut and is read again: what is known must be compared with it
	}
	if n.known == nil {
		if err := n.Begin(ctx, batch[0].Offset); err != nil {
			return nil, err
		}
	}
	n.began = batch[0].Offset
	if err := n.process(batch); errors.Is(err, identity.ErrDamaged) {
		known := n.known
		n.known = nil // the next try opens a new one
		return nil, errors.Join(err, known.Discard(err))
	} else if err != nil {
		return nil, err
	}
	return n.out, nil
}

func (n *normalizer) process(batch []schemas.Message) error {
	n.in, n.out, n.repeats = nil, make([]schemas.Message, 0, len(batch)), 0
	for _, m := range batch {
		repeat, err := n.known.Note(identity.RecordOf(&m))
		if err != nil {
			return err
		}
		if repeat {
			n.repeats++
			continue
		}
		n.in, n.out = append(n.in, m), append(n.out, event(m))
	}
	return n.known.Commit()
}

// Done counts what was written.
func (n *normalizer) Done() {
	n.metrics.repeats.Add(float64(n.repeats))
	n.metrics.knows(n.partition, n.known)
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
