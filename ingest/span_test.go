package ingest

import (
	"math/rand/v2"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestSpansAreUnitedInOrderAndApart(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var spans []schemas.Span
		var hours [100]bool
		for range r.IntN(8) {
			from, wide := r.IntN(80), r.IntN(20)
			spans = append(spans, schemas.Span{From: noon.Add(time.Duration(from) * time.Hour), To: noon.Add(time.Duration(from+wide) * time.Hour)})
			for h := from; h < from+wide; h++ {
				hours[h] = true
			}
		}
		all := union(spans)
		for i, s := range all {
			if !s.From.Before(s.To) || i > 0 && !all[i-1].To.Before(s.From) {
				t.Fatalf("%v of %v", all, spans)
			}
		}
		for h, want := range hours {
			if covers(all, noon.Add(time.Duration(h)*time.Hour)) != want {
				t.Fatalf("hour %d of %v: want %v", h, all, want)
			}
		}
	}
}

func covers(spans []schemas.Span, at time.Time) bool {
	for _, s := range spans {
		if !at.Before(s.From) && at.Before(s.To) {
			return true
		}
	}
	return false
}

func TestSpansAreCutAtMidnight(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		s := schemas.Span{From: noon.Add(time.Duration(r.Int64N(int64(48 * time.Hour)))).In(time.FixedZone("", 3600))}
		s.To = s.From.Add(time.Duration(r.Int64N(int64(100 * time.Hour))))
		at := s.From
		for _, part := range byDay(s) {
			if !part.From.Equal(at) || !part.From.Before(part.To) || schemas.DayOf(part.From) != schemas.DayOf(part.To.Add(-1)) {
				t.Fatalf("%v: part %v after %s", s, part, at)
			}
			at = part.To
		}
		if !at.Equal(s.To) {
			t.Fatalf("%v is cut off at %s", s, at)
		}
	}
}

func TestWhatLiesBehindATimeIsCutOff(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	spans := []schemas.Span{{From: hour(0), To: hour(2)}, {From: hour(4), To: hour(6)}}
	for end, want := range map[int][]schemas.Span{
		0: nil, 1: {{From: hour(0), To: hour(1)}}, 3: spans[:1], 5: {spans[0], {From: hour(4), To: hour(5)}}, 7: spans,
	} {
		if got := before(spans, hour(end)); !sameSpans(got, want) {
			t.Errorf("before hour %d: %v", end, got)
		}
	}
}
