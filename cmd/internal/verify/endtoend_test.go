package verify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/verify"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

func TestACompleteRunIsComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i, name := range schemas.ContentTypes {
		w.offer(name, 5, time.Duration(i+1)*24*time.Hour)
	}
	w.work(20)
	r := w.verify(verify.Options{Lister: w.lister, Export: w.export(nil)})
	if r.Missing != 0 || r.Verdict() != "complete" || len(r.Records.Repeated) != 0 || !r.Tenants[0].Connected {
		t.Error(w.show(r))
	}
	for _, f := range r.Tenants[0].Feeds {
		if f.Listed != 5 || f.Stored != 5 || f.Records != 10 || f.Raw != 10 || f.Events != 10 || f.Rejects != 0 {
			t.Errorf("%+v", f)
		}
		if f.CoveredSince.IsZero() || time.Since(f.CoveredSince) < 6*24*time.Hour || time.Since(f.CoveredUntil) > patience {
			t.Errorf("%s is covered from %v to %v", f.ContentType, f.CoveredSince, f.CoveredUntil)
		}
	}
	for _, l := range r.Deep.Listings {
		if l.Blobs != 5 {
			t.Errorf("%+v", l)
		}
	}
	if r.Against.Records != 40 || r.Against.Here != 40 {
		t.Errorf("%+v", r.Against)
	}
}

// The service lists a blob and does not give it until it has expired.
func TestABlobThatWasWithheldUntilItExpiredIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloudsim.Faults{cloudsim.Expired: 0.3})
	w.offer("Audit.Exchange", 12, 48*time.Hour)
	w.work(12)
	want := w.cloud.Reckon().Lost
	if len(want) == 0 || len(want) == 12 {
		t.Fatalf("%d of 12 blobs are withheld: the test shows nothing", len(want))
	}
	r := w.verify(verify.Options{})
	if r.Missing != len(want) {
		t.Error(w.show(r))
	}
	found := map[string]bool{}
	created := map[string]time.Time{}
	for _, record := range w.cloud.Offered() {
		created[record.ContentID] = record.ContentCreated
	}
	for _, f := range r.Tenants[0].Feeds {
		for _, l := range f.Losses {
			for _, id := range l.ContentIDs {
				found[id] = true
				if at := created[id]; at.Before(l.From) || at.After(l.To) {
					t.Errorf("%s was created at %v and is told to be lost from %v to %v", id, at, l.From, l.To)
				}
			}
		}
	}
	for id, fate := range want {
		if !found[id] {
			t.Errorf("%s is %s and not named", id, fate)
		}
	}
	if len(found) != len(want) {
		t.Errorf("%v are named, %v are lost", found, want)
	}
}

// No worker ran until it was too late.
func TestABlobThatExpiredWhileItWasPendingIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.offer("Audit.Exchange", 1, time.Hour)
	w.work(1)
	created := time.Now().Add(-7*24*time.Hour - 3*time.Hour).UTC().Truncate(time.Millisecond)
	pending, err := schemas.Blob{
		Tenant: cloudsim.DefaultTenant, ContentType: "Audit.Exchange", ContentID: "withheld", State: schemas.BlobListed,
		URI: w.cloud.URL() + "/withheld", Created: created, Expires: created.Add(7 * 24 * time.Hour), At: created.Add(time.Hour),
	}.Message()
	if err != nil {
		t.Fatal(err)
	}
	w.produce(pending)
	for _, when := range []string{"before a worker has seen it", "after"} {
		r := w.verify(verify.Options{})
		i := slices.IndexFunc(r.Tenants[0].Feeds, func(f verify.Feed) bool { return f.ContentType == "Audit.Exchange" })
		f := r.Tenants[0].Feeds[i]
		if r.Missing != 1 || len(f.Losses) != 1 || !f.Losses[0].From.Equal(created) || !f.Losses[0].To.Equal(created) ||
			!strings.Contains(f.Losses[0].Reason, "expired") || f.Pending != 0 {
			t.Errorf("%s: %s", when, w.show(r))
		}
		w.work(2)
	}
}

func TestABlobThatTheLedgerLacksIsFoundByListingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.offer("Audit.General", 3, 24*time.Hour)
	w.work(3)
	gone := w.cloud.Offered()[0]
	key := schemas.Blob{Tenant: gone.Tenant, ContentType: gone.ContentType, ContentID: gone.ContentID}.Key()
	w.produce(schemas.Message{Topic: schemas.TopicLedger, Key: []byte(key), Time: time.Now()})
	if r := w.verify(verify.Options{}); r.Missing != 0 {
		t.Errorf("without a listing nobody can know: %s", w.show(r))
	}
	r := w.verify(verify.Options{Lister: w.lister})
	for _, l := range r.Deep.Listings {
		want := 0
		if l.ContentType == gone.ContentType {
			want = 1
		}
		if len(l.Unknown) != want || want == 1 && (l.Unknown[0].ContentID != gone.ContentID || !l.Unknown[0].Created.Equal(gone.ContentCreated)) {
			t.Errorf("%+v", l)
		}
	}
	if r.Missing != 1 {
		t.Error(w.show(r))
	}
}

func TestARecordThatOneSideLacksIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.offer("Audit.Exchange", 5, 24*time.Hour)
	w.work(5)
	removed := w.cloud.Offered()[4]
	r := w.verify(verify.Options{Export: w.export(&removed)})
	if c := r.Against; r.Missing != 0 || len(c.NotHere) != 0 || len(c.NotThere) != 1 || c.NotThere[0].ID != removed.ID || !c.NotThere[0].Time.Equal(removed.Created) {
		t.Errorf("removed from the export: %+v\n%s", c, w.show(r))
	}
	r = w.verify(verify.Options{Export: w.export(nil, "never-came")})
	if c := r.Against; r.Missing != 1 || len(c.NotHere) != 1 || c.NotHere[0].ID != "never-came" || len(c.NotThere) != 0 {
		t.Errorf("removed from here: %+v\n%s", c, w.show(r))
	}
}
