package ingest

import (
	"log/slog"
	"sync"

	"ualstream/ingest/o365"
)

// hold keeps blobs waiting while what follows cannot keep up. What is listed meanwhile is pending in the ledger: it waits
// there, and not in a topic that is cut at its end.
type hold struct {
	asked func() bool // nil is never
	log   *slog.Logger

	mu   sync.Mutex
	told bool
}

// on says whether blobs are to wait, and tells when that begins and ends.
func (h *hold) on() bool {
	if h.asked == nil {
		return false
	}
	on := h.asked()
	h.mu.Lock()
	defer h.mu.Unlock()
	if on != h.told {
		h.told = on
		if on {
			h.log.Warn("what was fetched is not worked off in time, so only what expires within a day is fetched")
		} else {
			h.log.Info("everything is fetched again")
		}
	}
	return on
}

// holds says whether a blob is to wait now. One that tells no expiry, or one beyond seven days, is taken to live for
// seven days.
func (c *Collector) holds(b o365.Blob) bool { return c.hold.on() && !c.pressing(b) }

func (c *Collector) pressing(b o365.Blob) bool {
	end := b.Expires
	if week := b.Created.Add(retention); !b.Created.IsZero() && (end.IsZero() || week.Before(end)) {
		end = week
	}
	return !end.IsZero() && end.Sub(c.theirNow()) <= nearExpiry
}
