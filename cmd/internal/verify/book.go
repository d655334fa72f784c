package verify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"ualstream/schemas"
)

// book is what the ledger topic says, the newest entry of each key. Of a blob that is stored it keeps a few bytes: a
// large tenant has some hundred thousand of them a day.
type book struct {
	blobs   map[blobKey]line
	feeds   []feedKey // by line.feed
	numbers map[feedKey]uint32
	began   map[feedKey]time.Time    // when the first entry of a feed was written
	open    map[blobKey]schemas.Blob // those that are not stored
	days    map[string]schemas.Day   // by key
	skips   map[string]schemas.Skip
	damaged map[string]Damage
	next    map[int]int64 // offset to read on from, by partition
}

// feedKey is one content type of one tenant, whose ID is in lower case.
type feedKey struct{ tenant, contentType string }

// blobKey is a hash of an entry's key. 128 bits do not collide.
type blobKey [16]byte

// line is what is kept of any blob.
type line struct {
	feed    uint32
	day     int32 // of contentCreated, since 1970
	at      int32 // when its state was reached, in hours since 1970
	records int32
	state   byte
}

// The states, each of which takes the place of those before it.
const (
	listed byte = iota + 1
	lost
	stored
)

var states = map[schemas.BlobState]byte{schemas.BlobListed: listed, schemas.BlobLost: lost, schemas.BlobStored: stored}

func newBook() *book {
	return &book{
		blobs: map[blobKey]line{}, numbers: map[feedKey]uint32{}, began: map[feedKey]time.Time{}, open: map[blobKey]schemas.Blob{},
		days: map[string]schemas.Day{}, skips: map[string]schemas.Skip{}, damaged: map[string]Damage{}, next: map[int]int64{},
	}
}

// keyOf hashes a key. Tenant IDs are written in any case; contentIds are the service's own.
func keyOf(key string) blobKey {
	tenant := string(schemas.LedgerTenant([]byte(key)))
	sum := sha256.Sum256([]byte(strings.ToLower(tenant) + key[len(tenant):]))
	return blobKey(sum[:16])
}

// take takes an entry in the order of the topic. One that cannot be read is kept as damaged until a later one of its key
// can, or until one without a value takes it out; its only error is that of an entry that a later program wrote.
func (b *book) take(m schemas.Message) error {
	delete(b.damaged, string(m.Key))
	var err error
	switch {
	case schemas.IsDeployment(m):
		err = b.deployment(m)
	case schemas.IsDay(m):
		err = b.day(m)
	default:
		err = b.blob(m)
	}
	if _, later := errors.AsType[*schemas.VersionError](err); later {
		return err
	}
	if err != nil && len(m.Value) > 0 {
		b.damaged[string(m.Key)] = Damage{string(m.Key), m.Partition, m.Offset, err.Error()}
	}
	b.next[m.Partition] = m.Offset + 1
	return nil
}

func (b *book) deployment(m schemas.Message) error {
	if len(m.Value) == 0 {
		delete(b.skips, string(m.Key))
		return nil
	}
	entry, err := schemas.DeploymentEntry(m)
	if skip, ok := entry.(schemas.Skip); ok && err == nil {
		b.skips[string(m.Key)] = skip
	}
	return err
}

func (b *book) day(m schemas.Message) error {
	if len(m.Value) == 0 {
		delete(b.days, string(m.Key))
		return nil
	}
	d, err := schemas.DaySummary(m)
	if err == nil {
		b.days[string(m.Key)] = d
		b.feed(feedKey{strings.ToLower(d.Tenant), d.ContentType})
	}
	return err
}

// blob notes an entry of a blob. What is stored stays so: a loss that a slow process wrote later takes nothing out of
// Kafka.
func (b *book) blob(m schemas.Message) error {
	blob, err := schemas.BlobOf(m)
	if err != nil {
		return err
	}
	key := keyOf(string(m.Key))
	if len(m.Value) == 0 { // a tombstone
		delete(b.blobs, key)
		delete(b.open, key)
		return nil
	}
	state, known := states[blob.State]
	if !known {
		return fmt.Errorf("ledger entry %q at %d/%d: there is no state %q", m.Key, m.Partition, m.Offset, blob.State)
	}
	if state < b.blobs[key].state {
		return nil
	}
	blob.Created = blob.Offered()
	if blob.Expires.IsZero() {
		blob.Expires = blob.Created.Add(retention)
	}
	feed := feedKey{strings.ToLower(blob.Tenant), blob.ContentType}
	for _, k := range []feedKey{feed, {tenant: feed.tenant}} {
		if first, ok := b.began[k]; !ok || blob.At.Before(first) {
			b.began[k] = blob.At
		}
	}
	b.blobs[key] = line{
		feed: b.feed(feed), day: dayNumber(blob.Created),
		at: int32(blob.At.Unix() / 3600), records: int32(min(max(0, blob.Records), 1<<31-1)), state: state,
	}
	if state == stored {
		delete(b.open, key)
	} else {
		b.open[key] = blob
	}
	return nil
}

// feed numbers a feed.
func (b *book) feed(f feedKey) uint32 {
	n, ok := b.numbers[f]
	if !ok {
		n = uint32(len(b.feeds))
		b.numbers[f], b.feeds = n, append(b.feeds, f)
	}
	return n
}

// state gives the state of a blob, "" for one that the ledger does not have.
func (b *book) state(key string) schemas.BlobState {
	hash := keyOf(key)
	if b.blobs[hash].state == stored {
		return schemas.BlobStored
	}
	return b.open[hash].State
}

const day = 24 * time.Hour

func dayNumber(t time.Time) int32 {
	return int32(t.UTC().Truncate(day).Unix() / int64(day/time.Second))
}
