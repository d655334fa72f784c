package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// domains are the domains that tenants have beside those that their records show: those of the configuration and those
// of the tenants topic, as it changes.
type domains struct {
	known chan struct{} // closed when the topic has been read as it was at the start

	mu      sync.RWMutex
	fixed   map[string][]string // by tenant
	written map[string][]string
}

func newDomains(configured []schemas.Tenant) *domains {
	d := &domains{known: make(chan struct{}), fixed: map[string][]string{}, written: map[string][]string{}}
	for _, t := range configured {
		d.fixed[strings.ToLower(t.ID)] = t.Domains
	}
	return d
}

// of gives a tenant's domains.
func (d *domains) of(tenant string) []string {
	tenant = strings.ToLower(tenant)
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Concat(d.fixed[tenant], d.written[tenant])
}

// note takes what a message of the tenants topic says. An entry that cannot be read changes nothing; one of a later version
// is an error, because nobody here knows what it asks for.
func (d *domains) note(m schemas.Message) error {
	t, err := schemas.TenantOf(m)
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.written[strings.ToLower(t.ID)] = t.Domains
	}
	return nil
}

// watchDomains does what the tenants topic says until ctx ends.
func (w *Worker) watchDomains(ctx context.Context) error {
	return w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicTenants, Follow: true, CaughtUp: func() { close(w.domains.known) }}, w.domains.note)
}
