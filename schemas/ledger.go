package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// LedgerVersion is the version of a ledger value. A reader that meets a higher one must stop: it cannot know
// what the entry promises.
const LedgerVersion = 1

// BlobState says what became of a blob.
type BlobState string

// The blob states. Listed comes first; stored takes the place of both others, lost that of listed.
const (
	BlobListed BlobState = "listed" // Microsoft lists it, and it is being fetched or waits for that: pending
	BlobStored BlobState = "stored" // all its records are acknowledged in the raw topic
	BlobLost   BlobState = "lost"   // it can no longer be fetched, or not be read; Reason says why
)

// Blob is a ledger entry: one content blob that Microsoft listed and what became of it.
type Blob struct {
	V           int           `json:"v"`
	Tenant      string        `json:"tenant"`
	ContentType string        `json:"content_type"`
	ContentID   string        `json:"content_id"`
	State       BlobState     `json:"state"`
	Created     time.Time     `json:"created"`           // contentCreated
	Expires     time.Time     `json:"expires"`           // contentExpiration
	At          time.Time     `json:"at"`                // when the state was reached
	URI         string        `json:"uri,omitempty"`     // contentUri of a listed blob, to fetch it from without another listing
	Records     int           `json:"records"`           // records written to the raw topic
	Offsets     map[int]int64 `json:"offsets,omitempty"` // last raw offset by partition
	Reason      string        `json:"reason,omitempty"`  // of a loss
}

// Key gives the entry's key, tenant/type/contentId.
func (b Blob) Key() string { return b.Tenant + "/" + b.ContentType + "/" + b.ContentID }

// Day names the day that the blob is counted in: that of Offered.
func (b Blob) Day() string { return DayOf(b.Offered()) }

// Offered is when Microsoft made the blob: contentCreated, or where that could not be read, seven days before its expiry.
func (b Blob) Offered() time.Time {
	switch {
	case !b.Created.IsZero():
		return b.Created
	case !b.Expires.IsZero():
		return b.Expires.AddDate(0, 0, -7)
	default:
		return b.At
	}
}

// Message gives the entry as it is written to the ledger topic.
func (b Blob) Message() (Message, error) {
	b.V = LedgerVersion
	return ledgerMessage(b.Key(), b.At, b)
}

// BlobOf reads a blob's message of the ledger topic, which is one that no other function below takes: see IsDay and
// IsDeployment. A tombstone gives an entry without a state. An error other than a *VersionError says that the entry is
// damaged: it says nothing, or something of another blob.
func BlobOf(m Message) (Blob, error) {
	parts := strings.SplitN(string(m.Key), "/", 3)
	if len(parts) != 3 {
		return Blob{}, fmt.Errorf("ledger key %q at %d/%d: want tenant/type/contentId", m.Key, m.Partition, m.Offset)
	}
	if len(m.Value) == 0 {
		return Blob{Tenant: parts[0], ContentType: parts[1], ContentID: parts[2]}, nil
	}
	var b Blob
	if err := readLedger(m, &b); err != nil {
		return Blob{}, err
	}
	switch {
	case b.Key() != string(m.Key):
		return Blob{}, damaged(m, "it is about %q", b.Key())
	case b.State != BlobListed && b.State != BlobStored && b.State != BlobLost:
		return Blob{}, damaged(m, "state %q", b.State)
	}
	return b, nil
}

// LedgerTenant gives the tenant of a ledger or tenants key, which such topics are partitioned by.
func LedgerTenant(key []byte) []byte {
	for i, c := range key {
		if c == '/' {
			return key[:i]
		}
	}
	return key
}

// checkVersion refuses a value of a higher version than this program reads. It looks at the version alone,
// because of a later value nothing else may be known, not even the types of its attributes.
func checkVersion(m Message, highest int) error {
	var value struct{ V int }
	if err := json.Unmarshal(m.Value, &value); err != nil {
		return fmt.Errorf("%q at %d/%d: %w", m.Key, m.Partition, m.Offset, err)
	}
	if value.V > highest {
		return &VersionError{Key: string(m.Key), Partition: m.Partition, Offset: m.Offset, Version: value.V, Highest: highest}
	}
	return nil
}

// VersionError says that a value is of a later version than this program reads. What it says is not known, so it must
// not be passed over.
type VersionError struct {
	Key       string
	Partition int
	Offset    int64
	Version   int // of the value
	Highest   int // that this program reads
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%q at %d/%d has version %d, this program reads up to %d: upgrade it",
		e.Key, e.Partition, e.Offset, e.Version, e.Highest)
}
