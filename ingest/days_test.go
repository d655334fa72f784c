package ingest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

// noonsDay is when noon's day is over for good.
var noonsDay = noon.Add(12*time.Hour + retention + slack)

func sum(change ...func(*schemas.Day)) schemas.Day {
	d := schemas.Day{Tenant: tenant, ContentType: "Audit.Exchange", Day: "2026-03-08", Covered: []schemas.Span{}, At: noon}
	for _, c := range change {
		c(&d)
	}
	return d
}

func final(d *schemas.Day) { d.Final = true }

func wide(d *schemas.Day) { d.Covered = []schemas.Span{{From: noon.Add(-time.Hour), To: noon}} }

func stores(n int) func(*schemas.Day) {
	return func(d *schemas.Day) { d.Stored, d.Records = n, 10*n }
}

func storedOf(contentID string) schemas.Blob {
	b := blobOf(contentID, schemas.BlobStored)
	b.Records = 10
	return b
}

// takeAll gives a ledger entries, in their order in the topic.
func takeAll(t *testing.T, l *Ledger, entries ...interface {
	Message() (schemas.Message, error)
}) {
	t.Helper()
	for _, e := range entries {
		if err := l.Take(messageOf(t, e)); err != nil {
			t.Fatal(err)
		}
	}
}

// tombstone is one of a blob.
type tombstone schemas.Blob

func (b tombstone) Message() (schemas.Message, error) {
	return schemas.Message{Key: []byte(schemas.Blob(b).Key())}, nil
}

func TestADaySumsWhatBecameOfItsBlobs(t *testing.T) {
	l := NewLedger()
	lost := blobOf("lost", schemas.BlobLost)
	lost.Records = 3
	for _, b := range []schemas.Blob{blobOf("a", schemas.BlobListed), storedOf("a"), storedOf("a"), lost, blobOf("waits", schemas.BlobListed)} {
		l.Apply(b)
	}
	next := storedOf("next")
	next.Created = noon.Add(12 * time.Hour)
	l.Apply(next)
	got := l.Days(noon.Add(time.Hour))
	if len(got) != 2 || got[0].Day != "2026-03-08" || got[1].Day != "2026-03-09" || got[1].Stored != 1 {
		t.Fatalf("days %+v", got)
	}
	if d := got[0]; d.Listed != 1 || d.Stored != 1 || d.Lost != 1 || d.Records != 13 || d.Final || !d.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("day %+v", d)
	}
	found := storedOf("lost")
	l.Apply(found)
	if d := l.Days(noon)[0]; d.Stored != 2 || d.Lost != 0 || d.Records != 20 {
		t.Errorf("day %+v when what was lost is found", d)
	}
}

func TestADayIsToBeWrittenWhenItDiffersFromWhatIsWritten(t *testing.T) {
	l := NewLedger()
	l.Apply(storedOf("a"))
	l.cover(tenant, "Audit.Exchange", schemas.Span{From: noon, To: noon.Add(time.Hour)})
	written := l.Days(noon.Add(2 * time.Hour))
	if len(written) != 1 || !reflect.DeepEqual(l.Days(noon.Add(2*time.Hour)), written) {
		t.Fatalf("days %+v, before they are taken", written)
	}
	takeAll(t, l, written[0])
	if d := l.Days(noon.Add(3 * time.Hour)); len(d) != 0 {
		t.Errorf("days %+v, and nothing has changed", d)
	}
	l.cover(tenant, "Audit.Exchange", schemas.Span{From: noon, To: noon.Add(time.Hour)})
	if d := l.Days(noon.Add(3 * time.Hour)); len(d) != 0 {
		t.Errorf("days %+v, and what was covered is covered", d)
	}
	l.Apply(storedOf("b")) // between what Days gave and that it was written
	takeAll(t, l, written[0])
	if d := l.Days(noon.Add(3 * time.Hour)); len(d) != 1 || d[0].Stored != 2 {
		t.Errorf("days %+v", d)
	}
}

