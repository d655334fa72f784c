package verify

import (
	"encoding/json"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestWhatBelongsToThePeriod(t *testing.T) {
	lostNow := blob("expired", schemas.BlobLost, 8*day) // created before, lost within
	lostNow.At = ago(day)
	lostThen := blob("old", schemas.BlobLost, 16*day)
	pendingOld := blob("pending", schemas.BlobListed, 6*day)
	b := bookOf(t, lostNow, lostThen, pendingOld, blob("old stored", schemas.BlobStored, 9*day), blob("new", schemas.BlobStored, time.Hour))
	f := b.summary(period{ago(7 * day), now})[feedKey{contoso, exchange}]
	if f.Lost != 1 || len(f.Losses) != 1 || f.Losses[0].ContentIDs[0] != "expired" || f.Stored != 1 || f.Pending != 1 || f.Listed != 3 {
		t.Errorf("%+v", f)
	}
}

func TestAPendingBlobIsMissingOnceItHasExpired(t *testing.T) {
	waits, gone := blob("waits", schemas.BlobListed, 7*day-time.Minute), blob("gone", schemas.BlobListed, 7*day+time.Minute)
	f := bookOf(t, waits, gone).summary(period{ago(day), now})[feedKey{contoso, exchange}]
	if f.Pending != 1 || f.Waiting[0].ContentID != "waits" || !f.Waiting[0].Expires.Equal(now.Add(time.Minute)) {
		t.Errorf("pending: %+v", f.Waiting)
	}
	if f.Lost != 1 || f.Losses[0].ContentIDs[0] != "gone" || f.Losses[0].Reason != expired || !f.Losses[0].From.Equal(gone.Created) {
		t.Errorf("lost: %+v", f.Losses)
	}
}

func TestABlobWithoutAnExpiryExpiresSevenDaysAfterItsCreation(t *testing.T) {
	b := blob("b", schemas.BlobListed, 6*day)
	b.Expires = time.Time{}
	if f := bookOf(t, b).summary(period{ago(day), now})[feedKey{contoso, exchange}]; f.Pending != 1 {
		t.Errorf("%+v", f)
	}
}

func TestAFinalDayStandsForTheEntriesThatAreGone(t *testing.T) {
	final := schemas.Day{Tenant: contoso, ContentType: exchange, Day: schemas.DayOf(ago(20 * day)), Stored: 5, Lost: 3, Records: 40, Final: true}
	open := final
	open.Day, open.Final = schemas.DayOf(ago(2*day)), false
	left := blob("left", schemas.BlobLost, 20*day)
	b := bookOf(t, final, open, left, blob("stored", schemas.BlobStored, 20*day))
	f := b.summary(period{ago(30 * day), now})[feedKey{contoso, exchange}]
	if f.Stored != 5 || f.Lost != 3 || f.Records != 40 || len(f.Losses) != 2 {
		t.Errorf("%+v", f)
	}
	if l := f.Losses[0]; l.Blobs != 2 || l.Reason != gone || schemas.DayOf(l.From) != final.Day || l.To.Sub(l.From) != day {
		t.Errorf("%+v", l)
	}
	if f := b.summary(period{ago(7 * day), now})[feedKey{contoso, exchange}]; f != nil {
		t.Errorf("beyond the period: %+v", f)
	}
}

func TestSkipsAreTakenUntilTheyAreTakenBack(t *testing.T) {
	skip := schemas.Skip{Stage: "normalize", Topic: "raw", Partition: 2, From: 5, To: 9, At: ago(time.Hour)}
	b := bookOf(t, skip, schemas.Deployment{ID: "x"}, schemas.Consumed{Stage: "normalize"})
	if len(b.skips) != 1 || b.skips[skip.Key()].To != 9 || len(b.damaged) != 0 {
		t.Errorf("%+v, %+v", b.skips, b.damaged)
	}
	if err := b.take(schemas.Message{Key: []byte(skip.Key())}); err != nil || len(b.skips) != 0 {
		t.Errorf("%v: %+v", err, b.skips)
	}
}

func TestLossesThatStandTogetherAreOne(t *testing.T) {
	at := func(id, reason string, created time.Duration) schemas.Blob {
		b := blob(id, schemas.BlobLost, created)
		b.Reason = reason
		return b
	}
	losses := lossesOf([]schemas.Blob{
		at("c", "404", 60*time.Minute), at("a", "404", 3*time.Hour), at("b", "404", 2*time.Hour), at("far", "404", 30*time.Hour),
		at("other", "cut", 2*time.Hour),
	})
	for i := range losses {
		losses[i].From, losses[i].To = losses[i].From.UTC(), losses[i].To.UTC()
	}
	want := []Loss{
		{ago(30 * time.Hour), ago(30 * time.Hour), 1, 1, "404", []string{"far"}},
		{ago(3 * time.Hour), ago(time.Hour), 3, 3, "404", []string{"a", "b", "c"}},
		{ago(2 * time.Hour), ago(2 * time.Hour), 1, 1, "cut", []string{"other"}},
	}
	if got, wanted := text(t, losses), text(t, want); got != wanted {
		t.Errorf("%s\nwant %s", got, wanted)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
