package ingest

import (
	"testing"
	"time"

	"ualstream/schemas"
)

func TestLedger(t *testing.T) {
	blob := func(state schemas.BlobState, at time.Time) schemas.Blob {
		return schemas.Blob{Tenant: tenant, ContentType: "Audit.Exchange", ContentID: "a/b$c", State: state, At: at, Expires: noon}
	}
	stored, lost, gone := schemas.BlobStored, schemas.BlobLost, schemas.BlobState("")
	for name, c := range map[string]struct {
		entries    []schemas.BlobState
		done       bool
		retryAgain bool // when what was lost gets another try
	}{
		"nothing is known":                {nil, false, false},
		"stored":                          {[]schemas.BlobState{stored}, true, false},
		"lost":                            {[]schemas.BlobState{lost}, true, true},
		"found after all":                 {[]schemas.BlobState{lost, stored}, true, false},
		"stored, whatever a zombie says":  {[]schemas.BlobState{stored, lost}, true, false},
		"forgotten by a tombstone":        {[]schemas.BlobState{stored, gone}, false, false},
		"stored again after a tombstone":  {[]schemas.BlobState{lost, gone, stored}, true, false},
		"lost, and lost again by a retry": {[]schemas.BlobState{lost, lost}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			for _, s := range c.entries {
				l.Apply(blob(s, noon.Add(-time.Hour)))
			}
			key := blob("", noon).Key()
			if l.settled(key, time.Time{}) != c.done {
				t.Errorf("settled %v", l.settled(key, time.Time{}))
			}
			if want := c.done && !c.retryAgain; l.settled(key, noon) != want {
				t.Errorf("settled %v when what was lost before gets another try", !want)
			}
			if l.settled(key, noon.Add(-2*time.Hour)) != c.done {
				t.Error("what was lost in the meantime gets no other try")
			}
		})
	}
}

func TestLedgerForgetsWhatCanNoLongerBeListed(t *testing.T) {
	l := NewLedger()
	b := schemas.Blob{Tenant: tenant, ContentType: "t", ContentID: "expires", State: schemas.BlobStored, Expires: noon}
	l.Apply(b)
	unknown := schemas.Blob{Tenant: tenant, ContentType: "t", ContentID: "unknown", State: schemas.BlobStored, At: noon}
	l.Apply(unknown)
	for _, c := range []struct {
		now              time.Time
		expires, unknown bool
	}{
		{noon.Add(time.Hour + 50*time.Minute), true, true},
		{noon.Add(2*time.Hour + 10*time.Minute), true, true}, // it has only just looked
		{noon.Add(3 * time.Hour), false, true},
		{noon.Add(8 * 24 * time.Hour), false, false},
	} {
		l.Forget(c.now)
		if l.settled(b.Key(), time.Time{}) != c.expires || l.settled(unknown.Key(), time.Time{}) != c.unknown {
			t.Errorf("at %s: %v and %v", c.now, l.settled(b.Key(), time.Time{}), l.settled(unknown.Key(), time.Time{}))
		}
	}
}
