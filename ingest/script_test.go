package ingest

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// script is a feed whose answers depend on the time alone, for tests of days in a moment.
type script struct {
	t      *testing.T
	mu     sync.Mutex
	sent   []listing // listings that were answered
	starts []time.Time

	list    func(w window) ([]o365.Blob, error)
	records func(ctx context.Context, b o365.Blob) ([]string, error)
	skew    time.Duration
	classes map[string][]class // of the errands, by what was asked for
	first   map[string]string  // by contentId: a record that comes before what records gives
}

// listing is a window and when it was sent.
type listing struct {
	window
	at time.Time
}

func (f *script) Subscriptions(context.Context) ([]o365.Subscription, error) {
	return []o365.Subscription{{ContentType: "Audit.Exchange", Status: "enabled"}}, nil
}

func (f *script) Skew() time.Duration { return f.skew }

func (f *script) Start(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, time.Now())
	return nil
}

// note takes down what a request is for.
func (f *script) note(ctx context.Context, what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.classes == nil {
		f.classes = map[string][]class{}
	}
	f.classes[what] = append(f.classes[what], errandOf(ctx).class)
}

func (f *script) List(ctx context.Context, _ string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		f.note(ctx, "list since "+time.Since(from).Truncate(time.Hour).String())
		now := time.Now()
		if to.Sub(from) > 24*time.Hour || from.Before(now.Add(f.skew-retention)) || !from.Before(to) {
			f.t.Errorf("at %s: window %s to %s", now, from, to)
		}
		var blobs []o365.Blob
		var err error
		if f.list != nil {
			blobs, err = f.list(window{from, to})
		}
		for _, b := range blobs {
			if !b.Created.Before(from) && b.Created.Before(to) && !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(o365.Blob{}, err)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sent = append(f.sent, listing{window{from, to}, now})
	}
}

func (f *script) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f.note(ctx, b.ID)
		if first, ok := f.first[b.ID]; ok && !yield([]byte(first), nil) {
			return
		}
		records, err := []string{`{"Id":"` + b.ID + `"}`}, error(nil)
		if f.records != nil {
			records, err = f.records(ctx, b)
		}
		for _, r := range records {
			if !yield([]byte(r), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// pass runs a collector of the feed for some time that passes in a moment.
func pass(t *testing.T, f *script, d time.Duration, change ...func(*Config)) (begun time.Time, s *sink) {
	t.Helper()
	f.t = t
	s = newSink()
	cfg := Config{Tenant: schemas.Tenant{ID: tenant, ContentTypes: []string{"Audit.Exchange"}}, Feed: f, Sink: s}
	for _, c := range change {
		c(&cfg)
	}
	begun = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := New(cfg).Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	return begun, s
}

// gap gives where the listings leave a part of the span out, the zero time where they do not.
func gap(sent []listing, from, to time.Time) time.Time {
	for at := from; at.Before(to); {
		next := at
		for _, l := range sent {
			if !l.from.After(at) && l.to.After(next) {
				next = l.to
			}
		}
		if next.Equal(at) {
			return at
		}
		at = next
	}
	return time.Time{}
}

// aged is a blob that was created some time before now.
func aged(id string, age time.Duration) o365.Blob {
	return o365.Blob{ContentType: "Audit.Exchange", ID: id, Created: time.Now().Add(-age), Expires: time.Now().Add(retention - age)}
}
