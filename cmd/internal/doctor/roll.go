package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// startsHeader is the header of a message of the tenants topic that remembers when subscriptions were started. Workers
// do not read it. It may be on a tombstone, too: a tenant that could not be connected.
const startsHeader = "starts"

// StartEvery is how long Microsoft asks to wait before the same subscription is started again.
const StartEvery = 15 * time.Minute

// Start is when a subscription was last started, and what became of it.
type Start struct {
	At      time.Time `json:"at"`
	Refused string    `json:"refused,omitempty"` // why it was refused, in one line
	NoAudit bool      `json:"no_audit,omitempty"`
}

// Err gives why the start was refused, nil where it was not.
func (s Start) Err() error {
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
	Connected bool             // else it is removed, or was never connected
	Starts    map[string]Start // by content type
}

// With gives the entry with another start of a content type.
func (e Entry) With(contentType string, s Start) Entry {
	starts := map[string]Start{contentType: s}
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
	starts, err := json.Marshal(e.Starts)
	if err != nil {
		return m, fmt.Errorf("encode the starts of tenant %s: %w", e.Tenant.ID, err)
	}
	m.SetHeader(startsHeader, string(starts))
	return m, nil
}

// Recent gives the last start of a content type if it was so short ago that there must not be another one.
func (e Entry) Recent(contentType string, now time.Time) (Start, bool) {
	s, ok := e.Starts[contentType]
	return s, ok && now.Sub(s.At).Abs() < StartEvery
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
		e := Entry{Tenant: t, Connected: len(t.ContentTypes) > 0}
		_ = json.Unmarshal([]byte(m.Header(startsHeader)), &e.Starts) // another program's entry has none
		roll[t.ID] = e
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tenants: %w", err)
	}
	return roll, nil
}
