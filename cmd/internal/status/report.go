// Package status tells how a deployment does: which tenants are connected, what came from each of their content types
// and how late, what was lost, and how far behind each stage is.
//
// It takes a Kafka and, from its caller, what only Microsoft knows: the states of subscriptions. It gives a Report, and
// that as a table for people. It reads topics and the offsets of groups; it joins no group, writes nothing and makes no
// topic. It must not know how Microsoft is asked, nor the command line.
package status

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The states of a subscription.
const (
	Enabled  = "enabled"  // content flows
	Disabled = "disabled" // an administrator stopped it: what happens now can never be fetched
	None     = "none"     // it was never started
	Unknown  = "unknown"  // Microsoft was not asked, or did not answer
)

// Report is the picture of a deployment.
type Report struct {
	At      time.Time `json:"at"`      // when it was taken, UTC
	Tenants []Tenant  `json:"tenants"` // the worst first
	Stages  []Stage   `json:"stages"`  // in the order of a record's way
	Rules   *Rules    `json:"rules,omitempty"`
}

// Rules are what a worker detects with; only that worker tells them.
type Rules struct {
	Rules        int    `json:"rules"`
	Correlations int    `json:"correlations"`
	Hash         string `json:"hash,omitempty"` // names them, like in the signals topic
	Waiting      bool   `json:"waiting"`        // other rules are in use, so that the worker does not detect
}

// String gives them in a line for people.
func (r Rules) String() string {
	text := fmt.Sprintf("Rules: %d, correlations: %d", r.Rules, r.Correlations)
	if r.Hash != "" {
		text += " (" + plain(r.Hash, 12) + ")"
	}
	if r.Waiting {
		text += ", which wait: other workers have rules that took over later"
	}
	return text
}

// Tenant is one tenant and what came of it.
type Tenant struct {
	ID   string `json:"id"`             // in lower case
	Name string `json:"name,omitempty"` // what people call it
	// Connected says that the tenants topic or the configuration names it. One that is not is known from the ledger: it
	// was disconnected, or a worker has it in a configuration of its own.
	Connected     bool           `json:"connected"`
	Trouble       string         `json:"trouble,omitempty"` // why the states of its subscriptions are not known
	Subscriptions []Subscription `json:"subscriptions"`     // those that are wanted, and those of which there was content
	Quota         *Quota         `json:"quota,omitempty"`   // what a worker tells that fetches the tenant; nil without one
}

// Quota is what a worker uses of the requests that Microsoft lets a tenant make.
type Quota struct {
	Used       int    `json:"used"`       // requests of the last minute
	Allowed    int    `json:"allowed"`    // requests a minute, less than configured after throttling
	Configured int    `json:"configured"` // requests a minute
	Throttled  uint64 `json:"throttled"`  // answers that there were too many (AF429), since the worker began
}

// String gives the quota in a line for people.
func (q Quota) String() string {
	text := fmt.Sprintf("%d of %d requests used in the last minute", q.Used, q.Allowed)
	if q.Allowed < q.Configured {
		text += fmt.Sprintf(", which throttling has lowered from %d", q.Configured)
	}
	return text
}

// Subscription is one content type of a tenant.
type Subscription struct {
	ContentType string    // e.g. Audit.Exchange
	Status      string    // Enabled, Disabled, None or Unknown
	LastContent time.Time // when Microsoft offered the newest content that is stored, UTC; zero for none
	// Records24h counts the records that were stored in the last 24 hours, to ten minutes. Those of a blob that was
	// fetched twice, by two workers at once, count twice.
	Records24h int
	Lost       int // blobs of the last seven days that could not be fetched, or not be read to their end
	// The mean delay of recent records: Microsoft's, from when something happened until it was offered, and ours, from
	// then until it was received. One that is not known is 0; one that is known is a millisecond at least.
	Microsoft, Ours time.Duration
}

// Stage is one step of a record's way, and the consumer group of that name.
type Stage struct {
	Name string  `json:"name"` // ingest, normalize, detect, correlate or publish
	Lag  int64   `json:"lag"`  // messages that it has yet to read; 0 for ingest, which reads from Microsoft
	Rate float64 `json:"rate"` // messages a second since the look before
}

// Began says whether any content came.
func (t Tenant) Began() bool { return !t.lastContent().IsZero() }

func (t Tenant) lastContent() (last time.Time) {
	for _, s := range t.Subscriptions {
		if s.LastContent.After(last) {
			last = s.LastContent
		}
	}
	return last
}

func (t Tenant) lost() (n int) {
	for _, s := range t.Subscriptions {
		n += s.Lost
	}
	return n
}

// stopped counts the subscriptions that nothing comes from.
func (t Tenant) stopped() (n int) {
	for _, s := range t.Subscriptions {
		if s.Status == Disabled || s.Status == None {
			n++
		}
	}
	return n
}

// worstFirst sorts by what was lost, then by subscriptions that are stopped, then by how long nothing came.
func worstFirst(tenants []Tenant) {
	slices.SortFunc(tenants, func(a, b Tenant) int {
		return cmp.Or(
			cmp.Compare(b.lost(), a.lost()),
			cmp.Compare(b.stopped(), a.stopped()),
			a.lastContent().Compare(b.lastContent()),
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// subscriptionJSON is a Subscription as programs read it: lengths of time in seconds, and nothing that is not known.
type subscriptionJSON struct {
	ContentType string    `json:"content_type"`
	Status      string    `json:"status"`
	LastContent time.Time `json:"last_content,omitzero"`
	Records24h  int       `json:"records_24h"`
	Lost        int       `json:"lost"`
	Microsoft   float64   `json:"microsoft_seconds,omitzero"`
	Ours        float64   `json:"ours_seconds,omitzero"`
}

// MarshalJSON gives the delays in seconds and leaves out what is not known.
func (s Subscription) MarshalJSON() ([]byte, error) {
	return json.Marshal(subscriptionJSON{
		s.ContentType, s.Status, s.LastContent, s.Records24h, s.Lost, s.Microsoft.Seconds(), s.Ours.Seconds(),
	})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	var j subscriptionJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	seconds := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	*s = Subscription{j.ContentType, j.Status, j.LastContent, j.Records24h, j.Lost, seconds(j.Microsoft), seconds(j.Ours)}
	return nil
}
