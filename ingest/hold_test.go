package ingest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
)

// mute is a feed that never answers some listings.
type mute struct {
	*script
	on func(w window) bool
}

func (f mute) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	if !f.on(window{from, to}) {
		return f.script.List(ctx, contentType, from, to)
	}
	return func(yield func(o365.Blob, error) bool) {
		<-ctx.Done()
		yield(o365.Blob{}, ctx.Err())
	}
}

func TestAListingThatIsNeverAnsweredIsToldAndBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		begun := time.Now()
		fresh := aged("fresh", -10*time.Minute)
		f := mute{script: &script{list: listUnexpired(fresh)}}
		f.on = func(w window) bool { return w.to.Sub(begun) < time.Minute && w.to.Sub(w.from) < 12*time.Hour }
		_, s := pass(t, f.script, 30*time.Minute, func(cfg *Config) { cfg.Feed, cfg.Logger = f, log.logger() })
		if !s.settled("fresh")() {
			t.Errorf("ledger %+v", s.ledger)
		}
		if w := log.warnings(); len(w) != 1 || !strings.Contains(w[0], errUnanswered.Error()) {
			t.Errorf("told %q", w)
		}
	})
}

func TestAWindowThatNeverWorksDoesNotKeepTheOthersFromTheirHour(t *testing.T) {
	for name, silent := range map[string]bool{"it is refused": false, "it is not answered": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				bad := func(w window) bool {
					at := begun.Add(-5 * 24 * time.Hour)
					return !w.from.After(at) && w.to.After(at)
				}
				late := aged("late", 3*24*time.Hour) // which is not listed at first
				f := mute{on: func(w window) bool { return silent && bad(w) }}
				f.script = &script{list: func(w window) ([]o365.Blob, error) {
					if bad(w) {
						return nil, errors.New("an item names no content")
					}
					if time.Since(begun) < 90*time.Minute {
						return nil, nil
					}
					return []o365.Blob{late}, nil
				}}
				_, s := pass(t, f.script, 3*time.Hour, func(cfg *Config) { cfg.Feed = f })
				if !s.settled("late")() {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

// deaf is a feed that answers all but what is asked about subscriptions.
type deaf struct{ *script }

func (f deaf) Subscriptions(ctx context.Context) ([]o365.Subscription, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (f deaf) Start(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestSubscriptionsThatNobodyAnswersForDoNotHoldTheContentUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		f := deaf{&script{list: listUnexpired(aged("a", time.Hour))}}
		_, s := pass(t, f.script, time.Hour, func(cfg *Config) { cfg.Feed, cfg.Logger = f, log.logger() })
		if !s.settled("a")() {
			t.Errorf("ledger %+v", s.ledger)
		}
		if w := log.warnings(); len(w) != 1 || !strings.Contains(w[0], errUnanswered.Error()) {
			t.Errorf("told %q", w)
		}
	})
}

func TestAStartThatIsNeverAnsweredEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Feed: deaf{&script{}}}).watch("Audit.Exchange")
		if err := w.gate.start(t.Context(), w, time.Now()); !errors.Is(err, errUnanswered) {
			t.Errorf("error %v", err)
		}
	})
}
