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

// take has a blob fetched unless that is of no use now. It blocks while there is no slot for it, which slows the listing
// down to the speed of the sink. Its error is that ctx ended.
func (w *watch) take(ctx context.Context, b o365.Blob, on round) error {
	key := idOf(w.c.cfg.Tenant.ID, w.contentType, b.ID)
	noted, first := w.c.flight.enter(key)
	if on.roll != nil && !w.c.cfg.Ledger.knows(key) {
		on.roll[key] = noted
	}
	if !first {
		return nil
	}
	if w.passOver(key, b, on) {
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

// passOver says whether a blob is settled, has a turn of its own, or is pending and held.
func (w *watch) passOver(key id, b o365.Blob, on round) bool {
	if w.c.cfg.Ledger.settled(key, b.Expires, on.retryLost) {
		return true
	}
	if !on.again && w.later.has(key) {
		w.later.renew(key, b)
		return true
	}
	_, pending := w.pending(key)
	return pending && w.c.holds(b)
}

// class ranks a blob. What is new is live whoever lists it: it may be a sweep that does so first.
func (w *watch) class(b o365.Blob, live bool) class {
	now, left := w.c.theirNow(), retention
	if !b.Expires.IsZero() {
		left = b.Expires.Sub(now)
	}
	return classOf(w.contentType, live || now.Sub(b.Created) < w.c.cfg.Overlap, left)
}

// fetch settles a blob, or sets it aside: then it stays pending and is tried again later. So is one that is lost and has
// not expired.
func (w *watch) fetch(ctx context.Context, key id, class class, b o365.Blob) {
	b, err := w.pend(ctx, key, b)
	if err == nil && w.c.holds(b) {
		return
	}
	var entry schemas.Blob
	if err == nil {
		entry, err = w.retrieve(ctx, key, class, b)
	}
	over := ctx.Err() == nil && w.givenUp(b)
	if over {
		entry, err = w.expire(key, b, entry, err), nil
	}
	if err == nil {
		err = w.c.cfg.Sink.Remember(ctx, entry)
	}
	switch {
	case ctx.Err() != nil && err != nil:
	case err != nil:
		waiting := w.later.put(key, b, w.c.theirNow())
		w.tell.met("fetch", err, "blob", b.ID, "set_aside", waiting)
	default:
		w.settle(key, b, entry, over)
	}
}

// givenUp says whether a blob can no longer be had, by both clocks.
func (w *watch) givenUp(b o365.Blob) bool { return w.c.surely().After(b.Expires.Add(slack)) }

// expire gives the entry of a blob whose last try is over, with what that came to.
func (w *watch) expire(key id, b o365.Blob, entry schemas.Blob, failed error) schemas.Blob {
	if failed != nil {
		entry = w.entry(key, b)
		entry.State, entry.Reason = schemas.BlobLost, reason(failed)
	}
	if entry.State == schemas.BlobLost && !strings.HasPrefix(entry.Reason, oversized) {
		entry.Reason = expired + ": " + entry.Reason
	}
	return entry
}

// settle takes note of an entry that the ledger has acknowledged.
func (w *watch) settle(key id, b o365.Blob, entry schemas.Blob, over bool) {
	w.c.cfg.Ledger.Apply(entry)
	lost := entry.State == schemas.BlobLost
	if lost && !w.later.has(key) { // else it was told
		w.log.Warn("blob lost", "blob", b.ID, "reason", entry.Reason)
	}
	if lost && !over && !strings.HasPrefix(entry.Reason, oversized) {
		w.later.put(key, b, w.c.theirNow())
	} else {
		w.later.drop(key)
	}
}

// retrieve fetches a blob until all its records are acknowledged or it is known to be lost, and gives the
// ledger entry that says so.
func (w *watch) retrieve(ctx context.Context, key id, class class, b o365.Blob) (schemas.Blob, error) {
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
