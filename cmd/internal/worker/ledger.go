package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"ualstream/ingest"
	"ualstream/schemas"
)

// keeper keeps a partition of the ledger while it is this worker's: it reads it, writes what became of its days, and
// tidies it up.
type keeper struct {
	w         *Worker
	partition int
	ledger    *ingest.Ledger
	log       *slog.Logger

	writeEvery          time.Duration
	tidyAfter, tidyThen time.Duration // since the partition came, and then since the last time
	buryAtOnce          int           // how many keys are held for their tombstones at most, which are some 200 bytes each
}

func (w *Worker) newKeeper(partition int) *keeper {
	return &keeper{w: w, partition: partition, ledger: ingest.NewLedger(),
		log:        w.options.Logger.With("stage", StageIngest, "topic", schemas.TopicLedger.Name(w.prefix()), "partition", partition),
		writeEvery: 15 * time.Minute, tidyAfter: time.Hour, tidyThen: 24 * time.Hour, buryAtOnce: 50_000,
	}
}

// read takes what the partition holds, and shows each entry to see, which may be nil. It can be called again.
func (k *keeper) read(ctx context.Context, see func(schemas.Message)) error {
	return k.w.cluster.ReadPart(ctx, schemas.TopicLedger, k.partition, 0, math.MaxInt64, func(m schemas.Message) error {
		err := k.ledger.Take(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
		if err != nil {
			k.log.Error("an entry of the ledger is damaged and counts for nothing: a blob that nothing else is known of is fetched again",
				"offset", m.Offset, "key", string(m.Key), "error", err)
			return nil
		}
		if see != nil {
			see(m)
		}
		return nil
	})
}

// run keeps the partition until ctx ends. Its only error is that the partition has an entry of a later version.
func (k *keeper) run(ctx context.Context) error {
	write := time.NewTicker(k.writeEvery)
	defer write.Stop()
	tidy := time.NewTimer(k.tidyAfter)
	defer tidy.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-write.C:
			err = k.write(ctx, time.Now())
		case <-tidy.C:
			err = k.tidy(ctx, time.Now())
			tidy.Reset(k.tidyThen)
		}
		if err != nil {
			return orderly(ctx, err)
		}
	}
}

// last writes what has changed since the last time, for the next owner. It may take a moment. What it cannot write the
// next owner finds out by itself.
func (k *keeper) last(ctx context.Context) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeGrace)
	defer cancel()
	_ = k.write(late, time.Now())
}

// write writes the days that have changed, and as lost the blobs that can no longer be had and that no collector here
// gives up, because their tenant or content type is not watched any more. Its only error is ctx's.
func (k *keeper) write(ctx context.Context, now time.Time) error {
	var lost []schemas.Message
	expired := k.ledger.Expired(now)
	for _, b := range expired {
		m, err := b.Message()
		if err != nil {
			return err
		}
		lost = append(lost, m)
	}
	if _, err := k.w.cluster.Produce(ctx, lost); err != nil {
		return err
	}
	for _, b := range expired {
		k.ledger.Apply(b)
		k.w.metrics.remembered(b)
		k.log.Warn("blob lost", "tenant", b.Tenant, "source", b.ContentType, "blob", b.ContentID, "reason", b.Reason)
	}

	var days []schemas.Message
	for _, d := range k.ledger.Days(now) {
		m, err := d.Message()
		if err != nil {
			return err
		}
		days = append(days, m)
	}
	return k.put(ctx, days)
}

// put writes entries, and gives them to the ledger as if they had been read.
func (k *keeper) put(ctx context.Context, entries []schemas.Message) error {
	if _, err := k.w.cluster.Produce(ctx, entries); err != nil {
		return err
	}
	for _, m := range entries {
		if err := k.ledger.Take(m); err != nil {
			return err
		}
	}
	return nil
}
