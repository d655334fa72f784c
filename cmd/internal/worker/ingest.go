package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// ingest fetches the content of the tenants that are this worker's, until ctx ends. The workers that ingest share the
// partitions of the ledger, and each tenant is with the worker that has its ledger.
func (w *Worker) ingest(ctx context.Context) error {
	r, err := w.newRoster()
	if err != nil {
		return err
	}
	w.roster.Store(r)
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return r.follow(within) })
	group.Go(func() error {
		return w.cluster.Own(within, StageIngest, schemas.TopicLedger, func(ctx context.Context, partition int) error {
			return w.collect(ctx, r, partition)
		})
	})
	return group.Wait()
}

// collect fetches the content of a partition's tenants until ctx ends. It goes on where the ledger stands, whoever
// wrote it.
func (w *Worker) collect(ctx context.Context, r *roster, partition int) error {
	k := w.newKeeper(partition)
	if err := k.read(ctx, nil); err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	w.metrics.partitions.Inc()
	defer w.metrics.partitions.Dec()
	r.own(ctx, partition, k.ledger)
	err := k.run(ctx)
	r.disown(partition)
	k.last(ctx)
	return err
}

// client gives a client that fetches a tenant's content.
func (w *Worker) client(tenant string) (*o365.Client, error) {
	ms := w.options.Microsoft
	if ms.Credential == nil {
		return nil, errors.New("it is connected, but this worker has no credential to fetch with: name the app with --client-id")
	}
	return ms.client(tenant, w.quotas.of(tenant), w.options.Logger.With("stage", StageIngest, "tenant", tenant))
}

func (w *Worker) collector(tenant schemas.Tenant, started map[string]schemas.Start, ledger *ingest.Ledger) (*ingest.Collector, error) {
	client, err := w.client(tenant.ID)
	if err != nil {
		return nil, err
	}
	return ingest.New(ingest.Config{
		Tenant: tenant, Feed: client, Sink: rawSink{w.cluster, w.metrics}, Ledger: ledger, Started: started,
		Poll: w.options.Poll, Logger: w.options.Logger, Hold: w.pressure.held.Load,
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
