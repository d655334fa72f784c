package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Day is a ledger entry: what became of the content that Microsoft created for a tenant on one day, by UTC. It stays when
// the entries of its blobs are gone.
type Day struct {
	V           int       `json:"v"`
	Tenant      string    `json:"tenant"`
	ContentType string    `json:"content_type"`
	Day         string    `json:"day"`     // 2006-01-02
	Covered     []Span    `json:"covered"` // what of the day was listed to the end, in order and apart
	Listed      int       `json:"listed"`  // blobs that are pending
	Stored      int       `json:"stored"`  // blobs
	Lost        int       `json:"lost"`    // blobs
	Records     int       `json:"records"` // written to the raw topic from these blobs
	Final       bool      `json:"final"`   // nothing of the day can be listed any more, and no blob is pending
	At          time.Time `json:"at"`      // when this was so
}

// Span is a span of contentCreated: From is inside, To is not.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// DayOf gives the name of a time's day.
func DayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Key gives the entry's key, tenant/type/day.
func (d Day) Key() string { return d.Tenant + "/" + d.ContentType + "/" + d.Day }

// Message gives the entry as it is written to the ledger topic.
func (d Day) Message() (Message, error) {
	d.V = LedgerVersion
	if d.Covered == nil {
		d.Covered = []Span{}
	}
	return ledgerMessage(d.Key(), d.At, d)
}

// IsDay says whether a message of the ledger topic is a day's.
func IsDay(m Message) bool {
	parts := strings.SplitN(string(m.Key), "/", 3)
	if len(parts) != 3 {
		return false
	}
	_, err := time.Parse(time.DateOnly, parts[2])
	return err == nil
}

// DaySummary reads a day's message of the ledger topic. An error other than a *VersionError says that the entry is
// damaged, or a tombstone, which nobody writes for a day.
func DaySummary(m Message) (Day, error) {
	var d Day
	if err := readLedger(m, &d); err != nil {
		return Day{}, err
	}
	switch {
	case d.Key() != string(m.Key):
		return Day{}, damaged(m, "it is about %q", d.Key())
	case min(d.Listed, d.Stored, d.Lost, d.Records) < 0:
		return Day{}, damaged(m, "%d listed, %d stored, %d lost, %d records", d.Listed, d.Stored, d.Lost, d.Records)
	}
	return d, nil
}

func ledgerMessage(key string, at time.Time, value any) (Message, error) {
	v, err := json.Marshal(value)
	if err != nil {
		return Message{}, fmt.Errorf("encode ledger entry %s: %w", key, err)
	}
	return Message{Topic: TopicLedger, Key: []byte(key), Value: v, Time: at}, nil
}

// versioned is how a value begins that this program has written. To see that is quicker than to decode the value twice,
// and a worker that starts reads millions.
var versioned = fmt.Appendf(nil, `{"v":%d,`, LedgerVersion)

func readLedger(m Message, into any) error {
	if !bytes.HasPrefix(m.Value, versioned) {
		if err := checkVersion(m, LedgerVersion); err != nil {
			return fmt.Errorf("ledger entry %w", err)
		}
	}
	if err := json.Unmarshal(m.Value, into); err != nil {
		return fmt.Errorf("ledger entry %q at %d/%d: %w", m.Key, m.Partition, m.Offset, err)
	}
	return nil
}

// damaged is the error of an entry that can be decoded and cannot be right.
func damaged(m Message, format string, args ...any) error {
	return fmt.Errorf("ledger entry %q at %d/%d: %s", m.Key, m.Partition, m.Offset, fmt.Sprintf(format, args...))
}
