package ingest

import (
	"testing"
	"time"

	"ualstream/schemas"
)

func TestWhatLiesInTheFutureIsNotCovered(t *testing.T) {
	l := NewLedger()
	d := sum()
	d.Covered = []schemas.Span{{From: noon.Add(-time.Hour), To: noon.Add(10 * time.Hour)}} // as a wrong clock said
	takeAll(t, l, d)
	got := l.Days(noon)
	if len(got) != 1 || !sameSpans(got[0].Covered, []schemas.Span{{From: noon.Add(-time.Hour), To: noon}}) {
		t.Errorf("days %+v", got)
	}
}

func TestAClockThatIsAheadMakesNoDayFinalBeforeItsTime(t *testing.T) {
	const ahead = 20 * time.Hour
	l := NewLedger()
	l.Apply(storedOf("a"))
	l.Apply(blobOf("b", schemas.BlobListed))
	l.Forget(noon.Add(ahead), noon)
	if d := l.Days(noonsDay.Add(ahead - time.Second)); len(d) != 1 || d[0].Final {
		t.Errorf("days %+v", d)
	}
	end := noon.Add(retention + slack + orphaned)
	if b := l.Expired(end.Add(ahead)); len(b) != 0 {
		t.Errorf("expired %+v", b)
	}
	if b := l.Expired(end.Add(ahead + time.Second)); len(b) != 1 {
		t.Errorf("expired %+v, an hour after nobody can fetch it any more", b)
	}
}

func TestADayThatWasMadeFinalBeforeItsTimeIsCountedAnew(t *testing.T) {
	l := NewLedger()
	early := sum(stores(1), final)
	early.Covered = []schemas.Span{{From: noon.Add(-time.Hour), To: noon}}
	takeAll(t, l, storedOf("a"), early, storedOf("b"))
	d := l.Days(noonsDay.Add(-time.Second))
	if len(d) != 1 || d[0].Final || d[0].Stored != 2 || !sameSpans(d[0].Covered, early.Covered) ||
		l.Final(tenant, "Audit.Exchange", "2026-03-08") {
		t.Errorf("days %+v", d)
	}
	l = NewLedger() // of a machine whose clock is behind: the blobs have their tombstones
	takeAll(t, l, sum(stores(2), final), storedOf("b"), tombstone(storedOf("a")))
	if d := l.Days(noonsDay.Add(-time.Second)); len(d) != 0 || !l.Final(tenant, "Audit.Exchange", "2026-03-08") {
		t.Errorf("days %+v, and the topic does not have all blobs any more", d)
	}
}
