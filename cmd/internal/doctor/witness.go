package doctor

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// witness sees what a client meets that asks again by itself, and is its quota, which lets everything through.
type witness struct {
	next      http.RoundTripper
	throttled atomic.Bool // some answer was that there were too many requests

	mu     sync.Mutex
	last   string
	row    int    // of such answers in the call
	giveUp func() // ends the call
}

// enough such answers in one call mean that it makes no sense to ask on: the client would, for ever.
const enough = 3

// RoundTrip sends a request and notes what became of it.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && response.StatusCode >= http.StatusBadRequest:
		w.last = "status " + response.Status
	case err != nil && r.Context().Err() == nil:
		w.last = "'" + withoutURL(err).Error() + "'"
	}
	return response, err
}

// met gives the last trouble, or "".
func (w *witness) met() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// begin is told of a new call.
func (w *witness) begin(giveUp func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.row, w.giveUp = "", 0, giveUp
}

// Wait lets every request through.
func (w *witness) Wait(ctx context.Context) error { return ctx.Err() }

// Throttled notes an answer that there were too many requests.
func (w *witness) Throttled(time.Time, time.Duration) {
	w.throttled.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.row++; w.row == enough {
		w.giveUp()
	}
}

// refused says whether the call ended because there were too many requests.
func (w *witness) refused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.row > 0
}
