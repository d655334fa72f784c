package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"

	"ualstream/ingest"
	"ualstream/schemas"
)

// keeper keeps a partition of the ledger.
type keeper struct {
	w         *Worker
	partition int
	ledger    *ingest.Ledger
	log       *slog.Logger
}

func (w *Worker) newKeeper(partition int) *keeper {
	return &keeper{w: w, partition: partition, ledger: ingest.NewLedger(),
		log: w.options.Logger.With("stage", StageIngest, "topic", schemas.TopicLedger.Name(w.prefix()), "partition", partition)}
}

// read takes what the partition holds.
func (k *keeper) read(ctx context.Context) error {
	return k.w.cluster.ReadPart(ctx, schemas.TopicLedger, k.partition, 0, math.MaxInt64, k.take)
}

// take takes an entry. One that is damaged is told and passed over: what it said of its blob is not known, so that the
// blob is fetched again. One of a later version is an error, because nobody here knows what it promises.
func (k *keeper) take(m schemas.Message) error {
	if schemas.IsDay(m) || schemas.IsDeployment(m) {
		return nil
	}
	blob, err := schemas.BlobOf(m)
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	if err != nil {
		k.log.Error("an entry of the ledger is damaged: what it is about counts as unknown, and a blob is fetched again if it can be",
			"offset", m.Offset, "key", string(m.Key), "error", err)
		return nil
	}
	k.ledger.Apply(blob)
	return nil
}