func TestADayIsFinalOnceNothingOfItCanBeListedAndNoBlobIsPending(t *testing.T) {
	l := NewLedger()
	l.Apply(storedOf("a"))
	l.Apply(blobOf("b", schemas.BlobListed))
	for _, now := range []time.Time{noonsDay.Add(-time.Second), noonsDay.Add(time.Hour)} {
		if d := l.Days(now); len(d) != 1 || d[0].Final {
			t.Errorf("at %s: %+v", now, d)
		}
	}
	l.Apply(blobOf("b", schemas.BlobLost))
	if d := l.Days(noonsDay.Add(-time.Second)); len(d) != 1 || d[0].Final {
		t.Errorf("before it is over: %+v", d)
	}
	d := l.Days(noonsDay)
	if len(d) != 1 || !d[0].Final || d[0].Lost != 1 || d[0].Listed != 0 {
		t.Fatalf("when it is over: %+v", d)
	}
	if l.Final(tenant, "Audit.Exchange", "2026-03-08") {
		t.Error("it is final before it is written")
	}
	takeAll(t, l, d[0])
	if !l.Final(tenant, "Audit.Exchange", "2026-03-08") || l.Final(tenant, "Audit.General", "2026-03-08") {
		t.Error("it is not final, or another is")
	}
	l.Apply(storedOf("b"))
	l.Apply(storedOf("late"))
	l.cover(tenant, "Audit.Exchange", schemas.Span{From: noon, To: noon.Add(time.Hour)})
	if d := l.Days(noonsDay); len(d) != 0 || !l.Stored(storedOf("b").Key()) {
		t.Errorf("a final day changes: %+v", d)
	}
}

// TestADayIsCountedOnceHoweverTheTopicIsOrdered reads what compaction and slow processes may leave in a partition.
func TestADayIsCountedOnceHoweverTheTopicIsOrdered(t *testing.T) {
	type entries = []interface {
		Message() (schemas.Message, error)
	}
	a, b, c := storedOf("a"), storedOf("b"), storedOf("c")
	for name, x := range map[string]struct {
		topic entries
		want  []schemas.Day // to be written
	}{
		"a sum, newer than its blobs":            {entries{a, b, sum(stores(2))}, nil},
		"a sum, older than some":                 {entries{a, sum(stores(1)), b}, []schemas.Day{sum(stores(2))}},
		"a sum, older than all":                  {entries{sum(stores(1)), a, b}, []schemas.Day{sum(stores(2))}},
		"a slow process's sum":                   {entries{a, b, c, sum(stores(1))}, []schemas.Day{sum(stores(3))}},
		"no sum":                                 {entries{a, b}, []schemas.Day{sum(stores(2))}},
		"a final sum":                            {entries{a, b, sum(stores(2), final)}, nil},
		"a final sum, before its blobs":          {entries{sum(stores(2), final), a, b}, nil},
		"a final sum, and some blobs are gone":   {entries{b, sum(stores(2), final), tombstone(a)}, nil},
		"a final sum, and all are gone":          {entries{sum(stores(2), final)}, nil},
		"a final sum, between tombstones":        {entries{tombstone(a), sum(stores(2), final), tombstone(b)}, nil},
		"a final sum, and the topic as it grew":  {entries{a, sum(stores(1)), b, sum(stores(2)), sum(stores(2), final), tombstone(a), tombstone(b)}, nil},
		"a final sum, and a slow process's":      {entries{sum(stores(2), final), sum(stores(1))}, []schemas.Day{sum(stores(2), final)}},
		"a final sum after a slow process's":     {entries{a, sum(stores(1)), sum(stores(2), final)}, nil},
		"a final sum, and one that covers more":  {entries{sum(stores(2), final), sum(stores(1), wide)}, []schemas.Day{sum(stores(2), final)}},
		"a tombstone, and no final sum":          {entries{a, b, sum(stores(2)), tombstone(b)}, []schemas.Day{sum(stores(1))}},
		"a blob again after its tombstone":       {entries{a, tombstone(a), a}, []schemas.Day{sum(stores(1))}},
		"a final sum of one who knew less":       {entries{a, b, sum(stores(1), final)}, []schemas.Day{sum(stores(2), final)}},
		"a final sum, and one of who knew less":  {entries{sum(stores(2), final), sum(stores(1), final)}, []schemas.Day{sum(stores(2), final)}},
		"a final sum after one of who knew less": {entries{sum(stores(1), final), sum(stores(2), final)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			for range 3 { // what is read again changes nothing
				takeAll(t, l, x.topic...)
				now := noon
				if strings.Contains(name, "final sum") && !strings.Contains(name, "no final sum") {
					now = noonsDay
				}
				got := l.Days(now)
				if len(got) != len(x.want) || len(got) > 0 && !same(got[0], x.want[0]) {
					t.Errorf("to be written %+v, want %+v", got, x.want)
				}
			}
		})
	}
}

