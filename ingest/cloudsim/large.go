package cloudsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
)

// largeType is the content type of large blobs.
const largeType = "Audit.Exchange"

// messagesEach is how many messages each record of a large blob names, which makes it about as large as real ones
// become.
const messagesEach = 30

// large is the content of a blob that is made while it is written: one record again and again, but for its Id. The
// whole of it is nowhere.
type large struct {
	space  uuid.UUID // the Ids are made in
	before []byte    // the record up to its Id
	after  []byte
	n      int
}

// OfferLarge makes a blob of type Audit.Exchange of about that many bytes available, with that contentCreated, and gives its
// contentId. Its records are as many MailItemsAccessed of one mailbox. No fault changes its content. It fails as Offer
// does.
func (c *Cloud) OfferLarge(tenant string, created time.Time, size int64) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenant(tenant)
	if t == nil {
		return "", fmt.Errorf("offer a large blob of tenant %s: no such tenant", tenant)
	}
	if !t.receives(largeType) {
		return "", fmt.Errorf("offer a large blob of tenant %s: %w", t.ID, ErrNotSubscribed)
	}
	return c.shelveLarge(t, created, size), nil
}

// shelveLarge is OfferLarge where the tenant is known. The cloud's lock is held.
func (c *Cloud) shelveLarge(t *tenant, created time.Time, size int64) string {
	b := c.shelve(delivery{tenant: t, kind: largeType, created: created})
	b.large = newLarge(c.cfg.Seed, t.Tenant, b, size)
	b.body = nil
	return b.id
}

func newLarge(seed uint64, t Tenant, b *blob, size int64) *large {
	s := &scene{dice: newDice(seed, t.ID, "large", b.seq), org: newOrg(seed, t), at: b.created}
	r := s.mailAccess(s.org.people[0], s.org.people[0].home, outlook, "Bind", messagesEach)
	body, err := r.MarshalJSON()
	if err != nil {
		panic(err) // a record of ours can be written
	}
	var id string
	_ = json.Unmarshal(fmt.Appendf(nil, "%q", r.get("Id")), &id)
	before, after, _ := bytes.Cut(body, []byte(id))
	each := int64(len(body) + 1)
	return &large{space: uuid.NewSHA1(uuid.Nil, []byte(b.id)), before: before, after: after, n: int(max(1, size/each))}
}

func (l *large) id(i int) string {
	return uuid.NewSHA1(l.space, fmt.Appendf(nil, "%d", i)).String()
}

// length is the array's: each record has one byte before it, and one stands at the end.
func (l *large) length() int64 {
	return int64(l.n)*int64(1+len(l.before)+len(l.id(0))+len(l.after)) + 1
}

func (l *large) write(w io.Writer) error {
	var piece []byte
	for i := range l.n {
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		piece = append(append(piece, sep), l.before...)
		piece = append(append(piece, l.id(i)...), l.after...)
		if len(piece) < 64<<10 && i < l.n-1 {
			continue
		}
		if i == l.n-1 {
			piece = append(piece, ']')
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		piece = piece[:0]
	}
	return nil
}

func (l *large) zip(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if err := l.write(z); err != nil {
		return err
	}
	return z.Close()
}

// each gives the records as they are described.
func (l *large) each(b *blob, give func(Record)) {
	r := describe(b, slices.Concat(l.before, []byte(l.id(0)), l.after))
	for i := range l.n {
		r.ID = l.id(i)
		give(r)
	}
}
