package worker

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"ualstream/schemas"
)

// tooLate is how old a record may be that normalize has yet to read, before what is fetched waits at Microsoft instead
// of in Kafka.
const tooLate = time.Hour

// pressure says whether normalize is so far behind that ingest should hold back.
type pressure struct{ held atomic.Bool }

// measurePressure finds out whether normalize, wherever it runs, is too late. Where Kafka does not tell, nothing is held
// back.
func (w *Worker) measurePressure(ctx context.Context) {
	if !slices.Contains(w.options.Stages, StageIngest) {
		return
	}
	late, err := w.cluster.Behind(ctx, StageNormalize, schemas.TopicRaw, time.Now().Add(-tooLate))
	w.setPressure(late && err == nil)
}

func (w *Worker) setPressure(held bool) {
	w.metrics.holding.Set(0)
	if held {
		w.metrics.holding.Set(1)
	}
	if w.pressure.held.Swap(held) == held {
		return
	}
	log := w.options.Logger.With("stage", StageIngest)
	if held {
		log.Warn("normalize is more than an hour behind, so ingest holds back: only what expires within a day is fetched. Start more workers "+
			"with the stage normalize, up to one a partition, and see whether one of its partitions stands still (ualstream_partition_stopped)", "behind", tooLate)
	} else {
		log.Info("normalize is no longer known to be behind, so ingest fetches everything again")
	}
}
