package status

import (
	"errors"
	"maps"
	"strings"

	"github.com/google/uuid"

	"ualstream/schemas"
)

// directory is the tenants that are connected: those of the configuration, and those of the topic.
type directory struct {
	configured map[string]schemas.Tenant // by ID in lower case, as all here
	written    map[string]schemas.Tenant
	next       map[int]int64 // offset to read on from, by partition
}

func newDirectory(configured []schemas.Tenant) *directory {
	d := &directory{configured: map[string]schemas.Tenant{}, written: map[string]schemas.Tenant{}, next: map[int]int64{}}
	for _, t := range configured {
		d.configured[strings.ToLower(t.ID)] = t
	}
	return d
}

// take notes an entry of the tenants topic. One that cannot be read changes nothing, as it does in a worker; one of a
// later version is an error.
func (d *directory) take(m schemas.Message) error {
	t, err := schemas.TenantOf(m)
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	d.next[m.Partition] = m.Offset + 1
	id := strings.ToLower(t.ID)
	switch {
	case err != nil || uuid.Validate(id) != nil:
	case len(t.ContentTypes) == 0:
		delete(d.written, id)
	default:
		d.written[id] = t
	}
	return nil
}

// connected gives them by ID. For a tenant in both, the configuration counts.
func (d *directory) connected() map[string]schemas.Tenant {
	all := maps.Clone(d.written)
	maps.Copy(all, d.configured)
	return all
}
