package cloudsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// tenant is one tenant's state. The cloud's lock guards it.
type tenant struct {
	Tenant
	subscriptions []*subscription // in the order they were first started
	large         bool            // the fault large-blob has had its blob
	meter         meter           // has a lock of its own
}

// admit adds a tenant to a cloud that is being made.
func (c *Cloud) admit(t Tenant) error {
	id, err := uuid.Parse(t.ID)
	if err != nil || t.Domain == "" {
		return fmt.Errorf("simulated tenant %q of domain %q: it needs a GUID and a domain", t.ID, t.Domain)
	}
	t.ID = id.String()
	if c.tenant(t.ID) != nil || c.tenant(t.Domain) != nil {
		return fmt.Errorf("simulated tenant %s (%s) is there twice", t.ID, t.Domain)
	}
	if t.Users <= 0 {
		t.Users = 25
	}
	all := append(slices.Clone(c.cfg.States), t.States...)
	if err := all.check(); err != nil {
		return fmt.Errorf("simulated tenant %s: %w", t.ID, err)
	}
	state := &tenant{Tenant: t}
	state.States = nil
	for _, name := range t.Enabled {
		kind, ok := contentType(name)
		if !ok {
			return fmt.Errorf("simulated tenant %s: %q is no content type", t.ID, name)
		}
		if !all.has(AuditingOff) { // it never was on, so that nothing could be started
			state.start(kind, time.Time{})
		}
	}
	state.enter(all)
	c.tenants = append(c.tenants, state)
	return nil
}

// Tenants gives the tenants as they were configured, with what was left out and the states in which they are now.
func (c *Cloud) Tenants() []Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Tenant
	for _, t := range c.tenants {
		out = append(out, t.Tenant)
	}
	return out
}

// tenant finds a tenant by ID or domain, or gives nil.
func (c *Cloud) tenant(name string) *tenant {
	for _, t := range c.tenants {
		if strings.EqualFold(t.ID, name) || strings.EqualFold(t.Domain, name) {
			return t
		}
	}
	return nil
}
