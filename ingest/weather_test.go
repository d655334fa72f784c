package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// weather is a feed and a sink of ten bad days: blobs that are listed late, out of order, again and again, or on
// some listings only; answers that are cut, empty, refused, or never come; a sink that fails, stands still, or
// says that it failed when it did not; a clock that jumps. It fails the test at once when something is remembered that was not stored.
type weather struct {
	t    *testing.T
	mu   sync.Mutex
	dice *rand.Rand

	blobs  []*cloudBlob
	stored map[string]bool // acknowledged records
	ledger []schemas.Blob
	worst  int // fetches at once
	now    int
	skew   time.Duration // of the collector's clock, which jumps
}

type cloudBlob struct {
	o365.Blob
	appears time.Time // from then on it is listed
	records []string
	broken  bool      // never to be had
	offered time.Time // when a listing first gave it, while it could be fetched
}

// chance is true once in n throws.
func (w *weather) chance(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n) == 0
}

func (w *weather) some(d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.dice.Int64N(int64(d)))
}

// clock is the collector's: it is wrong, and is set now and then.
func (w *weather) clock() time.Time {
	jump := w.chance(2000)
	w.mu.Lock()
	defer w.mu.Unlock()
	if jump {
		w.skew = []time.Duration{0, 10 * time.Minute, -10 * time.Minute, 3 * time.Hour, -3 * time.Hour}[w.dice.IntN(5)]
	}
	return time.Now().Round(0).Add(w.skew)
}

func (w *weather) grow(blobs int, begun time.Time, span time.Duration) {
	for i := range blobs {
		created := begun.Add(time.Duration(w.dice.Int64N(int64(span+retention))) - retention)
		b := &cloudBlob{appears: created, broken: w.dice.IntN(50) == 0}
		b.Blob = o365.Blob{ContentType: "Audit.Exchange", ID: fmt.Sprint("blob", i), Created: created, Expires: created.Add(retention)}
		if w.dice.IntN(10) == 0 { // it becomes visible long after the time that it says
			b.appears = created.Add(time.Duration(w.dice.Int64N(int64(4 * 24 * time.Hour))))
		}
		for j := range w.dice.IntN(3 * chunkRecords) {
			b.records = append(b.records, fmt.Sprintf(`{"Id":"%d-%d"}`, i, j))
		}
		w.blobs = append(w.blobs, b)
	}
}

func (w *weather) Subscriptions(context.Context) ([]o365.Subscription, error) {
	if w.chance(2) {
		return nil, errors.New("no route to host")
	}
	return []o365.Subscription{{ContentType: "Audit.Exchange"}}, nil
}

func (w *weather) Skew() time.Duration { return 0 }

func (w *weather) Start(context.Context, string) error { return nil }

func (w *weather) List(_ context.Context, _ string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		if from.Before(time.Now().Add(-retention)) {
			yield(o365.Blob{}, &o365.Error{Status: 400, Code: "AF20055"})
			return
		}
		codes := []string{"AF20031", "AF20055", "AF20023", "AF10001"}
		w.mu.Lock()
		order := w.dice.Perm(len(w.blobs))
		w.mu.Unlock()
		for _, i := range order {
			b, now := w.blobs[i], time.Now()
			if w.chance(5000) {
				yield(o365.Blob{}, &o365.Error{Status: 400, Code: codes[i%len(codes)]})
				return
			}
			if b.Created.Before(from) || !b.Created.Before(to) || now.Before(b.appears) || !now.Before(b.Expires) {
				continue
			}
			if now.Sub(b.Created) < time.Hour && w.chance(3) { // near now, listings are partial
				continue
			}
			w.mu.Lock()
			if b.offered.IsZero() {
				b.offered = now
			}
			w.mu.Unlock()
			if !yield(b.Blob, nil) || w.chance(20) && !yield(b.Blob, nil) {
				return
			}
		}
	}
}

func (w *weather) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		w.fetching(1)
		defer w.fetching(-1)
		pause(ctx, w.some(2*time.Second))
		var i int
		_, _ = fmt.Sscanf(b.ID, "blob%d", &i)
		blob, cut := w.blobs[i], -1
		var err error
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case !time.Now().Before(b.Expires):
			err = &o365.Error{Status: 400, Code: "AF20051"}
		case blob.broken || w.chance(8):
			err = w.trouble(ctx)
			cut = int(w.some(time.Duration(len(blob.records) + 1)))
		}
		for j, r := range blob.records {
			if j == cut {
				break
			}
			if !yield([]byte(r), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (w *weather) trouble(ctx context.Context) error {
	switch w.some(6) {
	case 0:
		return &o365.Error{Status: 404}
	case 1:
		return &o365.Error{Status: 401, Code: "AF10001"}
	case 2:
		return &o365.BodyError{Kind: o365.BreaksOff, Fragment: []byte(`{"Id":"cut`)}
	case 3:
		return &o365.BodyError{Kind: o365.Empty}
	case 4:
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.New("connection reset by peer")
}

func (w *weather) fetching(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now += n
	w.worst = max(w.worst, w.now)
}

func (w *weather) Store(ctx context.Context, batch []schemas.Message) (map[int]int64, error) {
	if w.chance(500) {
		pause(ctx, w.some(10*time.Hour)) // Kafka is away
	}
	if ctx.Err() != nil || w.chance(20) {
		return nil, errors.New("not enough replicas")
	}
	w.mu.Lock()
	for _, m := range batch {
		w.stored[string(m.Value)] = true
	}
	w.mu.Unlock()
	if w.chance(20) {
		return nil, errors.New("the answer to the produce request did not arrive")
	}
	return map[int]int64{0: 1}, nil
}

func (w *weather) Remember(ctx context.Context, e schemas.Blob) error {
	if ctx.Err() != nil || w.chance(20) {
		return errors.New("not leader for partition")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var i int
	_, _ = fmt.Sscanf(e.ContentID, "blob%d", &i)
	for _, r := range w.blobs[i].records {
		if e.State == schemas.BlobStored && !w.stored[r] {
			w.t.Errorf("%s is remembered as stored, and record %s is not", e.ContentID, r)
		}
	}
	if e.State == schemas.BlobStored && e.Records != len(w.blobs[i].records) || e.State == schemas.BlobLost && e.Reason == "" {
		w.t.Errorf("ledger %+v of %d records", e, len(w.blobs[i].records))
	}
	if e.State == schemas.BlobStored && w.states()[e.ContentID] == "" {
		w.t.Errorf("%s is stored, and was never pending", e.ContentID)
	}
	w.ledger = append(w.ledger, e)
	return nil
}

// known is the ledger that a new process reads.
func (w *weather) known() *Ledger {
	l := NewLedger()
	for _, e := range w.ledger {
		l.Apply(e)
	}
	return l
}
