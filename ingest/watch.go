package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"ualstream/ingest/o365"
)

const (
	sweepEvery = 24 * time.Hour   // between two listings of all seven days
	longestGap = 15 * time.Minute // between two tries of what does not work
	relists    = 5                // tries of one window before it waits
)

// watch follows one content type. Three loops run at once, so that a tenant's first seven days do not hold up
// what happens now: the poll lists the last hours again and again, because a listing near now may be partial; the
// sweep lists all seven days, at the start and daily, because content may come late; and the retry fetches again
// what could not be had.
type watch struct {
	c           *Collector
	contentType string
	log         *slog.Logger
	gate        gate
	margin      atomic.Int64 // how far listings stay inside the seven days
	later       later
}

func (c *Collector) watch(contentType string) *watch {
	w := &watch{c: c, contentType: contentType, log: c.log.With("source", contentType),
		later: later{turns: map[string]*turn{}}}
	w.margin.Store(int64(margin))
	return w
}

func (w *watch) run(ctx context.Context) {
	begun := w.c.now()
	if !w.persist(ctx, "subscribe", func() error { return w.subscribe(ctx) }) {
		return
	}
	var loops sync.WaitGroup
	loops.Go(func() { w.poll(ctx, begun) })
	loops.Go(func() { w.sweep(ctx) })
	loops.Go(func() { w.retry(ctx) })
	loops.Wait()
}

// poll lists what came since the last complete listing, and Overlap before it. However long the listing did not
// work, nothing is left out but what the API no longer lists.
func (w *watch) poll(ctx context.Context, listed time.Time) {
	for first := true; ctx.Err() == nil; first = false {
		worked := w.persist(ctx, "list", func() error {
			now := upToSecond(w.c.now())
			if err := w.cover(ctx, listed.Add(-w.c.cfg.Overlap), now, time.Time{}); err != nil {
				return err
			}
			listed = now
			return nil
		})
		if first && worked {
			w.log.Info("subscribed and listed", "again_every", w.c.cfg.Poll)
		}
		pause(ctx, w.c.cfg.Poll)
	}
}

// sweep lists all seven days, daily, with another try for what was lost before.
func (w *watch) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		w.margin.Store(int64(margin))
		retryLost := w.c.now()
		w.persist(ctx, "sweep", func() error {
			now := upToSecond(w.c.now())
			return w.cover(ctx, now.Add(-retention), now, retryLost)
		})
		pause(ctx, sweepEvery)
	}
}

// cover lists a span window by window and has the blobs fetched that are not settled, those included that were
// lost before the time given. A window that fails does not keep the others from being listed; the first error is
// given.
func (w *watch) cover(ctx context.Context, from, to, retryLost time.Time) error {
	var failed error
	for _, win := range windows(from, to) {
		failed = cmp.Or(failed, w.window(ctx, win, retryLost))
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// window lists one window. It is clamped each time that it is sent: while it was queued, or tried again, its
// start may have left the seven days.
func (w *watch) window(ctx context.Context, win window, retryLost time.Time) error {
	for try := 1; ; try++ {
		sent, ok := win.clamp(w.c.now(), time.Duration(w.margin.Load()))
		if !ok {
			return nil
		}
		err := w.list(ctx, sent, retryLost)
		if err == nil || ctx.Err() != nil || try == relists {
			return err
		}
		switch action(err) {
		case o365.Window: // our clock may be behind theirs
			w.margin.Store(min(2*w.margin.Load(), int64(widest)))
			w.log.Warn("the API refuses the window: is the clock right?", "error", err)
		case o365.Subscribe:
			if err := w.gate.start(ctx, w); err != nil {
				return err
			}
		case o365.Relist:
		default:
			return err
		}
	}
}

func (w *watch) list(ctx context.Context, win window, retryLost time.Time) error {
	for b, err := range w.c.cfg.Feed.List(ctx, w.contentType, win.from, win.to) {
		if err != nil {
			return err
		}
		if err := w.take(ctx, b, retryLost); err != nil {
			return err
		}
	}
	return nil
}

// persist repeats what does not work, ever more slowly, until it works; false means that ctx ended first.
func (w *watch) persist(ctx context.Context, what string, f func() error) bool {
	space := backoff.NewExponentialBackOff(backoff.WithInitialInterval(w.c.cfg.Poll),
		backoff.WithMaxInterval(longestGap), backoff.WithMaxElapsedTime(0))
	err := backoff.RetryNotify(f, backoff.WithContext(space, ctx), func(err error, wait time.Duration) {
		if ctx.Err() == nil {
			w.log.Warn(what+" does not work", "error", err, "again_in", wait)
		}
	})
	return err == nil
}

// action says what an error of the feed asks for, "" where it is no answer of the API.
func action(err error) o365.Action {
	if answer, ok := errors.AsType[*o365.Error](err); ok {
		return answer.Action()
	}
	return ""
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
