package verify

import (
	"fmt"
	"time"
)

// Report says what of each tenant's content is there, and what is missing. Encoded as JSON it is one object, whose names
// stay. Times are in UTC; tenant IDs are in lower case.
type Report struct {
	At      time.Time `json:"at"`      // when it was made
	Since   time.Time `json:"since"`   // where what is looked at begins
	Missing int       `json:"missing"` // the sum of what is missing; 0 says that everything is there
	// Parts says what the sum is made of.
	Parts   []Part   `json:"parts"`
	Tenants []Tenant `json:"tenants"`
	Records Records  `json:"records"`
	// Skipped is what stages passed over because it could not be read. No tenant can be told of it.
	Skipped []Skip `json:"skipped"`
	// Unread is what cannot be decoded and no stage has passed over yet.
	Unread []Stretch `json:"unread"`
	// Damaged names entries of the ledger that cannot be read: what became of their blobs is not known.
	Damaged []Damage    `json:"damaged"`
	Deep    *Deep       `json:"deep,omitempty"`    // with --deep
	Against *Comparison `json:"against,omitempty"` // with --against
}

// Part is a number of things that are missing.
type Part struct {
	Count int    `json:"count"`
	What  string `json:"what"` // in the singular or the plural, as the count asks for
}

// Tenant is one tenant, known from the tenants topic, the configuration or the ledger.
type Tenant struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Connected bool   `json:"connected"` // the tenants topic or the configuration names it
	Feeds     []Feed `json:"feeds"`
}

// Feed is one content type of a tenant. Listed is the sum of Stored, Pending and Lost.
type Feed struct {
	ContentType string `json:"content_type"`
	Wanted      bool   `json:"wanted"` // it is to be watched now
	Listed      int    `json:"listed"` // blobs that Microsoft listed
	Stored      int    `json:"stored"` // blobs whose records are all in the raw topic
	Pending     int    `json:"pending"`
	Lost        int    `json:"lost"`    // blobs, those that expired while they were pending among them
	Records     int    `json:"records"` // of these blobs, as the ledger counts them; repeats count

	CoveredSince time.Time `json:"covered_since,omitzero"` // the first time that is covered at all
	CoveredUntil time.Time `json:"covered_until,omitzero"` // and the last
	Gaps         []Gap     `json:"gaps"`
	Losses       []Loss    `json:"losses"`
	Waiting      []Pending `json:"waiting"` // the pending blobs, the one that expires first before the others

	Raw     int `json:"raw"`     // distinct records in the raw topic, as far as normalize has come
	Events  int `json:"events"`  // that were received since then
	Rejects int `json:"rejects"` // that were received since then, of normalize and ingest
	Neither int `json:"neither"` // raw records of which there is neither an event nor a reject
}

// Gap is a span of contentCreated that was never listed to its end.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Until is when Microsoft stops to list the oldest of it.
	Until time.Time `json:"listable_until"`
}

// Loss is a number of lost blobs that stand next to each other.
type Loss struct {
	From       time.Time `json:"from"` // the first contentCreated
	To         time.Time `json:"to"`   // the last; of a day whose entries are gone, the day's end
	Blobs      int       `json:"blobs"`
	Records    int       `json:"records"` // that were stored of them all the same
	Reason     string    `json:"reason"`
	ContentIDs []string  `json:"content_ids,omitempty"`
}

// Pending is a blob that was listed and not stored yet.
type Pending struct {
	ContentID string    `json:"content_id"`
	Created   time.Time `json:"created"` // contentCreated
	Listed    time.Time `json:"listed"`  // since when it waits
	Expires   time.Time `json:"expires"`
}

// Skip is a part of a partition that a stage passed over.
type Skip struct {
	Stage     string    `json:"stage"`
	Topic     string    `json:"topic"` // without the prefix
	Partition int       `json:"partition"`
	From      int64     `json:"from"` // offset
	To        int64     `json:"to"`   // offset, not skipped any more
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Stretch is a part of a partition that cannot be decoded.
type Stretch struct {
	Topic     string `json:"topic"` // without the prefix
	Partition int    `json:"partition"`
	From      int64  `json:"from"` // offset
	To        int64  `json:"to"`   // offset that can be read again
	Problem   string `json:"problem"`
}

// Damage is an entry of the ledger that cannot be read.
type Damage struct {
	Key       string `json:"key"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	Problem   string `json:"problem"`
}

// Records compares the records of the raw topic with what became of them.
type Records struct {
	Neither []Record `json:"neither"` // distinct raw records with neither an event nor a reject, the first 100,000
	Unnamed int      `json:"unnamed"` // further ones, which are counted only
	// NotNormalized counts messages of the raw topic that normalize has yet to read. They are not missing.
	NotNormalized int64    `json:"not_normalized"`
	Repeated      []Repeat `json:"repeated"` // events that are there more than once
	Read          int64    `json:"read"`     // messages that were read to find all that
	Seconds       float64  `json:"seconds"`  // how long that took
}

// Record is a record in the raw topic.
type Record struct {
	Tenant         string    `json:"tenant"`
	Key            string    `json:"key"` // its Id, or x: and its SHA-256
	ContentType    string    `json:"content_type"`
	ContentID      string    `json:"content_id"`
	ContentCreated time.Time `json:"content_created,omitzero"`
	Received       time.Time `json:"received"`
	Partition      int       `json:"partition"`
	Offset         int64     `json:"offset"`
}

// Repeat is an event that is there more than once.
type Repeat struct {
	Tenant string `json:"tenant"`
	UID    string `json:"uid"`
	Times  int    `json:"times"`
}

// sum counts what is missing, and says of what kind it is.
func (r *Report) sum() {
	var blobs, gaps int
	for _, t := range r.Tenants {
		for _, f := range t.Feeds {
			blobs += f.Lost
			gaps += len(f.Gaps)
		}
	}
	r.Parts = []Part{}
	r.add(blobs, "lost blob", "lost blobs")
	r.add(gaps, "gap in the time covered", "gaps in the time covered")
	r.add(len(r.Records.Neither)+r.Records.Unnamed, "record with neither event nor reject", "records with neither event nor reject")
	r.add(len(r.Skipped), "skipped part of a topic", "skipped parts of topics")
	r.add(len(r.Unread), "undecodable part of a topic", "undecodable parts of topics")
	r.add(len(r.Damaged), "unreadable entry of the ledger", "unreadable entries of the ledger")
	if r.Deep != nil {
		unknown, failed := r.Deep.missing()
		r.add(unknown, "blob that the ledger does not have", "blobs that the ledger does not have")
		r.add(failed, "content type that could not be listed", "content types that could not be listed")
	}
	if r.Against != nil {
		r.add(len(r.Against.NotHere), "record that only the export has", "records that only the export has")
	}
}

func (r *Report) add(n int, one, many string) {
	if n == 0 {
		return
	}
	what := many
	if n == 1 {
		what = one
	}
	r.Missing += n
	r.Parts = append(r.Parts, Part{n, what})
}

// Verdict says in a line what the report amounts to.
func (r *Report) Verdict() string {
	verdict := "complete"
	if n := r.Records.NotNormalized; n > 0 {
		verdict = fmt.Sprintf("complete, as far as normalize has come: %s to go", plural(int(n), "message", "messages"))
	}
	if r.Missing > 0 {
		verdict = fmt.Sprintf("%d missing", r.Missing)
	}
	if n := len(r.Records.Repeated); n > 0 {
		verdict += ", and " + plural(n, "event is", "events are") + " there more than once"
	}
	return verdict
}
