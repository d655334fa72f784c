package worker

import (
	"context"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// hangs is how long a transaction may hold readers back before it is told. A producer that is gone is timed out by the
// broker after half a minute.
const hangs = 2 * time.Minute

// holds is what transactions have held back, by topic and partition.
type holds map[schemas.Topic]map[int]held

type held struct {
	stable int64
	since  time.Time
	told   bool
}

// measureHolds keeps in the metrics what open transactions hide from the stages that run here, and tells those that
// hang. A stage that is held back looks like one that has nothing to do.
func (w *Worker) measureHolds(ctx context.Context, h holds) error {
	for _, stage := range w.running() {
		topic, consumer := consumes[stage]
		if !consumer {
			continue
		}
		now, err := w.cluster.Holds(ctx, topic)
		if err != nil {
			return err
		}
		hidden := int64(0)
		for _, hold := range now {
			hidden += hold.Hidden
		}
		w.metrics.hidden.WithLabelValues(stage).Set(float64(hidden))
		age, told := h.update(topic, now, time.Now())
		w.metrics.held.WithLabelValues(stage).Set(age.Seconds())
		for partition, offset := range told {
			w.tellHang(topic, partition, offset, age)
		}
	}
	return nil
}

// tellHang says how to end a transaction that hangs. A coordinator that has decided to commit and forgot a partition has
// committed the group's offsets all the same, so that what is aborted there is read by nobody again.
func (w *Worker) tellHang(t schemas.Topic, partition int, offset int64, age time.Duration) {
	topic := t.Name(w.prefix())
	see, end := kafka.Hold{Stable: offset}.Commands("kafka-transactions.sh --bootstrap-server "+strings.Join(w.options.Kafka.Brokers, ","), topic, partition)
	w.options.Logger.Error("a transaction hangs, and its topic's readers wait for it. If no worker is at work there, see whose it is: "+
		see+"; and end it: "+end+". Then run 'ualstream verify': where Kafka had taken it for committed, it names the events that are gone",
		"topic", topic, "partition", partition, "offset", offset, "for", age.Round(time.Second))
}

// update notes what is held back now. It gives for how long the partition has been that has been so the longest, and
// those that hang and were not told before, with the offset where the transaction begins.
func (h holds) update(topic schemas.Topic, now map[int]kafka.Hold, at time.Time) (longest time.Duration, tell map[int]int64) {
	still := map[int]held{}
	tell = map[int]int64{}
	for partition, hold := range now {
		one, ok := h[topic][partition]
		if !ok || one.stable != hold.Stable {
			one = held{stable: hold.Stable, since: at}
		}
		age := at.Sub(one.since)
		longest = max(longest, age)
		if age >= hangs && !one.told {
			one.told = true
			tell[partition] = hold.Stable
		}
		still[partition] = one
	}
	h[topic] = still
	return longest, tell
}
