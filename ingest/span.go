package ingest

import (
	"slices"
	"time"

	"ualstream/schemas"
)

// union gives what the spans cover together, in order and apart.
func union(spans []schemas.Span) (all []schemas.Span) {
	slices.SortFunc(spans, func(a, b schemas.Span) int { return a.From.Compare(b.From) })
	for _, s := range spans {
		last := len(all) - 1
		switch {
		case !s.From.Before(s.To):
		case last >= 0 && !s.From.After(all[last].To):
			all[last].To = latest(all[last].To, s.To)
		default:
			all = append(all, schemas.Span{From: s.From.UTC(), To: s.To.UTC()})
		}
	}
	return all
}

// before gives what of the spans lies before a time.
func before(spans []schemas.Span, end time.Time) (all []schemas.Span) {
	for _, s := range spans {
		if s.To = earliest(s.To, end); s.From.Before(s.To) {
			all = append(all, s)
		}
	}
	return all
}

// byDay cuts a span at midnight, by UTC.
func byDay(s schemas.Span) (all []schemas.Span) {
	for s.From.Before(s.To) {
		end := earliest(s.To, s.From.UTC().Truncate(24*time.Hour).Add(24*time.Hour))
		all = append(all, schemas.Span{From: s.From, To: end})
		s.From = end
	}
	return all
}

func sameSpans(a, b []schemas.Span) bool {
	return slices.EqualFunc(a, b, func(a, b schemas.Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) })
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
