package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest"
	"ualstream/schemas"
)

// ingest fetches every tenant's content until ctx ends.
func (w *Worker) ingest(ctx context.Context) error {
	ledger, err := w.readLedger(ctx)
	if err != nil {
		return err
	}
	r := w.newRoster(ledger)
	defer r.stop()
	if err := r.configured(ctx); err != nil {
		return err
	}
	return r.follow(ctx)
}

// readLedger gives what earlier runs have stored and lost.
func (w *Worker) readLedger(ctx context.Context) (*ingest.Ledger, error) {
	ledger := ingest.NewLedger()
	err := w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicLedger}, func(m schemas.Message) error {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			return nil
		}
		blob, err := schemas.BlobOf(m)
		if err == nil {
			ledger.Apply(blob)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return ledger, nil
}

func (w *Worker) collector(tenant schemas.Tenant, ledger *ingest.Ledger) (*ingest.Collector, error) {
	ms := w.options.Microsoft
	if ms.Credential == nil {
		return nil, errors.New("it is connected, but this worker has no credential to fetch with: name the app with --client-id")
	}
	client, err := ms.client(tenant.ID, w.quotas.of(tenant.ID), w.options.Logger.With("stage", StageIngest, "tenant", tenant.ID))
	if err != nil {
		return nil, err
	}
	return ingest.New(ingest.Config{
		Tenant: tenant, Feed: client, Sink: rawSink{w.cluster, w.metrics}, Ledger: ledger,
		Poll: w.options.Poll, Logger: w.options.Logger,
	}), nil
}

// storeGrace is how long a write may still take when ingest was told to stop. What is written and never recorded
// would be fetched again after the restart.
const storeGrace = time.Second

// graceful gives a context that ends storeGrace after ctx does.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(storeGrace, cancel) })
	return late, func() { stop(); cancel() }
}

// rawSink is where ingest's records go: the raw topic, and the ledger for what became of each blob.
type rawSink struct {
	cluster *kafka.Cluster
	metrics *metrics
}

// Store returns once Kafka has acknowledged every message.
func (s rawSink) Store(ctx context.Context, messages []schemas.Message) (map[int]int64, error) {
	ctx, cancel := graceful(ctx)
	defer cancel()
	offsets, err := s.cluster.Produce(ctx, messages)
	if err == nil {
		s.metrics.stored(messages)
	}
	return offsets, err
}

// Remember returns once Kafka has acknowledged the entry.
func (s rawSink) Remember(ctx context.Context, blob schemas.Blob) error {
	message, err := blob.Message()
	if err != nil {
		return err
	}
	ctx, cancel := graceful(ctx)
	defer cancel()
	if _, err := s.cluster.Produce(ctx, []schemas.Message{message}); err != nil {
		return err
	}
	s.metrics.remembered(blob)
	return nil
}
