package cloudsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrNotSubscribed says that content was offered while nobody subscribed to its type. Such content never reaches the
// feed, not even after a later start.
var ErrNotSubscribed = errors.New("not subscribed")

// life is how long a blob can be listed and retrieved after contentCreated.
const life = 7 * 24 * time.Hour

// Record is one audit record that was made available, once for each blob that holds it. ID, Created and Operation are
// zero where the bytes never said.
type Record struct {
	Tenant         string // tenant ID
	ContentType    string
	ContentID      string
	ID             string    // the record's Id
	Created        time.Time // the record's CreationTime
	ContentCreated time.Time // the blob's contentCreated
	Operation      string
	Fate           Fate // what a client that makes no mistake can do with it, as things stand
}

// blob is one piece of content. Only listed and served change after it was put on the shelf.
type blob struct {
	seq     int // position in the order of availability, over all tenants and types, from 0
	tenant  string
	kind    string
	id      string
	created time.Time
	body    []byte
	records []Record
	large   *large // in place of body and records

	unreadable [][]byte // elements of the body that are no records

	broken  bool   // the body is not an array to its end
	refusal string // the code that it is always answered with, where a fault took it away
	listed  bool
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
// enabled subscription of that type. Faults may change what becomes of the records; Offered tells.
func (c *Cloud) Offer(tenant, contentType string, created time.Time, records ...[]byte) (string, error) {
	return c.offer(tenant, contentType, delivery{created: created, records: records})
}

// OfferBody makes a blob available whose body is written as it is: no array, empty, cut off. Its elements count as
// records, up to the first that is no JSON. No fault changes its bytes.
func (c *Cloud) OfferBody(tenant, contentType string, created time.Time, body []byte) (string, error) {
	elements, whole := elementsOf(body)
	return c.offer(tenant, contentType, delivery{created: created, records: elements, body: append([]byte{}, body...), broken: !whole})
}

// elementsOf gives the elements of an array up to the first that is no JSON, and whether that is all there is.
func elementsOf(body []byte) (elements [][]byte, whole bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, false
	}
	for d.More() {
		var e json.RawMessage
		if d.Decode(&e) != nil {
			return elements, false
		}
		elements = append(elements, e)
	}
	if _, err := d.Token(); err != nil {
		return elements, false
	}
	_, err := d.Token()
	return elements, errors.Is(err, io.EOF)
}

// delivery is content on its way to the shelf.
type delivery struct {
	tenant  *tenant
	kind    string
	created time.Time
	records [][]byte // the elements of its array, as far as they can be told apart
	body    []byte   // as it is written; nil is the array of the records
	broken  bool     // the body is not an array to its end
	again   bool     // its records were delivered before
}

func (c *Cloud) offer(tenant, name string, d delivery) (string, error) {
	kind, ok := contentType(name)
	if !ok {
		return "", fmt.Errorf("offer %s of tenant %s: no such content type", name, tenant)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.tenant, d.kind = c.tenant(tenant), kind; d.tenant == nil {
		return "", fmt.Errorf("offer %s of tenant %s: no such tenant", name, tenant)
	}
	if !d.tenant.receives(kind) {
		return "", fmt.Errorf("offer %s of tenant %s: %w", kind, d.tenant.ID, ErrNotSubscribed)
	}
	return c.deliverSpoiled(d), nil
}

// receives says whether content of the type is for the tenant at all.
func (t *tenant) receives(kind string) bool {
	s := t.subscription(kind)
	return s != nil && (s.Status == enabled || s.lapsed)
}

// shelve puts a delivery on the shelf. The cloud's lock is held.
func (c *Cloud) shelve(d delivery) *blob {
	b := &blob{
		seq: len(c.shelf.blobs), tenant: d.tenant.ID, kind: d.kind, created: d.created.UTC().Truncate(time.Millisecond),
		body: d.body, broken: d.broken,
	}
	b.id = contentID(b)
	for _, r := range d.records {
		described := describe(b, r)
		if b.records = append(b.records, described); described.Fate == Unreadable {
			b.unreadable = append(b.unreadable, bytes.Clone(r))
		}
	}
	if b.body == nil {
		b.body = array(d.records)
	}
	c.shelf.blobs = append(c.shelf.blobs, b)
	c.shelf.byID[b.id] = b
	return b
}

func array(records [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(records, []byte{','})...), ']')
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
	r := Record{Tenant: b.tenant, ContentType: b.kind, ContentID: b.id, ContentCreated: b.created, Fate: Unreadable}
	var attributes map[string]json.RawMessage
	if json.Unmarshal(body, &attributes) != nil {
		return r
	}
	text := func(name string) (s string) {
		_ = json.Unmarshal(attributes[name], &s) // what is no text is not said
		return s
	}
	r.ID, r.Operation = text("Id"), text("Operation")
	r.Created, _ = time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text("CreationTime"), "Z"))
	if r.ID != "" {
		r.Fate = Obtainable
	}
	return r
}
