package o365

import (
	"net/http"
	"sync/atomic"
	"time"
)

// maxSkew is the largest difference of clocks that an answer is believed. A token of such a clock would not be
// accepted, so a larger one is an answer's mistake.
const maxSkew = 24 * time.Hour

// skew is how far the service's clock is ahead of ours, as its last answer says.
type skew struct{ ahead atomic.Int64 }

// observe compares the clocks by an answer's Date, which was written at some time between sending and receiving,
// in whole seconds rounded down. Of what is possible it takes the smallest difference, so that slow answers do not
// look like wrong clocks.
func (s *skew) observe(h http.Header, sent, received time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" { // a cache's answer was written long before
		return
	}
	least, most := date.Sub(received), date.Add(time.Second).Sub(sent)
	ahead := max(least, 0) + min(most, 0)
	if ahead.Abs() <= maxSkew {
		s.ahead.Store(int64(ahead))
	}
}

// Skew gives how far the service's clock is ahead of this machine's, negative where it is behind, as the Date of
// the last answer says; 0 as long as there is none.
func (c *Client) Skew() time.Duration { return time.Duration(c.skew.ahead.Load()) }
