package verify

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// Lister is a tenant's content at Microsoft; *o365.Client is one.
type Lister interface {
	// List gives the blobs with from <= contentCreated < to, of at most a day in the last seven. An error is the last
	// thing that it gives.
	List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error]
	// Skew is how far Microsoft's clock is ahead of this machine's.
	Skew() time.Duration
}

// Deep compares what Microsoft lists with the ledger.
type Deep struct {
	Listings []Listing `json:"listings"`
}

// Listing is what Microsoft lists of one content type of a tenant, all that it still does.
type Listing struct {
	Tenant      string `json:"tenant"`
	ContentType string `json:"content_type"`
	Blobs       int    `json:"blobs"`             // that Microsoft lists
	Problem     string `json:"problem,omitempty"` // why they are not all
	// Unknown are those that the ledger does not have. Recent counts such blobs that are so young that a worker may yet
	// have to list them.
	Unknown []Unsettled `json:"unknown"`
	Recent  int         `json:"recent"`
	// Unsettled are those that the ledger has and does not call stored. They count among Pending and Lost of the feed.
	Unsettled []Unsettled `json:"unsettled"`
}

// Unsettled is a blob that is not stored.
type Unsettled struct {
	ContentID string            `json:"content_id"`
	Created   time.Time         `json:"created"`
	State     schemas.BlobState `json:"state,omitempty"` // in the ledger
}

func (d *Deep) missing() (unknown, failed int) {
	for _, l := range d.Listings {
		unknown += len(l.Unknown)
		if l.Problem != "" {
			failed++
		}
	}
	return unknown, failed
}

const (
	margin     = 5 * time.Minute  // within the seven days, for the request's way
	recent     = 15 * time.Minute // content so young may not be in the ledger yet
	listWithin = time.Minute      // for a day, or the next blob of it: the client asks again and again where it gets no answer
	listAtOnce = 4
)

// listing is what Microsoft listed of a feed.
type listing struct {
	feedKey
	blobs []o365.Blob
	err   error
}

// relist lists all that Microsoft still lists of the feeds.
func relist(ctx context.Context, feeds []feedKey, of func(tenant string) (Lister, error)) []listing {
	all := make([]listing, len(feeds))
	var asking errgroup.Group
	asking.SetLimit(listAtOnce)
	for i, f := range feeds {
		asking.Go(func() error {
			all[i] = listing{feedKey: f}
			lister, err := of(f.tenant)
			if err == nil {
				all[i].blobs, err = sevenDays(ctx, lister, f.contentType, listWithin)
			}
			all[i].err = err
			return nil
		})
	}
	_ = asking.Wait() // an error is a listing's own
	return all
}

// sevenDays lists a content type, a day at a time, by the service's clock and in whole seconds, as it takes them. What was
// listed comes with the error.
func sevenDays(ctx context.Context, l Lister, contentType string, patience time.Duration) (blobs []o365.Blob, err error) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(patience, cancel)
	defer silence.Stop()
	seen := map[string]bool{}
	to := time.Now().Add(l.Skew()).Truncate(time.Second).Add(time.Second)
	for from := to.Add(margin - retention); from.Before(to); from = from.Add(day) {
		end := from.Add(day)
		if end.After(to) {
			end = to
		}
		for b, err := range l.List(within, contentType, from, end) {
			switch {
			case err != nil && ctx.Err() == nil && within.Err() != nil:
				return blobs, fmt.Errorf("no answer within %s: %w", patience, err)
			case err != nil:
				return blobs, err
			case !seen[b.ID]:
				seen[b.ID] = true
				blobs = append(blobs, b)
			}
			silence.Reset(patience)
		}
		silence.Reset(patience)
	}
	return blobs, nil
}

// compare says which of the blobs the ledger has not settled.
func (l listing) compare(b *book, now time.Time) Listing {
	out := Listing{Tenant: l.tenant, ContentType: l.contentType, Blobs: len(l.blobs), Unknown: []Unsettled{}, Unsettled: []Unsettled{}}
	if l.err != nil {
		out.Problem = l.err.Error()
	}
	for _, blob := range l.blobs {
		key := schemas.Blob{Tenant: l.tenant, ContentType: l.contentType, ContentID: blob.ID}.Key()
		one := Unsettled{ContentID: blob.ID, Created: blob.Created}
		switch state := b.state(key); {
		case state == schemas.BlobStored:
		case state != "":
			one.State = state
			out.Unsettled = append(out.Unsettled, one)
		case now.Sub(blob.Created) < recent:
			out.Recent++
		default:
			out.Unknown = append(out.Unknown, one)
		}
	}
	for _, list := range [][]Unsettled{out.Unknown, out.Unsettled} {
		slices.SortFunc(list, func(a, b Unsettled) int {
			if d := a.Created.Compare(b.Created); d != 0 {
				return d
			}
			return strings.Compare(a.ContentID, b.ContentID)
		})
	}
	return out
}
