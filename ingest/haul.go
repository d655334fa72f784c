package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// A chunk is stored when it has this many records or bytes.
const (
	chunkRecords = 500
	chunkBytes   = 1 << 20
)

// haul is one pass over a blob: what of it is acknowledged so far. Records are stored while the rest of the blob
// still arrives, so that its size does not matter.
type haul struct {
	w        *watch
	blob     o365.Blob
	key      id
	class    class
	patience *patience

	chunk []schemas.Message
	bytes int

	records int           // acknowledged in the raw topic
	offsets map[int]int64 // the last of them by partition
	rejects []string      // what is a reject instead, because of its size
}

// run fetches the blob once. When the blob fails, the complete records before that are stored all the same.
func (h *haul) run(ctx context.Context) error {
	feed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h.patience = newPatience(h.w.later.patience(h.key), func() { cancel(errImpatient) })
	defer h.patience.rest()
	feed = withErrand(feed, errand{h.class, h.patience})
	h.patience.run()
	for record, err := range h.w.c.cfg.Feed.Records(feed, h.blob) {
		h.patience.rest()
		if err == nil {
			err = h.add(ctx, record)
		} else if large, ok := tooLarge(err); ok {
			err = h.rejectCut(ctx, large)
		} else if stored := h.store(ctx); stored == nil {
			return cmp.Or(context.Cause(feed), err)
		} else {
			return stored
		}
		if err != nil {
			return err
		}
		h.patience.run()
	}
	return h.store(ctx)
}

func (h *haul) add(ctx context.Context, record []byte) error {
	h.chunk = append(h.chunk, h.raw(record).Message())
	h.bytes += len(record)
	if len(h.chunk) < chunkRecords && h.bytes < chunkBytes {
		return nil
	}
	return h.store(ctx)
}

func (h *haul) raw(body []byte) schemas.Raw {
	return schemas.Raw{
		Tenant: h.w.c.cfg.Tenant.ID, Source: h.w.contentType, ContentID: h.blob.ID,
		ContentCreated: h.blob.Created, Received: h.w.c.now(), Body: body,
	}
}

// store has the chunk acknowledged. A record that Kafka can never take becomes a reject; the others go on.
func (h *haul) store(ctx context.Context) error {
	for len(h.chunk) > 0 {
		offsets, err := h.w.c.cfg.Sink.Store(ctx, h.chunk)
		if err == nil {
			h.acknowledged(offsets)
			break
		}
		i := culprit(err, h.chunk)
		if i < 0 {
			return err
		}
		if err := h.rejectWhole(ctx, h.chunk[i]); err != nil {
			return err
		}
		h.chunk = slices.Concat(h.chunk[:i], h.chunk[i+1:])
	}
	h.chunk, h.bytes = nil, 0 // anew: the sink may still hold the old one
	h.patience.renew()
	return nil
}

func (h *haul) acknowledged(offsets map[int]int64) {
	h.records += len(h.chunk)
	if h.offsets == nil {
		h.offsets = map[int]int64{}
	}
	for partition, offset := range offsets {
		if last, ok := h.offsets[partition]; !ok || offset > last {
			h.offsets[partition] = offset
		}
	}
}

// entry is the ledger entry of a blob whose records are all acknowledged, or are rejects because of their size.
func (h *haul) entry() schemas.Blob {
	e := h.w.entry(h.key, h.blob)
	e.State, e.Records, e.Offsets = schemas.BlobStored, h.records, h.offsets
	if len(h.rejects) > 0 {
		e.State, e.Reason = schemas.BlobLost, oversized+strings.Join(h.rejects, "; ")
	}
	return e
}

// lost is the ledger entry of a blob that could not be fetched or read. Bytes that belong to no record are
// stored as if they were one: that shows them, with the reason, among what could not be read.
func (h *haul) lost(ctx context.Context, cause error) (schemas.Blob, error) {
	if bad, ok := errors.AsType[*o365.BodyError](cause); ok && len(bad.Fragment) > 0 {
		if err := h.add(ctx, bad.Fragment); err != nil {
			return schemas.Blob{}, err
		}
		if err := h.store(ctx); err != nil {
			return schemas.Blob{}, err
		}
	}
	e := h.entry()
	e.State, e.Reason = schemas.BlobLost, strings.Join(append([]string{reason(cause)}, h.rejects...), "; ")
	return e, nil
}

// entry is what the ledger says of any blob, whatever became of it. Content that tells no expiry is taken to live for
// seven days from when it was first listed.
func (w *watch) entry(key id, b o365.Blob) schemas.Blob {
	now := w.c.now()
	if b.Expires.IsZero() {
		b.Expires = now.Add(retention)
		if until := w.c.cfg.Ledger.until(key); !until.IsZero() {
			b.Expires = until.Add(-slack)
		}
	}
	return schemas.Blob{
		Tenant: w.c.cfg.Tenant.ID, ContentType: w.contentType, ContentID: b.ID,
		Created: b.Created, Expires: b.Expires, At: now,
	}
}
