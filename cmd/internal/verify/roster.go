package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// roster is the tenants that are known, by their IDs in lower case.
type roster map[string]member

// member is a tenant that the configuration or the tenants topic names.
type member struct {
	schemas.Tenant
	configured bool
	since      map[string]time.Time // when the topic came to name a content type
}

func newRoster(configured []schemas.Tenant) roster {
	r := roster{}
	for _, t := range configured {
		r[strings.ToLower(t.ID)] = member{Tenant: t, configured: true}
	}
	return r
}

// take notes an entry of the tenants topic. The configuration goes before it. One that cannot be read changes nothing, as
// it does in a worker; one of a later version is an error.
func (r roster) take(m schemas.Message) error {
	t, err := schemas.TenantOf(m)
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	id := strings.ToLower(t.ID)
	was, known := r[id]
	switch {
	case err != nil || known && was.configured:
	case len(t.ContentTypes) == 0:
		delete(r, id)
	default:
		now := member{Tenant: t, since: map[string]time.Time{}}
		for _, name := range t.ContentTypes {
			now.since[name] = m.Time
			if first, ok := was.since[name]; ok {
				now.since[name] = first
			}
		}
		r[id] = now
	}
	return nil
}

// types gives the content types that are to be watched.
func (m member) types() []string {
	if len(m.ContentTypes) == 0 && m.ID != "" {
		return schemas.ContentTypes
	}
	return m.ContentTypes
}

// UnknownTenantError says that nobody knows of a tenant.
type UnknownTenantError struct {
	Tenant string
	Known  []string // IDs
}

func (e *UnknownTenantError) Error() string {
	return fmt.Sprintf("tenant %q is neither in the tenants topic nor in the configuration nor in the ledger", e.Tenant)
}

// find gives the ID of a tenant that is named by it or by what people call it; "" for "".
func (r roster) find(named string, b *book) (string, error) {
	named = strings.ToLower(named)
	known := map[string]bool{}
	for _, f := range b.feeds {
		known[f.tenant] = true
	}
	for id := range r {
		known[id] = true
	}
	if named == "" || known[named] {
		return named, nil
	}
	for id, m := range r {
		if strings.ToLower(m.Name) == named {
			return id, nil
		}
	}
	unknown := &UnknownTenantError{Tenant: named}
	for id := range known {
		unknown.Known = append(unknown.Known, id)
	}
	slices.Sort(unknown.Known)
	return "", unknown
}
