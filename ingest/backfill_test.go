package ingest

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
)

// tenantFeed is a feed of several content types that keeps to a quota. One type's listing has no end.
type tenantFeed struct {
	*script
	quota    *Quota
	blobs    map[string][]o365.Blob // by content type
	poisoned string
}

func (f tenantFeed) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		if err := f.quota.Wait(ctx); err != nil {
			yield(o365.Blob{}, err)
			return
		}
		for contentType == f.poisoned {
			if err := f.quota.Wait(ctx); err != nil {
				yield(o365.Blob{}, err)
				return
			}
		}
		for _, b := range f.blobs[contentType] {
			known := !b.Created.Before(from) && b.Created.Before(to) && !b.Created.After(time.Now())
			if known && !yield(b, nil) {
				return
			}
		}
	}
}

func (f tenantFeed) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := f.quota.Wait(ctx); err != nil {
			yield(nil, err)
			return
		}
		yield([]byte(`{"Id":"`+b.ID+`"}`), nil)
	}
}

func TestNewMailEventsAreFetchedAtOnceWhileABackFillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const minutes = 30
		f := tenantFeed{script: &script{}, quota: NewQuota(60), blobs: map[string][]o365.Blob{}, poisoned: "DLP.All"}
		for i := range 20 * minutes { // more than the quota allows in that time
			f.blobs["Audit.Exchange"] = append(f.blobs["Audit.Exchange"], aged(fmt.Sprint("old mail", i), 72*time.Hour))
			f.blobs["Audit.SharePoint"] = append(f.blobs["Audit.SharePoint"], aged(fmt.Sprint("old share", i), 72*time.Hour))
			f.blobs["Audit.General"] = append(f.blobs["Audit.General"], aged(fmt.Sprint("expires", i), retention-23*time.Hour))
		}
		fresh := map[string]o365.Blob{}
		for i := range minutes - 5 {
			b := aged(fmt.Sprint("new mail", i), -time.Duration(i)*time.Minute-30*time.Second)
			f.blobs["Audit.Exchange"] = append(f.blobs["Audit.Exchange"], b)
			fresh[b.ID] = b
		}
		_, s := pass(t, f.script, minutes*time.Minute, func(cfg *Config) {
			cfg.Feed = f
			cfg.Tenant.ContentTypes = []string{"DLP.All", "Audit.General", "Audit.SharePoint", "Audit.Exchange"}
		})
		settled := map[string]int{}
		for _, e := range s.ledger {
			settled[e.ContentType]++
			if b, ok := fresh[e.ContentID]; ok {
				delete(fresh, e.ContentID)
				if wait := e.At.Sub(b.Created); wait > 90*time.Second { // a poll and some turns
					t.Errorf("%s was stored after %s", e.ContentID, wait)
				}
			}
		}
		if len(fresh) != 0 {
			t.Errorf("%d new blobs are not stored", len(fresh))
		}
		if settled["Audit.General"] < 10*minutes || settled["Audit.SharePoint"] == 0 {
			t.Errorf("settled %v", settled)
		}
	})
}