func TestWhatWasCoveredIsKnownToTheNextOwner(t *testing.T) {
	l := NewLedger()
	l.cover(tenant, "Audit.Exchange", schemas.Span{From: noon.Add(-13 * time.Hour), To: noon})
	next := NewLedger()
	for _, d := range l.Days(noon) {
		takeAll(t, next, d)
	}
	if d := next.Days(noon); len(d) != 0 {
		t.Errorf("days %+v, and nothing has changed", d)
	}
	next.cover(tenant, "Audit.Exchange", schemas.Span{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)})
	d := next.Days(noon.Add(time.Hour))
	midnight := noon.Add(-12 * time.Hour)
	if len(d) != 1 || !sameSpans(d[0].Covered, []schemas.Span{{From: midnight, To: noon.Add(time.Hour)}}) {
		t.Errorf("days %+v", d)
	}
}

func TestASumThatCoversLessTakesNothingAway(t *testing.T) {
	l := NewLedger()
	l.cover(tenant, "Audit.Exchange", schemas.Span{From: noon.Add(-3 * time.Hour), To: noon.Add(-2 * time.Hour)})
	takeAll(t, l, sum(wide))
	want := []schemas.Span{{From: noon.Add(-3 * time.Hour), To: noon.Add(-2 * time.Hour)}, {From: noon.Add(-time.Hour), To: noon}}
	if d := l.Days(noon); len(d) != 1 || !sameSpans(d[0].Covered, want) {
		t.Errorf("days %+v", d)
	}
}

func TestABlobStaysInItsDayWhateverIsSaidLaterOfItsCreation(t *testing.T) {
	l, moved := NewLedger(), storedOf("a")
	moved.Created = noon.Add(24 * time.Hour)
	takeAll(t, l, blobOf("a", schemas.BlobListed), moved)
	if d := l.Days(noon); len(d) != 1 || d[0].Day != "2026-03-08" || d[0].Stored != 1 || d[0].Listed != 0 {
		t.Errorf("days %+v", d)
	}
}

func TestADayThatWasFinalLongAgoIsPutAway(t *testing.T) {
	l := NewLedger()
	takeAll(t, l, storedOf("a"), sum(stores(1), final))
	late := noon.Add(keepDays + 24*time.Hour)
	l.Forget(late, late)
	if len(l.days.numbers) != 0 || len(l.blobs) != 0 {
		t.Errorf("%d days and %d blobs are held", len(l.days.numbers), len(l.blobs))
	}
	takeAll(t, l, sum(stores(7)), storedOf("b"))
	if d := l.Days(late); len(d) != 0 || !l.Final(tenant, "Audit.Exchange", "2026-03-08") {
		t.Errorf("it is final no more: %+v", d)
	}
}
