package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"sync"

	"github.com/google/uuid"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest"
	"ualstream/schemas"
)

// roster keeps a collector running for each tenant that is to be watched and is this worker's: those of the
// configuration for as long as the worker runs, and those of the tenants topic from when they are written there until
// their tombstone. For a tenant in both, the configuration counts. A tenant is this worker's while the partition of its
// ledger is.
type roster struct {
	w   *Worker
	log *slog.Logger

	mu       sync.Mutex
	fixed    map[string]schemas.Tenant           // of the configuration
	written  map[string]schemas.Tenant           // as the topic says, so far
	started  map[string]map[string]schemas.Start // by tenant and content type, as the topic says
	caughtUp bool                                // the topic has been read as it was at the start
	shares   map[int]share                       // by partition
	running  map[string]collecting
}

// share is a partition of the ledger that is this worker's.
type share struct {
	ctx    context.Context // ends when the partition goes
	ledger *ingest.Ledger
}

// collecting is a collector that runs.
type collecting struct {
	tenant    schemas.Tenant
	partition int
	stop      func() // ends it and waits for it
}

// newRoster gives a roster with the configuration's tenants. One that cannot be collected is an error.
func (w *Worker) newRoster() (*roster, error) {
	r := &roster{
		w: w, log: w.options.Logger.With("stage", StageIngest),
		fixed: map[string]schemas.Tenant{}, written: map[string]schemas.Tenant{}, started: map[string]map[string]schemas.Start{},
		shares: map[int]share{}, running: map[string]collecting{},
	}
	for _, t := range w.options.Tenants {
		if _, err := w.client(t.ID); err != nil {
			return nil, fmt.Errorf("tenant %s: %w", t.ID, err)
		}
		r.fixed[t.ID] = t
	}
	return r, nil
}

// follow does what the tenants topic says until ctx ends.
func (r *roster) follow(ctx context.Context) error {
	return r.w.cluster.Read(ctx, kafka.Read{
		Topic: schemas.TopicTenants, Follow: true,
		CaughtUp: func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.caughtUp = true
			r.reconcile(ctx)
			if len(r.wanted()) == 0 {
				r.log.Warn("no tenant is connected yet, so nothing is fetched: connect one with 'ualstream connect', or name one under tenants in the configuration")
			}
		},
	}, func(m schemas.Message) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.note(m); err != nil {
			return err
		}
		r.reconcile(ctx)
		return nil
	})
}

// note takes what a message says of a tenant. One that cannot be read changes nothing, and is told; one of a later
// version is an error, because nobody here knows what it asks for.
func (r *roster) note(m schemas.Message) error {
	t, err := schemas.TenantOf(m)
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	if err == nil {
		err = checkID(&t)
	}
	if err == nil {
		r.started[t.ID] = schemas.StartsOf(m)
	}
	switch {
	case err != nil:
		r.log.Error("an entry of the tenants topic cannot be read: the tenant stays as it was", "error", err)
	case len(t.ContentTypes) == 0:
		delete(r.written, t.ID)
	default:
		r.written[t.ID] = t
	}
	return nil
}

// checkID checks the tenant's ID, and gives it its usual spelling.
func checkID(t *schemas.Tenant) error {
	id, err := uuid.Parse(t.ID)
	if err != nil {
		return fmt.Errorf("tenant %q is no GUID", t.ID)
	}
	t.ID = id.String()
	return nil
}

// own begins with the tenants of a partition, whose ledger has been read, until ctx ends.
func (r *roster) own(ctx context.Context, partition int, ledger *ingest.Ledger) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shares[partition] = share{ctx, ledger}
	r.reconcile(ctx)
}

// disown ends the collectors of a partition's tenants, and returns when they have ended.
func (r *roster) disown(partition int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.shares, partition)
	for id, c := range r.running {
		if c.partition == partition {
			r.end(id)
			r.log.Info("tenant is no longer collected here", "tenant", id, "partition", partition)
		}
	}
}

// wanted gives the tenants that are to be watched, as far as they are known.
func (r *roster) wanted() map[string]schemas.Tenant {
	all := map[string]schemas.Tenant{}
	if r.caughtUp { // else what has been read so far may be outdated
		maps.Copy(all, r.written)
	}
	maps.Copy(all, r.fixed)
	return all
}

// reconcile makes what runs equal to what is wanted of this worker's partitions.
func (r *roster) reconcile(ctx context.Context) {
	wanted := r.wanted()
	for id, c := range r.running {
		if t, ok := wanted[id]; !ok || !reflect.DeepEqual(t, c.tenant) {
			r.end(id)
			r.log.Info("tenant is no longer collected as it was", "tenant", id, "connected", ok)
		}
	}
	for id, t := range wanted {
		if _, ok := r.running[id]; ok {
			continue
		}
		partition, err := r.w.cluster.PartitionOf(ctx, schemas.TopicLedger, []byte(id))
		if err != nil {
			return // ctx ended
		}
		if s, ours := r.shares[partition]; ours {
			r.start(s, partition, t)
		}
	}
}

func (r *roster) start(s share, partition int, t schemas.Tenant) {
	collector, err := r.w.collector(t, r.started[t.ID], s.ledger)
	if err != nil {
		r.log.Error("tenant cannot be collected", "tenant", t.ID, "error", err)
		delete(r.written, t.ID) // until its entry is written again
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = collector.Run(ctx) // its errors are answers to ctx's end
	}()
	r.running[t.ID] = collecting{t, partition, func() { cancel(); <-done }}
	r.w.quotas.begin(t.ID)
	r.log.Info("tenant is collected", "tenant", t.ID, "name", t.Name, "content_types", t.ContentTypes, "partition", partition)
}

// end ends a tenant's collector and waits for it.
func (r *roster) end(id string) {
	r.running[id].stop()
	delete(r.running, id)
	r.w.quotas.end(id)
}

// counts gives how many tenants are to be watched, and how many of them are collected here.
func (r *roster) counts() (wanted, here int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.wanted()), len(r.running)
}
