package ingest

import (
	"context"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// retry fetches again what could not be had. It does not depend on listings, which may be what does not work.
func (w *watch) retry(ctx context.Context) {
	for ctx.Err() == nil {
		w.c.cfg.Ledger.Forget(w.c.now(), w.c.surely())
		held := w.c.hold.on()
		wanted := func(b o365.Blob) bool { return !held || w.c.pressing(b) }
		for _, b := range w.later.due(w.c.theirNow(), wanted) {
			if w.take(ctx, b, round{again: true, retryLost: w.c.now()}) != nil {
				return
			}
		}
		pause(ctx, retryAfter)
	}
}

// resume fetches the pending blobs that nothing else looks after: those of an earlier run or another owner, and those
// that were held. It needs no listing, because their entries say where they are.
func (w *watch) resume(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		line := w.orphans()
		if first && len(line) > 0 {
			w.log.Info("pending blobs of an earlier run are fetched", "blobs", len(line))
		}
		for _, key := range line {
			if b, ok := w.pending(key); ok && w.take(ctx, b, round{}) != nil {
				return
			}
		}
		pause(ctx, retryAfter)
	}
}

// orphans gives the pending blobs that may be fetched and are not set aside for a turn of their own.
func (w *watch) orphans() []id {
	held := w.c.hold.on()
	return w.c.cfg.Ledger.waiting(w.c.cfg.Tenant.ID, w.contentType, func(key id, b schemas.Blob) bool {
		return !w.later.has(key) && (!held || w.c.pressing(listedAs(b)))
	})
}

// pending gives a pending blob as it was listed.
func (w *watch) pending(key id) (o365.Blob, bool) {
	b, ok := w.c.cfg.Ledger.pending(w.c.cfg.Tenant.ID, w.contentType, key)
	return listedAs(b), ok
}

func listedAs(b schemas.Blob) o365.Blob {
	return o365.Blob{ContentType: b.ContentType, ID: b.ContentID, URI: b.URI, Created: b.Created, Expires: b.Expires}
}

// pend has the ledger say that a blob is pending before it is fetched, unless it says something of it already, and gives
// the blob with the times that the ledger has: those of another listing may differ or be missing, and its day must not
// change. A process that stops from now on leaves the blob to the next.
func (w *watch) pend(ctx context.Context, key id, b o365.Blob) (o365.Blob, error) {
	known, pending := w.pending(key)
	b = merged(b, known)
	entry := w.entry(key, b)
	b.Expires = entry.Expires
	if pending && b.URI == known.URI && b.Expires.Sub(known.Expires) < news || !pending && w.c.cfg.Ledger.recalls(key, entry) {
		return b, nil
	}
	entry.State, entry.URI = schemas.BlobListed, b.URI
	if err := w.c.cfg.Sink.Remember(ctx, entry); err != nil {
		return b, err
	}
	w.c.cfg.Ledger.Apply(entry)
	w.c.flight.note(key)
	return b, nil
}

// merged gives a blob with what is known of it already.
func merged(b, known o365.Blob) o365.Blob {
	if !known.Created.IsZero() {
		b.Created = known.Created
	}
	if b.URI == "" {
		b.URI = known.URI
	}
	b.Expires = latest(b.Expires, known.Expires)
	return b
}
