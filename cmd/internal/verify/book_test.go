package verify

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

const (
	contoso  = "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10"
	fabrikam = "0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02"
	exchange = "Audit.Exchange"
)

var now = time.Date(2026, 2, 12, 10, 53, 24, 0, time.UTC)

// ago is a time before now.
func ago(d time.Duration) time.Time { return now.Add(-d) }

// blob is a ledger entry of contoso that was created and settled so long ago.
func blob(id string, state schemas.BlobState, created time.Duration) schemas.Blob {
	return schemas.Blob{
		Tenant: contoso, ContentType: exchange, ContentID: id, State: state, Created: ago(created),
		Expires: ago(created).Add(retention), At: ago(created), Records: 1,
	}
}

// message gives an entry as the topic holds it.
func message(t *testing.T, entry interface {
	Message() (schemas.Message, error)
}) schemas.Message {
	t.Helper()
	m, err := entry.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bookOf reads entries in their order.
func bookOf(t *testing.T, entries ...interface {
	Message() (schemas.Message, error)
}) *book {
	t.Helper()
	b := newBook()
	for _, entry := range entries {
		if err := b.take(message(t, entry)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestTheBestThatHappenedToABlobCounts(t *testing.T) {
	const l, x, s = schemas.BlobListed, schemas.BlobLost, schemas.BlobStored
	for name, c := range map[string]struct {
		entries []schemas.BlobState
		want    schemas.BlobState
	}{
		"pending":                            {[]schemas.BlobState{l}, l},
		"stored":                             {[]schemas.BlobState{l, s}, s},
		"lost":                               {[]schemas.BlobState{l, x}, x},
		"stored again later":                 {[]schemas.BlobState{l, x, s}, s},
		"a slow process wrote the loss late": {[]schemas.BlobState{l, s, x}, s},
		"a slow process listed it late":      {[]schemas.BlobState{s, l}, s},
		"lost, then listed by another":       {[]schemas.BlobState{x, l}, x},
		"compacted":                          {[]schemas.BlobState{s}, s},
	} {
		b := newBook()
		for _, state := range c.entries {
			if err := b.take(message(t, blob("b", state, time.Hour))); err != nil {
				t.Fatal(err)
			}
		}
		f := b.summary(period{ago(7 * day), now})[feedKey{contoso, exchange}]
		want := Feed{Listed: 1}
		switch c.want {
		case l:
			want.Pending = 1
		case s:
			want.Stored = 1
		default:
			want.Lost = 1
		}
		if f.Listed != want.Listed || f.Stored != want.Stored || f.Pending != want.Pending || f.Lost != want.Lost {
			t.Errorf("%s: %+v, want %+v", name, f, want)
		}
		if got := b.state(blob("b", "", 0).Key()); got != c.want {
			t.Errorf("%s: state %q, want %q", name, got, c.want)
		}
	}
}

func TestATombstoneTakesABlobOut(t *testing.T) {
	b := bookOf(t, blob("b", schemas.BlobLost, time.Hour))
	if err := b.take(schemas.Message{Key: []byte(blob("b", "", 0).Key())}); err != nil {
		t.Fatal(err)
	}
	if all := b.summary(period{ago(7 * day), now}); len(all) != 0 || b.state(blob("b", "", 0).Key()) != "" {
		t.Errorf("%+v", all)
	}
}

func TestADamagedEntryIsNamedUntilItsKeyIsWrittenAnew(t *testing.T) {
	whole := blob("b", schemas.BlobStored, time.Hour)
	for name, value := range map[string]string{
		"no JSON":        `{"v":1,"ten`,
		"another type":   `{"v":1,"tenant":7}`,
		"unknown state":  `{"v":1,"state":"forgotten"}`,
		"an empty state": `{"v":1}`,
	} {
		b := newBook()
		if err := b.take(schemas.Message{Key: []byte(whole.Key()), Value: []byte(value), Partition: 3, Offset: 7}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d := b.damaged[whole.Key()]
		if d.Partition != 3 || d.Offset != 7 || d.Problem == "" || b.next[3] != 8 {
			t.Errorf("%s: %+v", name, d)
		}
		if err := b.take(message(t, whole)); err != nil {
			t.Fatal(err)
		}
		if len(b.damaged) != 0 || b.state(whole.Key()) != schemas.BlobStored {
			t.Errorf("%s: it is still damaged", name)
		}
	}
}

func TestADamagedEntryOfNoBlobGoesWithATombstone(t *testing.T) {
	b := newBook()
	for _, value := range []string{"x", ""} {
		if err := b.take(schemas.Message{Key: []byte("no key of ours"), Value: []byte(value)}); err != nil {
			t.Fatal(err)
		}
		if named := len(b.damaged); named != len(value) {
			t.Errorf("after %q: %d are damaged", value, named)
		}
	}
}

func TestAnEntryOfALaterVersionStopsTheReading(t *testing.T) {
	for _, key := range []string{blob("b", "", 0).Key(), contoso + "/" + exchange + "/2026-02-12", schemas.Deployment{}.Key(), schemas.Skip{}.Key()} {
		err := newBook().take(schemas.Message{Key: []byte(key), Value: fmt.Appendf(nil, `{"v":%d}`, schemas.LedgerVersion+1)})
		if _, later := errors.AsType[*schemas.VersionError](err); !later {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestTenantsAreOneHoweverTheyAreSpelled(t *testing.T) {
	upper := blob("b", schemas.BlobStored, time.Hour)
	upper.Tenant = strings.ToUpper(contoso)
	b := bookOf(t, blob("b", schemas.BlobListed, time.Hour), upper)
	f := b.summary(period{ago(7 * day), now})[feedKey{contoso, exchange}]
	if f == nil || f.Stored != 1 || f.Listed != 1 {
		t.Errorf("%+v", f)
	}
}
