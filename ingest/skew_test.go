package ingest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
)

// served is a feed of a service whose clock is ahead of ours by a skew: it lists what it has created by now, and
// refuses what starts more than seven days back on its clock.
func served(skew time.Duration, told bool, blobs ...o365.Blob) *script {
	f := &script{}
	f.list = func(w window) (all []o365.Blob, _ error) {
		theirs := time.Now().Add(skew)
		if w.from.Before(theirs.Add(-retention)) {
			return nil, &o365.Error{Status: 400, Code: "AF20030"}
		}
		for _, b := range blobs {
			if !b.Created.After(theirs) {
				all = append(all, b)
			}
		}
		return all, nil
	}
	if told {
		f.skew = skew
	}
	return f
}

func TestWhatIsNewIsFoundAtOnceWhateverOurClockSays(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ours is behind": 20 * time.Minute, "ours is ahead": -20 * time.Minute, "both are right": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fresh := aged("fresh", -10*time.Minute-skew) // created in ten minutes, on their clock
				_, s := pass(t, served(skew, true, fresh), 12*time.Minute)
				if !s.settled("fresh")() {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

func TestWhatIsNewIsFoundWithAClockBehindThatNobodyTellsOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const behind = 20 * time.Minute
		fresh := aged("fresh", -time.Minute-behind)
		_, s := pass(t, served(behind, false, fresh), 25*time.Minute)
		if !s.settled("fresh")() {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}

func TestWithAKnownSkewNoWindowIsRefusedAndNoneIsLeftOut(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ours is behind": 3 * time.Hour, "ours is ahead": -3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log book
				oldest := aged("oldest", retention-2*margin-skew)
				f := served(skew, true, oldest)
				begun, s := pass(t, f, time.Minute, func(cfg *Config) { cfg.Logger = log.logger() })
				if at := gap(f.sent, begun.Add(skew+2*margin-retention), begun.Add(skew)); !at.IsZero() {
					t.Errorf("nothing lists %s", at)
				}
				if !s.settled("oldest")() {
					t.Errorf("ledger %+v", s.ledger)
				}
				want := "theirs_is_ahead_by=" + skew.String()
				if w := log.warnings(); len(w) != 1 || !strings.Contains(w[0], want) {
					t.Errorf("told %q, want %s once", w, want)
				}
			})
		})
	}
}
