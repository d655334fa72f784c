package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// covered gives what a ledger has covered of the tests' content type.
func covered(l *Ledger) (all []schemas.Span) {
	for _, d := range l.Days(time.Now().Add(100 * 24 * time.Hour)) {
		all = append(all, d.Covered...)
	}
	return union(all)
}

func TestSevenDaysAreCoveredUpToNow(t *testing.T) {
	for name, skew := range map[string]struct{ ours, told time.Duration }{
		"the clocks agree": {0, 0},
		"ours is ahead":    {3 * time.Hour, -3 * time.Hour},
		"ours is behind":   {-3 * time.Hour, 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLedger()
				f := &script{list: listUnexpired(aged("a", time.Hour), aged("b", 50*time.Hour))}
				begun, _ := pass(t, f, 30*time.Minute, func(cfg *Config) {
					cfg.Ledger = l
					cfg.Clock = func() time.Time { return time.Now().Add(skew.ours) }
					cfg.Feed = told{f, skew.told}
				})
				got, end := covered(l), begun.Add(29*time.Minute+min(0, skew.ours))
				if len(got) != 1 || got[0].From.After(begun.Add(2*margin-retention)) || got[0].To.Before(end) || got[0].To.After(time.Now()) {
					t.Errorf("covered %v at %s", got, time.Now())
				}
			})
		})
	}
}

// told is a feed that knows how far the service's clock is ahead.
type told struct {
	*script
	ahead time.Duration
}

func (f told) Skew() time.Duration { return f.ahead }

// TestTheFutureIsNotCovered has a clock that is a day ahead, which only the first answer to a listing tells.
func TestTheFutureIsNotCovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLedger()
		f := &gateway{script: &script{}, ahead: -20 * time.Hour}
		f.list = func(window) ([]o365.Blob, error) {
			pause(t.Context(), time.Minute)
			f.answers.Store(true)
			return nil, nil
		}
		_, _ = pass(t, f.script, 5*time.Minute, func(cfg *Config) {
			cfg.Ledger, cfg.Feed = l, f
			cfg.Clock = func() time.Time { return time.Now().Add(20 * time.Hour) }
		})
		got := covered(l)
		if len(got) == 0 || got[len(got)-1].To.After(time.Now()) {
			t.Errorf("covered %v at %s", got, time.Now())
		}
	})
}

func TestOnlyWhatIsListedToTheEndIsCovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLedger()
		bad := time.Now().Add(-3 * 24 * time.Hour)
		f := &script{}
		f.list = func(w window) ([]o365.Blob, error) {
			if !w.from.After(bad) && w.to.After(bad) {
				return []o365.Blob{aged("a", 3*24*time.Hour)}, errors.New("the second page is missing")
			}
			return nil, nil
		}
		_, s := pass(t, f, time.Hour, func(cfg *Config) { cfg.Ledger = l })
		if got := covered(l); len(got) != 2 || covers(got, bad) || !s.settled("a")() {
			t.Errorf("covered %v, ledger %+v", got, s.topic)
		}
	})
}

func TestAWindowIsNotCoveredBeforeTheLedgerKnowsWhatItGave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLedger()
		begun := time.Now()
		old, fresh := aged("old", 50*time.Hour), aged("fresh", time.Hour)
		f := &script{list: listUnexpired(old, fresh)}
		away := errors.New("no leader")
		s := newSink()
		s.beforeLedger = func(e schemas.Blob) error {
			if e.State == schemas.BlobListed && time.Since(begun) < 90*time.Minute {
				return away
			}
			return nil
		}
		early := func(cfg *Config) { cfg.Ledger, cfg.Sink = l, s }
		pass(t, f, time.Hour, early)
		if got := covered(l); covers(got, old.Created) || covers(got, fresh.Created) || !covers(got, begun.Add(-5*24*time.Hour)) {
			t.Errorf("covered %v", got)
		}
		pass(t, f, 2*time.Hour, early)
		if got := covered(l); !covers(got, old.Created) || !covers(got, fresh.Created) || !s.settled("old", "fresh")() {
			t.Errorf("covered %v, ledger %+v", got, s.topic)
		}
	})
}

// TestNoListingIsCoveredWhileABlobOfItIsOnItsWay has the poll and the sweep list a blob whose entry is not acknowledged
// for an hour, so that one of them finds it in flight.
func TestNoListingIsCoveredWhileABlobOfItIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := NewLedger(), newSink()
		begun, fresh := time.Now(), aged("fresh", time.Hour)
		s.beforeLedger = func(schemas.Blob) error {
			pause(t.Context(), time.Until(begun.Add(time.Hour)))
			return nil
		}
		for _, c := range []struct {
			after time.Duration
			want  bool
		}{{59 * time.Minute, false}, {61 * time.Minute, true}} {
			time.AfterFunc(c.after, func() {
				if got := covered(l); covers(got, fresh.Created) != c.want {
					t.Errorf("after %s: covered %v", c.after, got)
				}
			})
		}
		pass(t, &script{list: listUnexpired(fresh)}, 62*time.Minute, func(cfg *Config) { cfg.Ledger, cfg.Sink = l, s })
	})
}

func TestAWindowWaitsForBlobsThatAnotherListingHasTaken(t *testing.T) {
	for name, fine := range map[string]bool{"the ledger takes them": true, "the ledger does not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Config{Feed: &script{}})
				key := idOf(tenant, "Audit.Exchange", "a")
				noted, _ := c.flight.enter(key)
				if again, first := c.flight.enter(key); first || again != noted {
					t.Error("it enters twice")
				}
				var got, done bool
				go func() { got, done = roll{key: noted}.noted(t.Context(), c.cfg.Ledger), true }()
				synctest.Wait()
				if done {
					t.Error("it does not wait")
				}
				if fine {
					b := blobOf("a", schemas.BlobListed)
					c.cfg.Ledger.Apply(b)
					c.flight.note(key)
				} else {
					c.flight.leave(key)
				}
				synctest.Wait()
				if !done || got != fine {
					t.Errorf("it is done %v, and known %v", done, got)
				}
			})
		})
	}
}

func TestAWindowThatIsWaitedForWhenTheCollectorStopsIsNotCovered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if (roll{id{}: make(chan struct{})}).noted(ctx, NewLedger()) {
		t.Error("it is covered")
	}
}
