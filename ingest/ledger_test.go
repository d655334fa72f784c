package ingest

import (
	"errors"
	"testing"
	"time"

	"ualstream/schemas"
)

// blobOf is an entry of a blob that was created at noon, and that expires seven days later.
func blobOf(contentID string, state schemas.BlobState) schemas.Blob {
	return schemas.Blob{
		Tenant: tenant, ContentType: "Audit.Exchange", ContentID: contentID, State: state,
		Created: noon, Expires: noon.Add(retention), At: noon.Add(time.Hour),
	}
}

func messageOf(t *testing.T, entry interface {
	Message() (schemas.Message, error)
}) schemas.Message {
	t.Helper()
	m, err := entry.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLedger(t *testing.T) {
	pending, stored, lost, gone := schemas.BlobListed, schemas.BlobStored, schemas.BlobLost, schemas.BlobState("")
	for name, c := range map[string]struct {
		entries    []schemas.BlobState
		pending    bool
		done       bool
		retryAgain bool // when what was lost gets another try
	}{
		"nothing is known":                {nil, false, false, false},
		"pending":                         {[]schemas.BlobState{pending}, true, false, false},
		"fetched":                         {[]schemas.BlobState{pending, stored}, false, true, false},
		"given up":                        {[]schemas.BlobState{pending, lost}, false, true, true},
		"stored":                          {[]schemas.BlobState{stored}, false, true, false},
		"lost":                            {[]schemas.BlobState{lost}, false, true, true},
		"found after all":                 {[]schemas.BlobState{lost, stored}, false, true, false},
		"stored, whatever a zombie says":  {[]schemas.BlobState{stored, lost}, false, true, false},
		"stored, and a zombie lists it":   {[]schemas.BlobState{stored, pending}, false, true, false},
		"lost, and a zombie lists it":     {[]schemas.BlobState{lost, pending}, false, true, true},
		"forgotten by a tombstone":        {[]schemas.BlobState{stored, gone}, false, false, false},
		"pending, and a tombstone":        {[]schemas.BlobState{pending, gone}, false, false, false},
		"stored again after a tombstone":  {[]schemas.BlobState{lost, gone, stored}, false, true, false},
		"lost, and lost again by a retry": {[]schemas.BlobState{lost, lost}, false, true, true},
		"a state of another program":      {[]schemas.BlobState{"frozen"}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			for _, s := range c.entries {
				b := blobOf("a/b$c", s)
				b.At = noon.Add(-time.Hour)
				l.Apply(b)
			}
			b := blobOf("a/b$c", "")
			key := idOfBlob(b)
			if l.settled(key, time.Time{}, time.Time{}) != c.done {
				t.Errorf("settled %v", !c.done)
			}
			if want := c.done && !c.retryAgain; l.settled(key, time.Time{}, noon) != want {
				t.Errorf("settled %v when what was lost before gets another try", !want)
			}
			if l.settled(key, time.Time{}, noon.Add(-2*time.Hour)) != c.done {
				t.Error("what was lost in the meantime gets no other try")
			}
			if want := c.done && !c.retryAgain; l.Stored(b.Key()) != want {
				t.Errorf("stored %v", !want)
			}
			if _, pending := l.pending(tenant, "Audit.Exchange", key); pending != c.pending || l.knows(key) != (c.pending || c.done) {
				t.Errorf("pending %v, known %v", pending, l.knows(key))
			}
		})
	}
}

func TestALossGivesWayToAListing(t *testing.T) {
	for name, c := range map[string]struct {
		reason  string
		expires time.Time // as it is listed
		settled bool
	}{
		"gone, and listed as before":        {"404", noon.Add(retention), true},
		"gone, and listed with no expiry":   {"404", time.Time{}, true},
		"gone, and its expiry is rounded":   {"404", noon.Add(retention + time.Minute), true},
		"gone, and it lives longer":         {"404", noon.Add(retention + time.Hour), false},
		"given up by the clock, which lied": {expired, noon.Add(retention), false},
	} {
		t.Run(name, func(t *testing.T) {
			l, b := NewLedger(), blobOf("a", schemas.BlobLost)
			b.Reason = c.reason
			l.Apply(b)
			if got := l.settled(idOfBlob(b), c.expires, noon); got != c.settled {
				t.Errorf("settled %v", got)
			}
		})
	}
}

func TestKeysThatDifferInTheCaseOfTheirTenantAreOne(t *testing.T) {
	l := NewLedger()
	upper, lower := blobOf("A", schemas.BlobStored), blobOf("A", "")
	upper.Tenant, lower.Tenant = "ABC", "abc"
	lower.ContentType = "audit.exchange"
	l.Apply(upper)
	other := lower
	other.ContentID = "a"
	if !l.Stored(lower.Key()) || l.Stored(other.Key()) {
		t.Errorf("the same %v, another blob %v", l.Stored(lower.Key()), l.Stored(other.Key()))
	}
}

