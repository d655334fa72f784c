package verify

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// offered is Microsoft's side: blobs, and how listing them goes wrong.
type offered struct {
	blobs  []o365.Blob
	fail   error
	skew   time.Duration
	widest time.Duration // window asked for
}

func (o *offered) Skew() time.Duration { return o.skew }

func (o *offered) List(_ context.Context, _ string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	o.widest = max(o.widest, to.Add(time.Second-1).Truncate(time.Second).Sub(from.Truncate(time.Second))) // as the client sends them
	return func(yield func(o365.Blob, error) bool) {
		for _, b := range o.blobs {
			if !b.Created.Before(from) && b.Created.Before(to) && !yield(b, nil) {
				return
			}
		}
		if o.fail != nil {
			yield(o365.Blob{}, o.fail)
		}
	}
}

func TestAListingIsComparedWithTheLedger(t *testing.T) {
	offer := func(id string, created time.Duration) o365.Blob { return o365.Blob{ID: id, Created: ago(created)} }
	l := listing{feedKey: feedKey{contoso, exchange}, blobs: []o365.Blob{
		offer("stored", time.Hour), offer("unknown", 3*time.Hour), offer("unknown, too", 5*time.Hour), offer("pending", time.Hour),
		offer("lost", 2*time.Hour), offer("new", time.Minute),
	}}
	b := bookOf(t, blob("stored", schemas.BlobStored, time.Hour), blob("pending", schemas.BlobListed, time.Hour),
		blob("lost", schemas.BlobLost, 2*time.Hour), blob("not listed any more", schemas.BlobStored, 8*day))
	got := l.compare(b, now)
	if got.Blobs != 6 || got.Recent != 1 || got.Problem != "" {
		t.Errorf("%+v", got)
	}
	want := []Unsettled{{"unknown, too", ago(5 * time.Hour), ""}, {"unknown", ago(3 * time.Hour), ""}}
	if !slices.Equal(got.Unknown, want) {
		t.Errorf("unknown: %+v", got.Unknown)
	}
	want = []Unsettled{{"lost", ago(2 * time.Hour), schemas.BlobLost}, {"pending", ago(time.Hour), schemas.BlobListed}}
	if !slices.Equal(got.Unsettled, want) {
		t.Errorf("unsettled: %+v", got.Unsettled)
	}
}

func TestAllSevenDaysAreListedADayAtATime(t *testing.T) {
	var blobs []o365.Blob
	for hours := range 8 * 24 {
		blobs = append(blobs, o365.Blob{ID: time.Duration(hours).String(), Created: time.Now().Add(-time.Duration(hours)*time.Hour - time.Minute)})
	}
	o := &offered{blobs: append(blobs, blobs[:10]...)} // some are on two pages
	got, err := sevenDays(t.Context(), o, exchange, patience)
	if err != nil || len(got) != 7*24 || o.widest > day {
		t.Errorf("%d blobs, windows of up to %s, error %v", len(got), o.widest, err)
	}
}

// silent is a Microsoft that gives so many blobs and then no answer.
type silent struct {
	offered
	blobs int
}

func (s *silent) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		for i := range s.blobs {
			if !yield(o365.Blob{ID: strconv.Itoa(i), Created: from}, nil) {
				return
			}
		}
		<-ctx.Done()
		yield(o365.Blob{}, ctx.Err())
	}
}

func TestAListingThatGetsNoAnswerEnds(t *testing.T) {
	for blobs := range 3 {
		got, err := sevenDays(t.Context(), &silent{blobs: blobs}, exchange, time.Millisecond)
		if len(got) > blobs || err == nil || !strings.HasPrefix(err.Error(), "no answer within 1ms: ") {
			t.Errorf("%v, %v", got, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := sevenDays(ended, &silent{}, exchange, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}

// slow is a Microsoft that takes its time for each blob.
type slow struct{ offered }

func (s *slow) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		for i := range 3 {
			time.Sleep(40 * time.Second)
			if ctx.Err() != nil {
				yield(o365.Blob{}, ctx.Err())
				return
			}
			if !yield(o365.Blob{ID: from.String() + strconv.Itoa(i), Created: from}, nil) {
				return
			}
		}
	}
}

func TestAListingMayTakeLongAsLongAsItGetsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got, err := sevenDays(t.Context(), &slow{}, exchange, time.Minute); len(got) != 21 || err != nil {
			t.Errorf("%d blobs, %v", len(got), err)
		}
	})
}

func TestAListingThatFailsIsAProblemOfItsFeedAlone(t *testing.T) {
	feeds := []feedKey{{contoso, exchange}, {fabrikam, exchange}, {"nobody", exchange}}
	all := relist(t.Context(), feeds, func(tenant string) (Lister, error) {
		switch tenant {
		case contoso:
			return &offered{blobs: []o365.Blob{{ID: "a", Created: time.Now().Add(-time.Hour)}}}, nil
		case fabrikam:
			return &offered{fail: errors.New("AF20022")}, nil
		}
		return nil, errors.New("no credential")
	})
	deep := Deep{}
	for _, l := range all {
		deep.Listings = append(deep.Listings, l.compare(newBook(), time.Now()))
	}
	if unknown, failed := deep.missing(); unknown != 1 || failed != 2 {
		t.Errorf("%d unknown, %d failed: %+v", unknown, failed, deep)
	}
}
