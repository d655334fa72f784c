package verify

import (
	"slices"
	"time"

	"ualstream/schemas"
)

// tolerance is how long ago the newest covered time may be: a worker lists every minute, and writes into the ledger what
// it listed every quarter of an hour.
const tolerance = 30 * time.Minute

// retention is how long Microsoft lists content.
const retention = 7 * day

// inOrder gives spans that are some, in the order of their beginnings.
func inOrder(spans []schemas.Span) []schemas.Span {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s schemas.Span) bool { return !s.From.Before(s.To) })
	slices.SortFunc(spans, func(a, b schemas.Span) int { return a.From.Compare(b.From) })
	return spans
}

// gaps gives what spans in order, which may overlap, leave out between two times. None begins after the second.
func gaps(covered []schemas.Span, from, to time.Time) []Gap {
	found := []Gap{}
	add := func(end time.Time) {
		if from.Before(end) {
			found = append(found, Gap{From: from, To: end, Until: from.Add(retention)})
		}
	}
	for _, s := range covered {
		if s.To.After(from) {
			add(s.From)
			from = s.To
		}
	}
	add(to)
	return found
}

// cover fills in what of a feed's time is covered. There is no gap before the first coverage. What a worker watches now
// has to be covered up to now, with some tolerance; since is when that was wanted, if it was not covered before.
func (f *Feed) cover(spans []schemas.Span, start, since, now time.Time) {
	covered := inOrder(spans)
	if len(covered) == 0 {
		f.Gaps = []Gap{}
		if f.Wanted {
			f.Gaps = gaps(nil, since, now.Add(-tolerance))
		}
		return
	}
	f.CoveredSince = covered[0].From.UTC()
	for _, s := range covered {
		if s.To.After(f.CoveredUntil) {
			f.CoveredUntil = s.To.UTC()
		}
	}
	from, to := start, f.CoveredUntil
	if from.Before(f.CoveredSince) {
		from = f.CoveredSince
	}
	if latest := now.Add(-tolerance); f.Wanted && to.Before(latest) {
		to = now
	}
	f.Gaps = gaps(covered, from, to)
}
