package status

import (
	"slices"
	"time"

	"ualstream/schemas"
)

// recent is how late the records of a feed were that were received last, in that order; a hundred at the most. A
// partition's records come in order, and those of several partitions do not.
type recent []lateness

// lateness is how late a record was. A part that is not known is below zero.
type lateness struct {
	received        time.Time
	microsoft, ours time.Duration
}

const mostRecent = 100

// add takes a record in.
func (r *recent) add(raw schemas.Raw) {
	l := lateness{raw.Received, between(happened(raw.Body), raw.ContentCreated), between(raw.ContentCreated, raw.Received)}
	at, _ := slices.BinarySearchFunc(*r, l, func(a, b lateness) int { return a.received.Compare(b.received) })
	*r = slices.Insert(*r, at, l)
	if len(*r) > mostRecent {
		*r = slices.Delete(*r, 0, 1)
	}
}

// between gives the time between two points. Clocks differ, so that it may seem to be less than nothing.
func between(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return -1
	}
	return max(0, to.Sub(from))
}

// means gives the mean of each part: 0 where nothing is known, and else a millisecond at least, which is how exact the
// times are.
func (r recent) means() (microsoft, ours time.Duration) {
	return r.mean(func(l lateness) time.Duration { return l.microsoft }), r.mean(func(l lateness) time.Duration { return l.ours })
}

func (r recent) mean(part func(lateness) time.Duration) time.Duration {
	var seconds, known float64
	for _, l := range r {
		if d := part(l); d >= 0 {
			seconds += d.Seconds()
			known++
		}
	}
	if known == 0 {
		return 0
	}
	return max(time.Millisecond, time.Duration(seconds/known*float64(time.Second)).Round(time.Millisecond))
}
