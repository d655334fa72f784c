package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// oversized begins the reason of what is too large. Nothing but Kafka's limits would change that.
const oversized = "too large: "

// evidence is how much of a record that is too large its reject holds.
const evidence = 64 << 10

// culprit gives the index of the message that can never be stored, or -1 where err does not say so. Where
// several have the key, it is the largest.
func culprit(err error, chunk []schemas.Message) int {
	var large interface {
		error
		TooLargeKey() []byte
	}
	found := -1
	if !errors.As(err, &large) {
		return found
	}
	for i, m := range chunk {
		if string(m.Key) == string(large.TooLargeKey()) && (found < 0 || len(m.Value) > len(chunk[found].Value)) {
			found = i
		}
	}
	return found
}

// tooLarge says whether the error is about one record alone, too large to be held in memory.
func tooLarge(err error) (*o365.BodyError, bool) {
	bad, ok := errors.AsType[*o365.BodyError](err)
	return bad, ok && bad.Kind == o365.TooLarge
}

// rejectWhole rejects a record that Kafka does not take.
func (h *haul) rejectWhole(ctx context.Context, m schemas.Message) error {
	return h.reject(ctx, m, int64(len(m.Value)), sha256.Sum256(m.Value))
}

// rejectCut rejects a record of which only the beginning could be held.
func (h *haul) rejectCut(ctx context.Context, large *o365.BodyError) error {
	m := h.raw(large.Fragment).Message()
	m.Key = []byte("x:" + hex.EncodeToString(large.Sum[:]))
	return h.reject(ctx, m, large.Size, large.Sum)
}

// reject has the first bytes of a record that is too large acknowledged as a reject, with its length and sum.
func (h *haul) reject(ctx context.Context, m schemas.Message, size int64, sum [sha256.Size]byte) error {
	what := fmt.Sprintf("record %s of %d bytes, sha256 %x", m.Key, size, sum)
	m.Topic = schemas.TopicRejects
	m.Headers = slices.Clone(m.Headers)
	m.Value = slices.Clone(m.Value[:min(len(m.Value), evidence)])
	m.SetHeader(schemas.HeaderStage, "ingest")
	m.SetHeader(schemas.HeaderReason, oversized+what)
	if _, err := h.w.c.cfg.Sink.Store(ctx, []schemas.Message{m}); err != nil {
		return fmt.Errorf("reject of %s: %w", what, err)
	}
	h.rejects = append(h.rejects, what)
	return nil
}
