package o365

import (
	"log/slog"
	"sync"
	"time"
)

const (
	blip       = 10 * time.Second // trouble that is over by then is told at debug level only
	sayAgainIn = 5 * time.Minute  // how often trouble that lasts is told
)

// trouble tells of an outage once, and again every few minutes, however many calls meet it.
type trouble struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time // of the first failure after the last success; zero without one
	said  time.Time // when it was last told; zero if it was not
}

// met is told of a failure that passes by itself and after which the caller waits.
func (t *trouble) met(err error, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.since.IsZero() {
		t.since = now
	}
	lasted := now.Sub(t.since)
	if lasted < blip || now.Sub(t.said) < sayAgainIn {
		t.log.Debug("asking again", "error", err, "wait", wait)
		return
	}
	t.said = now
	t.log.Warn("no answer from Microsoft, asking again until there is one", "error", err, "for", lasted.Round(time.Second))
}

// over is told of every success.
func (t *trouble) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.said.IsZero() {
		t.log.Info("Microsoft answers again", "after", time.Since(t.since).Round(time.Second))
	}
	t.since, t.said = time.Time{}, time.Time{}
}
