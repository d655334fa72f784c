package schemas

import (
	"encoding/json"
	"fmt"
	"time"
)

// startsHeader is the header of a message of the tenants topic that remembers when subscriptions were started. It may
// be on a tombstone, too: of a tenant that could not be connected.
const startsHeader = "starts"

// StartEvery is how long Microsoft asks to wait before the same subscription is started again
// (Management Activity API reference, Start a subscription).
const StartEvery = 15 * time.Minute

// Start is when a tenant's subscription to a content type was last started, and what became of it.
type Start struct {
	At      time.Time `json:"at"`
	Refused string    `json:"refused,omitempty"` // why it was refused, in one line
	NoAudit bool      `json:"no_audit,omitempty"`
}

// Recent says whether it was so short ago that there must not be another one.
func (s Start) Recent(now time.Time) bool { return now.Sub(s.At).Abs() < StartEvery }

// StartsOf gives the starts that a message of the tenants topic remembers, by content type. Another program's message
// has none.
func StartsOf(m Message) (starts map[string]Start) {
	_ = json.Unmarshal([]byte(m.Header(startsHeader)), &starts)
	return starts
}

// Remember puts starts, by content type, on a message of the tenants topic.
func (m *Message) Remember(starts map[string]Start) error {
	text, err := json.Marshal(starts)
	if err != nil {
		return fmt.Errorf("encode the starts of tenant %s: %w", m.Key, err)
	}
	m.SetHeader(startsHeader, string(text))
	return nil
}
