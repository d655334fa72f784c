package status

import (
	"errors"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

const (
	recordsWithin = 24 * time.Hour
	lostWithin    = 7 * 24 * time.Hour
	slot          = 10 * time.Minute // records are summed by when they were stored, to that
)

// tally is what the ledger amounts to. It keeps sums and the losses, and no entry of what is stored: a large tenant has
// some hundred thousand of them in seven days.
type tally struct {
	rows map[feed]*row
	lost map[uint64]loss // by a hash of the entry's key
	seed maphash.Seed
	now  time.Time     // of the look
	next map[int]int64 // offset to read on from, by partition
}

// feed is one content type of one tenant, whose ID is in lower case.
type feed struct{ tenant, contentType string }

// row is what came from a feed.
type row struct {
	last    time.Time     // when the newest stored content was offered
	records map[int64]int // by slot
	newest  *place        // of one of its newest records
	recent  recent
}

// place is where a record is in the raw topic.
type place struct {
	partition int
	offset    int64
}

// loss is a blob that is lost for now: it is tried again, and may be stored yet. What was stored of it is stored again
// then.
type loss struct {
	of      feed
	at      time.Time
	records int
}

func newTally() *tally {
	return &tally{rows: map[feed]*row{}, lost: map[uint64]loss{}, seed: maphash.MakeSeed(), next: map[int]int64{}}
}

// take adds an entry of the ledger. Of several entries of a blob that was lost the last one counts. One that is damaged
// is passed over, as it is by a worker, which tells of it and fetches the blob again; one of a later version is an error,
// because nobody here could say what is lost.
func (t *tally) take(m schemas.Message) error {
	if !schemas.IsDay(m) && !schemas.IsDeployment(m) {
		err := t.blob(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
	}
	t.next[m.Partition] = m.Offset + 1
	return nil
}

func (t *tally) blob(m schemas.Message) error {
	b, err := schemas.BlobOf(m)
	if err != nil {
		return err
	}
	key := maphash.Bytes(t.seed, m.Key)
	if was, ok := t.lost[key]; ok {
		t.row(was.of).count(was.at, -was.records, t.now)
		delete(t.lost, key)
	}
	if b.State == "" || b.State == schemas.BlobListed {
		return nil
	}
	of, stored := feed{strings.ToLower(b.Tenant), b.ContentType}, max(0, b.Records)
	if b.State == schemas.BlobLost && t.now.Sub(b.At) < lostWithin {
		t.lost[key] = loss{of, b.At, stored}
	}
	r := t.row(of)
	r.count(b.At, stored, t.now)
	if b.State == schemas.BlobStored || stored > 0 {
		r.came(b)
	}
	return nil
}

func (t *tally) row(of feed) *row {
	r := t.rows[of]
	if r == nil {
		r = &row{records: map[int64]int{}}
		t.rows[of] = r
	}
	return r
}

// count adds records that were stored at a time.
func (r *row) count(at time.Time, records int, now time.Time) {
	if now.Sub(at) < recordsWithin {
		r.records[at.UnixNano()/int64(slot)] += records
	}
}

// came notes a blob of which something is stored.
func (r *row) came(b schemas.Blob) {
	offered := b.Created
	if offered.IsZero() {
		offered = b.At
	}
	if offered.Before(r.last) {
		return
	}
	r.last = offered.UTC()
	for partition, offset := range b.Offsets {
		r.newest = &place{partition, offset}
		break
	}
}

// forget drops what is too old to count at the time of a look.
func (t *tally) forget(now time.Time) {
	t.now = now
	oldest := now.Add(-recordsWithin).UnixNano() / int64(slot)
	for _, r := range t.rows {
		for s := range r.records {
			if s < oldest {
				delete(r.records, s)
			}
		}
	}
	for key, l := range t.lost {
		if now.Sub(l.at) >= lostWithin {
			delete(t.lost, key)
		}
	}
}

// types gives the content types that the ledger knows of each tenant.
func (t *tally) types() map[string][]string {
	types := map[string][]string{}
	for f := range t.rows {
		types[f.tenant] = append(types[f.tenant], f.contentType)
	}
	return types
}

// losses counts what was lost of each feed.
func (t *tally) losses() map[feed]int {
	lost := map[feed]int{}
	for _, l := range t.lost {
		lost[l.of]++
	}
	return lost
}

// subscriptions gives a tenant's rows: one for each of these content types, in the order that all tables have.
func (t *tally) subscriptions(tenant string, types []string, states answer, lost map[feed]int) []Subscription {
	for i, name := range types {
		if known, err := schemas.ContentType(name); err == nil {
			types[i] = known
		}
	}
	slices.SortFunc(types, byContentType)
	var list []Subscription
	for _, name := range slices.Compact(types) {
		of := feed{tenant, name}
		s := Subscription{ContentType: name, Status: states.state(name), Lost: lost[of]}
		if r := t.rows[of]; r != nil {
			s.LastContent = r.last
			s.Microsoft, s.Ours = r.recent.means()
			for _, n := range r.records {
				s.Records24h += n
			}
		}
		list = append(list, s)
	}
	return list
}

// byContentType has the order of schemas.ContentTypes, then all others by name.
func byContentType(a, b string) int {
	place := func(name string) int {
		if i := slices.Index(schemas.ContentTypes, name); i >= 0 {
			return i
		}
		return len(schemas.ContentTypes)
	}
	if d := place(a) - place(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}
