package cloudsim

import (
	"fmt"
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
	state := &tenant{Tenant: t}
	for _, name := range t.Enabled {
		kind, ok := contentType(name)
		if !ok {
			return fmt.Errorf("simulated tenant %s: %q is no content type", t.ID, name)
		}
		state.start(kind, time.Time{})
	}
	c.tenants = append(c.tenants, state)
	return nil
}

// Tenants gives the tenants as they were configured, with what was left out.
func (c *Cloud) Tenants() []Tenant {
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
