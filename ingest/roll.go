package ingest

import (
	"context"
	"time"

	"ualstream/schemas"
)

// roll is what one listing gave that the ledger did not know: a window is covered once it knows all of it. Before that
// a process that stops could leave behind that it had seen everything, and nothing of what it saw.
type roll map[id]<-chan struct{}

// noted waits until no blob of the roll is on its way to the ledger, and says whether all have arrived.
func (r roll) noted(ctx context.Context, l *Ledger) bool {
	for key, noted := range r {
		select {
		case <-ctx.Done():
			return false
		case <-noted:
		}
		if !l.knows(key) {
			return false
		}
	}
	return true
}

// credit counts a window as covered that was listed to the end, as of a time: what lay in the future then does not count.
// It does not hold up the next listing.
func (w *watch) credit(ctx context.Context, win window, asOf time.Time, given roll) {
	s := schemas.Span{From: win.from, To: earliest(win.to, asOf)}
	w.c.fetching.Go(func() {
		if given.noted(ctx, w.c.cfg.Ledger) {
			w.c.cfg.Ledger.cover(w.c.cfg.Tenant.ID, w.contentType, s)
		}
	})
}

// cover notes that a span of contentCreated was listed to the end.
func (l *Ledger) cover(tenant, contentType string, s schemas.Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.days.cover(tenant, contentType, s)
}
