package ingest

import "time"

// The API's limits: content can be listed and fetched for 7 days, and a listing spans 24 hours at most. A wider
// one may be answered in part instead of being refused, so it must never be sent.
const (
	retention = 7 * 24 * time.Hour
	widest    = 24 * time.Hour
)

// margin keeps the oldest window inside the limit while the request is on its way.
const margin = 5 * time.Minute

// window is a span of contentCreated: from is inside, to is not.
type window struct{ from, to time.Time }

// windows cuts a span into windows that chain, the oldest first.
func windows(from, to time.Time) []window {
	var all []window
	for from.Before(to) {
		end := from.Add(widest)
		if end.After(to) {
			end = to
		}
		all = append(all, window{from, end})
		from = end
	}
	return all
}

// clamp gives the part of the window that can be listed at the time now, and false where there is none left.
func (w window) clamp(now time.Time, margin time.Duration) (window, bool) {
	if oldest := upToSecond(now.Add(margin - retention)); w.from.Before(oldest) {
		w.from = oldest
	}
	return w, w.from.Before(w.to)
}

// upToSecond rounds up: the API takes whole seconds.
func upToSecond(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }
