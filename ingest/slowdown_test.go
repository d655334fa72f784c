package ingest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

func TestWhileWhatFollowsCannotKeepUpBlobsWaitAsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		begun := time.Now()
		l := NewLedger()
		takeAll(t, l, left("pending", 30*time.Hour), left("pending, expires", 151*time.Hour))
		undated := aged("undated, expires", 160*time.Hour)
		undated.Expires = time.Time{}
		blobs := []o365.Blob{aged("old", 30*time.Hour), aged("new", time.Hour), aged("expires", 150*time.Hour), undated, aged("expires later", 140*time.Hour)}
		f := &script{list: func(window) ([]o365.Blob, error) { return blobs, nil }}
		fetched := map[string]time.Duration{}
		f.records = func(_ context.Context, b o365.Blob) ([]string, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			fetched[b.ID] = time.Since(begun).Truncate(time.Hour)
			return []string{`{"Id":"1"}`}, nil
		}
		s := newSink()
		pass(t, f, 12*time.Hour, func(cfg *Config) {
			cfg.Ledger, cfg.Sink, cfg.Logger = l, s, log.logger()
			cfg.Hold = func() bool { return time.Since(begun) < 10*time.Hour }
		})
		for blob, want := range map[string]time.Duration{
			"expires": 0, "undated, expires": 0, "pending, expires": 0, "expires later": 4 * time.Hour,
			"pending": 10 * time.Hour, "old": 10 * time.Hour, "new": 10 * time.Hour,
		} {
			if got, ok := fetched[blob]; !ok || got != want {
				t.Errorf("%s: fetched %v, after %s, want %s", blob, ok, got, want)
			}
		}
		waited := 0
		for _, e := range s.topic {
			if e.State == schemas.BlobListed && e.At.Sub(begun) < time.Minute {
				waited++
			}
		}
		if waited != 5 || len(s.topic) != 12 {
			t.Errorf("%d are pending at once; ledger %+v", waited, s.topic)
		}
		if got := covered(l); len(got) != 1 || got[0].To.Before(begun.Add(12*time.Hour-2*time.Minute)) {
			t.Errorf("covered %v", got)
		}
		if w := log.warnings(); len(w) != 1 || strings.Count(log.String(), "everything is fetched again") != 1 {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestWhatIsHeldTakesNoSlotThatItsListingWouldWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, held := NewLedger(), aged("held", time.Hour)
		takeAll(t, l, left("held", time.Hour), left("slow", 160*time.Hour))
		f := &script{list: func(window) ([]o365.Blob, error) {
			pause(t.Context(), 10*time.Second) // until the slow one has the slot
			return []o365.Blob{held}, nil
		}}
		f.records = func(ctx context.Context, _ o365.Blob) ([]string, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		begun, _ := pass(t, f, 3*time.Minute, func(cfg *Config) {
			cfg.Ledger, cfg.Parallel = l, 1
			cfg.Hold = func() bool { return true }
		})
		if got := covered(l); !covers(got, begun.Add(time.Minute)) || len(f.classes["slow"]) != 1 {
			t.Errorf("covered %v, asked for %v", got, f.classes)
		}
	})
}

func TestWhatIsSetAsideKeepsItsTurnWhileItIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Bool
		begun := time.Now()
		f := &script{list: listUnexpired(aged("a", time.Hour))}
		tries := 0
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if held.Load() {
				t.Error("it is fetched while it is held")
			}
			if tries++; tries < 2 {
				return nil, &o365.Error{Status: 401, Code: "AF10001"}
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 24*time.Hour, func(cfg *Config) {
			cfg.Hold = func() bool {
				held.Store(time.Since(begun) > 30*time.Second && time.Since(begun) < 20*time.Hour)
				return held.Load()
			}
		})
		if e := s.entry("a"); e.State != schemas.BlobStored || e.At.Sub(begun) > 20*time.Hour+5*time.Minute {
			t.Errorf("ledger %+v", s.topic)
		}
	})
}