func TestTheSameContentOfTwoTypesIsTwoBlobs(t *testing.T) {
	l := NewLedger()
	mail, share := blobOf("a", schemas.BlobStored), blobOf("a", schemas.BlobListed)
	share.ContentType = "Audit.SharePoint"
	l.Apply(mail)
	l.Apply(share)
	if !l.Stored(mail.Key()) || l.Stored(share.Key()) || len(l.Days(noon)) != 2 {
		t.Errorf("stored %v and %v, days %+v", l.Stored(mail.Key()), l.Stored(share.Key()), l.Days(noon))
	}
}

func TestTakeSaysWhatIsDamagedAndWhatIsOfALaterVersion(t *testing.T) {
	blob, day := messageOf(t, blobOf("a", schemas.BlobStored)), messageOf(t, schemas.Day{Tenant: tenant, ContentType: "t", Day: "2026-03-08"})
	skip := messageOf(t, schemas.Skip{Stage: "detect"})
	for name, c := range map[string]struct {
		of          schemas.Message
		value       string
		fine, stops bool
	}{
		"a blob":                            {blob, string(blob.Value), true, false},
		"a blob that is cut":                {blob, string(blob.Value[:40]), false, false},
		"a blob of a later version":         {blob, `{"v":2,"state":7}`, false, true},
		"a day":                             {day, string(day.Value), true, false},
		"a day that is cut":                 {day, string(day.Value[:40]), false, false},
		"a day of a later version":          {day, `{"v":2}`, false, true},
		"the deployment's, which it leaves": {skip, `{"v":2}`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			c.of.Value = []byte(c.value)
			err := l.Take(c.of)
			_, later := errors.AsType[*schemas.VersionError](err)
			if (err == nil) != c.fine || later != c.stops {
				t.Errorf("error %v", err)
			}
			if !c.fine && (l.Stored(string(blob.Key)) || len(l.Days(noon)) != 0) {
				t.Error("it changed something")
			}
		})
	}
}

func TestWhatIsDamagedTakesNothingBack(t *testing.T) {
	l := NewLedger()
	m := messageOf(t, blobOf("a", schemas.BlobStored))
	if err := l.Take(m); err != nil {
		t.Fatal(err)
	}
	m.Value = []byte(`{"v":1,`)
	if err := l.Take(m); err == nil || !l.Stored(string(m.Key)) {
		t.Errorf("error %v, stored %v", err, l.Stored(string(m.Key)))
	}
}

func TestLedgerForgetsWhatCanNoLongerBeListed(t *testing.T) {
	l := NewLedger()
	b := blobOf("a", schemas.BlobStored)
	undated := schemas.Blob{Tenant: tenant, ContentType: "t", ContentID: "undated", State: schemas.BlobStored, At: noon.Add(24 * time.Hour)}
	waits := blobOf("waits", schemas.BlobListed)
	waits.ContentType = "Audit.General"
	for _, b := range []schemas.Blob{b, undated, waits} {
		l.Apply(b)
	}
	over := noon.Add(14*time.Hour + retention) // two hours after the end of noon's day, and seven days
	for _, c := range []struct {
		now         time.Time
		is, undated bool
	}{
		{over.Add(-time.Minute), true, true},     // it can be listed no more, and its day is not final
		{over.Add(10 * time.Minute), true, true}, // it has only just looked
		{over.Add(time.Hour), false, true},
		{over.Add(23 * time.Hour), false, true},
		{over.Add(25 * time.Hour), false, false},
	} {
		l.Forget(c.now, c.now)
		if l.knows(idOfBlob(b)) != c.is || l.knows(idOfBlob(undated)) != c.undated || !l.knows(idOfBlob(waits)) {
			t.Errorf("at %s: %v, %v and %v", c.now, l.knows(idOfBlob(b)), l.knows(idOfBlob(undated)), l.knows(idOfBlob(waits)))
		}
	}
}

func TestWhatIsPendingIsNotForgottenThoughItsDayIsFinal(t *testing.T) {
	l := NewLedger()
	b := blobOf("a", schemas.BlobListed)
	takeAll(t, l, b, sum(stores(2), final)) // as another owner has it
	l.Forget(noonsDay, noonsDay)
	if _, pending := l.pending(tenant, "Audit.Exchange", idOfBlob(b)); !pending || !l.knows(idOfBlob(b)) {
		t.Errorf("pending %v, known %v", pending, l.knows(idOfBlob(b)))
	}
}

func TestWhatIsReadAgainIsNotHeldAgain(t *testing.T) {
	l := NewLedger()
	listed, stored := messageOf(t, blobOf("a", schemas.BlobListed)), messageOf(t, blobOf("a", schemas.BlobStored))
	late := noon.Add(9 * 24 * time.Hour)
	for range 3 {
		for _, m := range []schemas.Message{listed, stored} {
			if err := l.Take(m); err != nil {
				t.Fatal(err)
			}
		}
		l.Forget(late, late)
		if n, parked := len(l.blobs), len(l.parked); n != 0 || parked != 0 {
			t.Errorf("%d blobs are held, %d pending", n, parked)
		}
		if days := l.Days(late); len(days) != 1 || days[0].Stored != 1 || days[0].Listed != 0 {
			t.Errorf("days %+v", days)
		}
		late = late.Add(2 * time.Hour)
	}
	if err := l.Take(listed); err != nil || len(l.parked) != 0 { // before the entry that settles it is read
		t.Errorf("%v, %d pending", err, len(l.parked))
	}
}
