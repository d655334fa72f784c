package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// passes is how often a blob is fetched in a row, the first time, before its body is taken for what it is.
const passes = 5

// leastPatience is how long a blob may take for a chunk of records, at first, before it gives its place to another.
const leastPatience = 5 * time.Minute

// justListed is the age of content below which the refusal of its id is not believed: such ids have been seen to
// become valid.
const justListed = time.Hour

var errImpatient = errors.New("too few records in time: the blob is set aside")

// take has a blob fetched unless it is settled, in flight, or to be tried again at a time of its own. It blocks while there is no slot for it, which slows
// the listing down to the speed of the sink. Its error is that ctx ended.
func (w *watch) take(ctx context.Context, b o365.Blob, on round) error {
	key := w.entry(b).Key()
	if !w.c.flight.enter(key) {
		return nil
	}
	if w.c.cfg.Ledger.settled(key, on.retryLost) || w.later.has(key) && !on.again {
		w.c.flight.leave(key)
		return nil
	}
	class := w.class(b, on.live)
	free, err := w.c.slots.take(ctx, class, w.contentType)
	if err != nil {
		w.c.flight.leave(key)
		return err
	}
	w.c.fetching.Go(func() {
		defer w.c.flight.leave(key)
		defer free()
		w.fetch(ctx, key, class, b)
	})
	return nil
}

// class ranks a blob. What is new is live whoever lists it: it may be a sweep that does so first.
func (w *watch) class(b o365.Blob, live bool) class {
	now, left := w.c.theirNow(), retention
	if !b.Expires.IsZero() {
		left = b.Expires.Sub(now)
	}
	return classOf(w.contentType, live || now.Sub(b.Created) < w.c.cfg.Overlap, left)
}

// fetch settles a blob, or sets it aside: then it is tried again later, and nothing is remembered of it before its last
// day. So is one that is lost and has not expired.
func (w *watch) fetch(ctx context.Context, key string, class class, b o365.Blob) {
	entry, err := w.retrieve(ctx, key, class, b)
	expired := !b.Expires.IsZero() && w.c.surely().After(b.Expires.Add(slack))
	if err != nil && expired && ctx.Err() == nil {
		entry = w.entry(b)
		entry.State, entry.Reason = schemas.BlobLost, "expired before it could be fetched: "+reason(err)
		err = nil
	}
	if err == nil {
		err = w.c.cfg.Sink.Remember(ctx, entry)
	}
	switch {
	case ctx.Err() != nil && err != nil:
	case err != nil:
		tried := w.later.has(key)
		waiting := w.later.put(key, b, w.c.theirNow())
		w.tell.met("fetch", err, "blob", b.ID, "set_aside", waiting)
		if tried {
			w.foresee(ctx, key, b, err)
		}
	default:
		w.settle(key, b, entry, expired)
	}
}

// foresee remembers a blob as lost that will be so unless it can be had within a day. A process that stops now and is
// started after that would not hear of it again, and the loss would be hidden. Where the blob can be had after all, it
// is remembered as stored; where this is not acknowledged, the next try does it.
func (w *watch) foresee(ctx context.Context, key string, b o365.Blob, why error) {
	if b.Expires.Sub(w.c.theirNow()) > nearExpiry || w.c.cfg.Ledger.settled(key, time.Time{}) {
		return
	}
	entry := w.entry(b)
	entry.State, entry.Reason = schemas.BlobLost, "not fetched so far, and it expires within a day: "+reason(why)
	if w.c.cfg.Sink.Remember(ctx, entry) == nil {
		w.c.cfg.Ledger.Apply(entry)
	}
}

// settle takes note of an entry that the ledger has acknowledged.
func (w *watch) settle(key string, b o365.Blob, entry schemas.Blob, expired bool) {
	w.c.cfg.Ledger.Apply(entry)
	lost := entry.State == schemas.BlobLost
	if lost && !w.later.has(key) { // else it was told
		w.log.Warn("blob lost", "blob", b.ID, "reason", entry.Reason)
	}
	if lost && !expired && !strings.HasPrefix(entry.Reason, oversized) {
		w.later.put(key, b, w.c.theirNow())
	} else {
		w.later.drop(key)
	}
}

// retrieve fetches a blob until all its records are acknowledged or it is known to be lost, and gives the
// ledger entry that says so.
func (w *watch) retrieve(ctx context.Context, key string, class class, b o365.Blob) (schemas.Blob, error) {
	last := passes
	if w.later.has(key) {
		last = 1 // it was tried in a row before
	}
	space := backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(0),
		backoff.WithInitialInterval(min(time.Second, w.c.cfg.Poll)))
	for pass := 1; ; pass++ {
		h, begun := &haul{w: w, blob: b, key: key, class: class}, time.Now()
		err := h.run(ctx)
		if err == nil {
			return h.entry(), nil
		}
		v := w.verdict(b, err)
		switch {
		case action(err) == o365.Subscribe && pass < passes && w.gate.start(ctx, w, begun) == nil:
		case ctx.Err() != nil || v == aside || v == again && pass == last:
			return schemas.Blob{}, err
		case v == gone || v == suspect && pass == last:
			return h.lost(ctx, err)
		}
		pause(ctx, space.NextBackOff())
	}
}

// verdict is what a failed pass says of a blob.
type verdict int

const (
	again   verdict = iota // nothing: try again, later if it stays so
	aside                  // nothing, and to try again at once is of no use
	suspect                // it cannot be read; lost if it stays so
	gone                   // it is lost
)

func (w *watch) verdict(b o365.Blob, err error) verdict {
	if _, ok := errors.AsType[*o365.BodyError](err); ok {
		return suspect
	}
	if answer, ok := errors.AsType[*o365.Error](err); ok {
		switch {
		case answer.Action() != o365.Lost:
			return aside
		case answer.Code != "AF20052":
			return gone
		case w.c.theirNow().Sub(b.Created) < justListed:
			return again
		default:
			return suspect
		}
	}
	switch {
	case errors.Is(err, o365.ErrForeign): // of a page behind the first
		return suspect
	case errors.Is(err, errImpatient):
		return aside
	default:
		return again
	}
}

// reason gives a loss in the words of the ledger, with the API's code where there is one.
func reason(err error) string {
	if answer, ok := errors.AsType[*o365.Error](err); ok {
		return strings.TrimSpace(fmt.Sprintf("%d %s: %s", answer.Status, answer.Code, answer.Reason()))
	}
	if bad, ok := errors.AsType[*o365.BodyError](err); ok {
		return bad.Error()
	}
	return err.Error()
}
