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

// patience is how long a blob may wait for a record before it gives its place to another.
const patience = 5 * time.Minute

var errImpatient = errors.New("no record in time: the blob is set aside")

// take has a blob fetched unless it is settled or in flight. It blocks while all slots are taken, which slows
// the listing down to the speed of the sink. Its error is that ctx ended.
func (w *watch) take(ctx context.Context, b o365.Blob, retryLost time.Time) error {
	key := w.entry(b).Key()
	if !w.c.flight.enter(key) {
		return nil
	}
	if w.c.cfg.Ledger.settled(key, retryLost) {
		w.c.flight.leave(key)
		return nil
	}
	select {
	case w.c.slots <- struct{}{}:
	case <-ctx.Done():
		w.c.flight.leave(key)
		return ctx.Err()
	}
	w.c.fetching.Go(func() {
		defer w.c.flight.leave(key)
		defer func() { <-w.c.slots }()
		w.fetch(ctx, key, b)
	})
	return nil
}

// fetch settles a blob, or sets it aside: then nothing is remembered of it, and it is tried again later. So is one
// that is lost and has not expired.
func (w *watch) fetch(ctx context.Context, key string, b o365.Blob) {
	entry, err := w.retrieve(ctx, key, b)
	expired := !b.Expires.IsZero() && w.c.now().After(b.Expires.Add(slack))
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
		w.later.put(key, b, w.c.now())
		w.log.Warn("blob set aside", "blob", b.ID, "error", err)
	default:
		w.settle(key, b, entry, expired)
	}
}

// settle takes note of an entry that the ledger has acknowledged.
func (w *watch) settle(key string, b o365.Blob, entry schemas.Blob, expired bool) {
	w.c.cfg.Ledger.Apply(entry)
	lost := entry.State == schemas.BlobLost
	if lost {
		w.log.Warn("blob lost", "blob", b.ID, "reason", entry.Reason)
	}
	if lost && !expired && !strings.HasPrefix(entry.Reason, oversized) {
		w.later.put(key, b, w.c.now())
	} else {
		w.later.drop(key)
	}
}

// retrieve fetches a blob until all its records are acknowledged or it is known to be lost, and gives the
// ledger entry that says so.
func (w *watch) retrieve(ctx context.Context, key string, b o365.Blob) (schemas.Blob, error) {
	last := passes
	if w.later.has(key) {
		last = 1 // it was tried in a row before
	}
	space := backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(0),
		backoff.WithInitialInterval(min(time.Second, w.c.cfg.Poll)))
	for pass := 1; ; pass++ {
		h := &haul{w: w, blob: b}
		err := h.run(ctx)
		if err == nil {
			return h.entry(), nil
		}
		v := verdictOf(err)
		switch {
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

func verdictOf(err error) verdict {
	if _, ok := errors.AsType[*o365.BodyError](err); ok {
		return suspect
	}
	if answer, ok := errors.AsType[*o365.Error](err); ok {
		switch {
		case answer.Action() != o365.Lost:
			return aside
		case answer.Code == "AF20052": // has been seen on content that was only just listed
			return suspect
		default:
			return gone
		}
	}
	switch {
	case errors.Is(err, o365.ErrForeign):
		return gone
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
