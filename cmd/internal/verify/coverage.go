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

// union gives spans in order, without those that overlap or touch another.
func union(spans []schemas.Span) (all []schemas.Span) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b schemas.Span) int { return a.From.Compare(b.From) })
	for _, s := range spans {
		last := len(all) - 1
		switch {
		case !s.From.Before(s.To):
		case last < 0 || s.From.After(all[last].To):
			all = append(all, s)
		case s.To.After(all[last].To):
			all[last].To = s.To
		}
	}
	return all
}

// gaps gives what covered, which is a union, leaves out between two times.
func gaps(covered []schemas.Span, from, to time.Time) []Gap {
	found := []Gap{}
	add := func(end time.Time) {
		if from.Before(end) {
			found = append(found, Gap{From: from, To: end, Until: from.Add(retention)})
		}
	}
	for _, s := range covered {
		if !s.To.After(from) {
			continue
		}
		if !s.From.Before(to) {
			break
		}
		add(s.From)
		from = s.To
	}
	add(to)
	return found
}

// cover fills in what of a feed's time is covered. There is no gap before the first coverage. What a worker watches now
// has to be covered up to now, with some tolerance; since is when that was wanted, if it was not covered before.
func (f *Feed) cover(spans []schemas.Span, start, since, now time.Time) {
	covered := union(spans)
	if len(covered) == 0 {
		f.Gaps = []Gap{}
		if f.Wanted {
			f.Gaps = gaps(nil, since, now.Add(-tolerance))
		}
		return
	}
	f.CoveredSince, f.CoveredUntil = covered[0].From.UTC(), covered[len(covered)-1].To.UTC()
	from, to := start, f.CoveredUntil
	if from.Before(f.CoveredSince) {
		from = f.CoveredSince
	}
	if latest := now.Add(-tolerance); f.Wanted && to.Before(latest) {
		to = now
	}
	f.Gaps = gaps(covered, from, to)
}
