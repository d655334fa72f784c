package cloudsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNotSubscribed says that content was offered while nobody subscribed to its type. Such content never reaches the
// feed, not even after a later start.
var ErrNotSubscribed = errors.New("not subscribed")

// life is how long a blob can be listed and retrieved after contentCreated.
const life = 7 * 24 * time.Hour

// Record is one audit record that was made available. ID, Created and Operation are zero where the bytes do not say.
type Record struct {
	Tenant         string // tenant ID
	ContentType    string
	ContentID      string
	ID             string    // the record's Id
	Created        time.Time // the record's CreationTime
	ContentCreated time.Time // the blob's contentCreated
	Operation      string
}

// blob is one piece of content. Only served changes after it was put on the shelf.
type blob struct {
	seq     int // position in the order of availability, over all tenants and types, from 0
	tenant  string
	kind    string
	id      string
	created time.Time
	body    []byte
	records []Record
	served  bool
}

func (b *blob) expires() time.Time { return b.created.Add(life) }

// shelf holds the blobs in the order in which they became available. The cloud's lock guards it.
type shelf struct {
	blobs  []*blob
	byID   map[string]*blob
	served []*blob // in the order of their first complete retrieval
}

func newShelf() shelf { return shelf{byID: map[string]*blob{}} }

// Offer makes one blob available at once, with that contentCreated, and gives its contentId. Records are the elements
// of its array, written as they are: tests need broken ones. It fails with ErrNotSubscribed while the tenant has no
// enabled subscription of that type.
func (c *Cloud) Offer(tenant, contentType string, created time.Time, records ...[]byte) (string, error) {
	body := append([]byte{'['}, bytes.Join(records, []byte{','})...)
	return c.offer(tenant, contentType, created, append(body, ']'), records)
}

// OfferBody makes a blob available whose body is written as it is: no array, empty, cut off. Where it is an array
// after all, its elements count as records.
func (c *Cloud) OfferBody(tenant, contentType string, created time.Time, body []byte) (string, error) {
	var elements []json.RawMessage
	_ = json.Unmarshal(body, &elements) // a broken body holds no record
	records := make([][]byte, len(elements))
	for i, e := range elements {
		records[i] = e
	}
	return c.offer(tenant, contentType, created, bytes.Clone(body), records)
}

func (c *Cloud) offer(tenant, name string, created time.Time, body []byte, records [][]byte) (string, error) {
	kind, ok := contentType(name)
	if !ok {
		return "", fmt.Errorf("offer %s of tenant %s: no such content type", name, tenant)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenant(tenant)
	if t == nil {
		return "", fmt.Errorf("offer %s of tenant %s: no such tenant", name, tenant)
	}
	if s := t.subscription(kind); s == nil || s.Status != enabled {
		return "", fmt.Errorf("offer %s of tenant %s: %w", kind, t.ID, ErrNotSubscribed)
	}
	b := &blob{seq: len(c.shelf.blobs), tenant: t.ID, kind: kind, created: created.UTC().Truncate(time.Millisecond), body: body}
	b.id = contentID(b)
	for _, r := range records {
		b.records = append(b.records, describe(b, r))
	}
	c.shelf.blobs = append(c.shelf.blobs, b)
	c.shelf.byID[b.id] = b
	return b.id, nil
}

// contentID gives an ID in the form that was observed: two stamps of milliseconds and a counter, the type twice, and
// sometimes a data centre.
func contentID(b *blob) string {
	stamp := strings.Replace(b.created.Format("20060102150405.000"), ".", "", 1) + fmt.Sprintf("%06d", b.seq%1_000_000)
	kind := strings.ReplaceAll(b.kind, ".", "_")
	id := stamp + "$" + stamp + "$" + strings.ToLower(kind) + "$" + kind
	if b.seq%2 == 1 {
		id += "$na0014"
	}
	return id
}

// describe reads what the simulation wants to know of a record, as far as it can be read.
func describe(b *blob, body []byte) Record {
	var r struct{ Id, CreationTime, Operation any }
	_ = json.Unmarshal(body, &r) // an unreadable record is described by its blob alone
	text := func(v any) string { s, _ := v.(string); return s }
	created, _ := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text(r.CreationTime), "Z"))
	return Record{
		Tenant: b.tenant, ContentType: b.kind, ContentID: b.id, ContentCreated: b.created,
		ID: text(r.Id), Created: created, Operation: text(r.Operation),
	}
}

// Offered gives every record that was made available, in the order of availability.
func (c *Cloud) Offered() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return recordsOf(c.shelf.blobs)
}

// Served gives every record that a client retrieved completely: the last byte of its blob was handed to the network
// while the client was still there. A blob that was retrieved repeatedly counts once.
func (c *Cloud) Served() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return recordsOf(c.shelf.served)
}

func recordsOf(blobs []*blob) []Record {
	var out []Record
	for _, b := range blobs {
		out = append(out, b.records...)
	}
	return out
}
