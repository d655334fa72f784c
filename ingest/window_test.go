package ingest

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

func TestWindowsCoverTheSpanAndChain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		from := noon.Add(-time.Duration(r.Int64N(int64(30 * 24 * time.Hour))))
		to := from.Add(time.Duration(r.Int64N(int64(10 * 24 * time.Hour))))
		at := from
		for _, w := range windows(from, to) {
			if !w.from.Equal(at) || !w.from.Before(w.to) || w.to.Sub(w.from) > widest {
				t.Fatalf("span %s to %s: window %v after %s", from, to, w, at)
			}
			at = w.to
		}
		if !at.Equal(to) && from.Before(to) {
			t.Fatalf("span %s to %s: covered to %s", from, to, at)
		}
	}
	if got := windows(noon, noon); got != nil {
		t.Errorf("windows of nothing: %v", got)
	}
}

func TestWindowsAreClampedToSevenDaysWhenTheyAreSent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		now := noon.Add(time.Duration(r.Int64N(int64(time.Hour))))
		from := now.Add(-time.Duration(r.Int64N(int64(9 * 24 * time.Hour))))
		w := window{from, from.Add(time.Duration(r.Int64N(int64(widest)) + 1))}
		oldest := now.Add(margin - retention)
		got, ok := w.clamp(now, margin)
		switch {
		case !ok && w.to.Sub(oldest) >= time.Second:
			t.Fatalf("%v at %s: given up, though a part is within seven days", w, now)
		case ok && (got.to != w.to || got.from.Before(oldest) || got.from.Before(w.from) || !got.from.Before(got.to) || got.to.Sub(got.from) > widest):
			t.Fatalf("%v at %s: clamped to %v", w, now, got)
		case ok && got.from.After(w.from) && got.from.Sub(oldest) >= time.Second:
			t.Fatalf("%v at %s: clamped to %v, more than is needed", w, now, got)
		}
	}
}
