package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/google/uuid"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest"
	"ualstream/schemas"
)

// roster keeps a collector running for each tenant that is to be watched: those of the configuration for as long as
// the worker runs, and those of the tenants topic from when they are written there until their tombstone. For a
// tenant in both, the configuration counts.
type roster struct {
	w      *Worker
	log    *slog.Logger
	ledger *ingest.Ledger

	fixed   map[string]bool           // of the configuration
	wanted  map[string]schemas.Tenant // as the topic says, so far
	running map[string]collecting
}

// collecting is a collector that runs.
type collecting struct {
	tenant schemas.Tenant
	stop   func() // ends it and waits for it
}

func (w *Worker) newRoster(ledger *ingest.Ledger) *roster {
	return &roster{
		w: w, log: w.options.Logger.With("stage", StageIngest), ledger: ledger,
		fixed: map[string]bool{}, wanted: map[string]schemas.Tenant{}, running: map[string]collecting{},
	}
}

// configured starts the configuration's tenants. One that cannot be collected is an error.
func (r *roster) configured(ctx context.Context) error {
	for _, t := range r.w.options.Tenants {
		r.fixed[t.ID] = true
		if err := r.start(ctx, t); err != nil {
			return fmt.Errorf("tenant %s: %w", t.ID, err)
		}
	}
	return nil
}

// follow does what the tenants topic says until ctx ends.
func (r *roster) follow(ctx context.Context) error {
	caughtUp := false
	return r.w.cluster.Read(ctx, kafka.Read{
		Topic: schemas.TopicTenants, Follow: true,
		CaughtUp: func() {
			caughtUp = true
			r.reconcile(ctx)
			if len(r.running) == 0 {
				r.log.Warn("no tenant is connected yet, so nothing is fetched: connect one with 'ualstream connect', or name one under tenants in the configuration")
			}
		},
	}, func(m schemas.Message) error {
		if err := r.note(m); err != nil {
			return err
		}
		if caughtUp {
			r.reconcile(ctx)
		}
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
	switch {
	case err != nil:
		r.log.Error("an entry of the tenants topic cannot be read: the tenant stays as it was", "error", err)
	case len(t.ContentTypes) == 0:
		delete(r.wanted, t.ID)
	default:
		r.wanted[t.ID] = t
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

// reconcile makes what runs equal to what is wanted.
func (r *roster) reconcile(ctx context.Context) {
	for id, c := range r.running {
		if t, ok := r.wanted[id]; !r.fixed[id] && (!ok || !reflect.DeepEqual(t, c.tenant)) {
			c.stop()
			delete(r.running, id)
			r.log.Info("tenant is no longer collected as it was", "tenant", id, "connected", ok)
		}
	}
	for id, t := range r.wanted {
		if _, ok := r.running[id]; ok {
			continue
		}
		if err := r.start(ctx, t); err != nil {
			r.log.Error("tenant cannot be collected", "tenant", id, "error", err)
			delete(r.wanted, id) // until its entry is written again
		}
	}
}

func (r *roster) start(ctx context.Context, t schemas.Tenant) error {
	collector, err := r.w.collector(t, r.ledger)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = collector.Run(ctx) // its errors are answers to ctx's end
	}()
	r.running[t.ID] = collecting{t, func() { cancel(); <-done }}
	r.log.Info("tenant is collected", "tenant", t.ID, "name", t.Name, "content_types", t.ContentTypes)
	return nil
}

// stop ends all collectors.
func (r *roster) stop() {
	for _, c := range r.running {
		c.stop()
	}
}
