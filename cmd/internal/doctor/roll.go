package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// refusal gives why a start was refused, nil where it was not.
func refusal(s schemas.Start) error {
	switch {
	case s.NoAudit:
		return errNoAudit
	case s.Refused != "":
		return errors.New(s.Refused)
	}
	return nil
}

// Entry is what the tenants topic says of a tenant.
type Entry struct {
	Tenant    schemas.Tenant
	Connected bool                     // else it is removed, or was never connected
	Starts    map[string]schemas.Start // by content type
}

// With gives the entry with another start of a content type.
func (e Entry) With(contentType string, s schemas.Start) Entry {
	starts := map[string]schemas.Start{contentType: s}
	for name, other := range e.Starts {
		if name != contentType {
			starts[name] = other
		}
	}
	e.Starts = starts
	return e
}

// Message gives the entry as it is written to the topic.
func (e Entry) Message() (schemas.Message, error) {
	m := schemas.Message{Topic: schemas.TopicTenants, Key: []byte(e.Tenant.ID)}
	if e.Connected {
		var err error
		if m, err = e.Tenant.Message(); err != nil {
			return m, err
		}
	}
	return m, m.Remember(e.Starts)
}

// Recent gives the last start of a content type if it was so short ago that there must not be another one.
func (e Entry) Recent(contentType string, now time.Time) (schemas.Start, bool) {
	s, ok := e.Starts[contentType]
	return s, ok && s.Recent(now)
}

// Roll reads the tenants topic: the entries by tenant ID in lower case. A message that cannot be read is passed over, as
// workers do; one of a later version is an error.
func Roll(ctx context.Context, cluster *kafka.Cluster) (map[string]Entry, error) {
	roll := map[string]Entry{}
	err := cluster.Read(ctx, kafka.Read{Topic: schemas.TopicTenants}, func(m schemas.Message) error {
		t, err := schemas.TenantOf(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
		if err != nil || !IsID(t.ID) {
			return nil
		}
		t.ID = strings.ToLower(t.ID)
		roll[t.ID] = Entry{Tenant: t, Connected: len(t.ContentTypes) > 0, Starts: schemas.StartsOf(m)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tenants: %w", err)
	}
	return roll, nil
}
