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
	sweepEvery = time.Hour        // between two listings of all seven days
	longestGap = 15 * time.Minute // between two tries of what does not work
	answerIn   = 15 * time.Minute // until a listing brings a blob or its end, or another request its answer
	relists    = 5                // tries of one window before it waits
)

// watch follows one content type. Four loops run at once, so that a tenant's first seven days do not hold up
// what happens now: the poll lists the last hours again and again, because a listing near now may be partial; the
// sweep lists all seven days, at the start and hourly, because content may come late; the retry fetches again what
// could not be had, and the resume what was pending when another process stopped.
type watch struct {
	c           *Collector
	contentType string
	log         *slog.Logger
	tell        teller
	gate        *gate
	margin      atomic.Int64 // how far listings stay inside the seven days
	later       later
}

func (c *Collector) watch(contentType string) *watch {
	log := c.log.With("source", contentType)
	started, ever := c.cfg.Started[contentType]
	w := &watch{c: c, contentType: contentType, log: log, tell: teller{log: log}, gate: gateAfter(started, ever),
		later: later{turns: map[id]*turn{}}}
	w.margin.Store(int64(margin))
	return w
}

func (w *watch) run(ctx context.Context) {
	begun := w.c.theirNow()
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { w.retry(ctx) })
	loops.Go(func() { w.resume(ctx) })
	live := withErrand(ctx, errand{class: classOf(w.contentType, true, retention)})
	subscribed := w.persist(live, "subscription", func() error {
		err := w.subscribe(live)
		if errors.Is(err, errUnanswered) || errors.Is(err, errStarted) { // a listing says as well that there is none
			w.tell.met("subscription", err)
			return nil
		}
		return err
	})
	if !subscribed {
		return
	}
	loops.Go(func() { w.poll(ctx, begun) })
	loops.Go(func() { w.sweep(ctx) })
}

// round is what a listing is for.
type round struct {
	live      bool      // it is the poll
	again     bool      // it is the retry, which alone takes what could not be had
	retryLost time.Time // what was lost before that gets another try; by our clock
	roll      roll      // what it gave that the ledger did not know; nil where it is no listing
}

// poll lists what came since the last complete listing, and Overlap before it. However long the listing did not
// work, nothing is left out but what the API no longer lists.
func (w *watch) poll(ctx context.Context, listed time.Time) {
	for first := true; ctx.Err() == nil; first = false {
		worked := w.persist(ctx, "poll", func() error {
			now := upToSecond(w.c.theirNow())
			if _, err := w.cover(ctx, windows(listed.Add(-w.c.cfg.Overlap), now), round{live: true}); err != nil {
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

// sweep lists all seven days, hourly, with another try for what was lost before the start. What that costs stays
// bounded: it is back-fill to the quota, it holds no more than a page, and it rests at least as long as it took.
func (w *watch) sweep(ctx context.Context) {
	on := round{retryLost: w.c.now()}
	for ctx.Err() == nil {
		w.margin.Store(int64(margin))
		begun, now := time.Now(), upToSecond(w.c.theirNow())
		left := windows(now.Add(-retention), now)
		w.persist(ctx, "sweep", func() (err error) {
			if time.Since(begun) >= sweepEvery { // one window that never works does not keep the others from their hour
				begun, now = time.Now(), upToSecond(w.c.theirNow())
				left = windows(now.Add(-retention), now)
			}
			left, err = w.cover(ctx, left, on)
			return err
		})
		took := time.Since(begun)
		pause(ctx, max(sweepEvery-took, took))
	}
}

// cover lists windows and has the blobs fetched that are not settled. A window that fails does not keep the others
// from being listed; those that failed are given, with the first error.
func (w *watch) cover(ctx context.Context, all []window, on round) (left []window, failed error) {
	for _, win := range all {
		if err := w.window(ctx, win, on); err != nil {
			left, failed = append(left, win), cmp.Or(failed, err)
		}
	}
	return left, failed
}

// window lists one window. It is clamped each time that it is sent: while it was queued, or tried again, its
// start may have left the seven days.
func (w *watch) window(ctx context.Context, win window, on round) error {
	for try := 1; ; try++ {
		sent, ok := win.clamp(w.c.theirNow(), time.Duration(w.margin.Load()))
		if !ok {
			return ctx.Err()
		}
		begun := time.Now()
		err := w.list(ctx, sent, on)
		if err == nil || ctx.Err() != nil || try == relists {
			return err
		}
		switch action(err) {
		case o365.Window: // our clock may be behind theirs
			w.margin.Store(min(2*w.margin.Load(), int64(widest)))
			w.tell.met("window", err, "theirs_is_ahead_by", w.c.cfg.Feed.Skew().Round(time.Second))
		case o365.Subscribe:
			if err := w.gate.start(ctx, w, begun); err != nil {
				return err
			}
		case o365.Relist:
		default:
			return err
		}
	}
}

func (w *watch) list(ctx context.Context, win window, on round) error {
	left := win.from.Add(retention).Sub(w.c.theirNow()) // of the oldest content there may be
	asked, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := newPatience(answerIn, func() { cancel(errUnanswered) })
	defer p.rest()
	asked = withErrand(asked, errand{class: classOf(w.contentType, on.live, left), patience: p})
	on.roll = roll{}
	begun, asOf := time.Now(), w.c.surely()
	p.run()
	for b, err := range w.c.cfg.Feed.List(asked, w.contentType, win.from, win.to) {
		p.rest()
		if err != nil {
			return cmp.Or(context.Cause(asked), err)
		}
		if err := w.take(ctx, b, on); err != nil {
			return err
		}
		p.renew()
		p.run()
	}
	// The answer tells the service's clock, so that ours is judged by it now.
	asOf = earliest(asOf, w.c.surely().Add(-time.Since(begun)))
	w.credit(ctx, win, asOf.Truncate(time.Second), on.roll)
	return nil
}

// errUnanswered is the error of what one request holds up, which the client repeats without an end: it is told, another
// listing has other pages, and other windows get their turn.
var errUnanswered = errors.New("no answer in time, whatever the repeats")

// persist repeats what does not work, ever more slowly, until it works; false means that ctx ended first.
func (w *watch) persist(ctx context.Context, what string, f func() error) bool {
	space := backoff.NewExponentialBackOff(backoff.WithInitialInterval(w.c.cfg.Poll),
		backoff.WithMaxInterval(longestGap), backoff.WithMaxElapsedTime(0))
	var failed time.Time
	told := false
	op := func() error {
		err := f()
		if errors.Is(err, errUnanswered) { // which took long enough: the service is asked again as soon as it may be well
			space.Reset()
		}
		return err
	}
	err := backoff.RetryNotify(op, backoff.WithContext(space, ctx), func(err error, wait time.Duration) {
		if failed.IsZero() {
			failed = time.Now()
		}
		if ctx.Err() == nil {
			told = w.tell.met(what, err, "again_in", wait.Round(time.Second)) || told
		}
	})
	if err == nil && told {
		w.log.Info(what+" works again", "after", time.Since(failed).Round(time.Second))
	}
	return err == nil
}

// codeOf gives the API's code of an error of the feed, "" where it has none.
func codeOf(err error) string {
	if answer, ok := errors.AsType[*o365.Error](err); ok {
		return answer.Code
	}
	return ""
}

// action says what an error of the feed asks for, "" where it is no answer of the API.
func action(err error) o365.Action {
	if errors.Is(err, o365.ErrForeign) { // of a next page: another listing may give another address
		return o365.Relist
	}
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
