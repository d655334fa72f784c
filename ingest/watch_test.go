package ingest

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

func TestTheFirstSweepListsSevenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{}
		begun, _ := pass(t, f, time.Second)
		if at := gap(f.sent, begun.Add(margin-retention), begun); !at.IsZero() {
			t.Errorf("nothing lists %s", at)
		}
	})
}

func TestAnOutageLeavesNoGap(t *testing.T) {
	for name, outage := range map[string]time.Duration{"of hours": 20 * time.Hour, "of days": 4 * 24 * time.Hour, "of more than a week": 9 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &script{}
				down, up := time.Now().Add(10*time.Minute), time.Now().Add(10*time.Minute+outage)
				f.list = func(window) ([]o365.Blob, error) {
					if now := time.Now(); now.After(down) && now.Before(up) {
						return nil, errors.New("no route to host")
					}
					return nil, nil
				}
				pass(t, f, time.Until(up)+longestGap*2)
				var after []listing
				for _, l := range f.sent {
					if !l.at.Before(up) {
						after = append(after, l)
					}
				}
				if len(after) == 0 {
					t.Fatal("no listing after the outage")
				}
				from := down.Add(-6 * time.Hour)
				if oldest := upToSecond(after[0].at.Add(margin - retention)); oldest.After(from) {
					from = oldest
				}
				if at := gap(after, from, up); !at.IsZero() {
					t.Errorf("nothing lists %s", at)
				}
			})
		})
	}
}

func TestAWindowIsClampedAgainEachTimeThatItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := 0
		f := &script{list: func(w window) ([]o365.Blob, error) {
			if time.Since(w.from) > 6*24*time.Hour && slow < 3 {
				slow++
				<-time.After(time.Hour) // then the start is more than seven days back
				return nil, &o365.Error{Status: 400, Code: "AF20031"}
			}
			return nil, nil
		}}
		begun, _ := pass(t, f, 4*time.Hour)
		if at := gap(f.sent, begun.Add(3*time.Hour+2*margin-retention), begun); !at.IsZero() {
			t.Errorf("nothing lists %s", at)
		}
	})
}

func TestAClockThatIsBehindLosesOnlyWhatItMust(t *testing.T) {
	const behind = 2 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: func(w window) ([]o365.Blob, error) {
			if w.from.Before(time.Now().Add(behind - retention)) {
				return nil, &o365.Error{Status: 400, Code: "AF20055"}
			}
			return nil, nil
		}}
		begun, _ := pass(t, f, time.Hour)
		if at := gap(f.sent, begun.Add(3*time.Hour-retention), begun); !at.IsZero() {
			t.Errorf("nothing lists %s", at)
		}
	})
}

func TestAPageTokenThatIsRefusedIsNoReasonToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := map[window]bool{}
		f := &script{}
		f.list = func(w window) ([]o365.Blob, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if !refused[w] {
				refused[w] = true
				return nil, &o365.Error{Status: 400, Code: "AF20031"}
			}
			return nil, nil
		}
		begun, _ := pass(t, f, time.Second)
		if at := gap(f.sent, upToSecond(begun.Add(margin-retention)), begun); !at.IsZero() {
			t.Errorf("nothing lists %s", at)
		}
	})
}

func TestANextPageOnAnotherHostHasTheWindowListedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := map[window]bool{}
		f := &script{}
		f.list = func(w window) ([]o365.Blob, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if !refused[w] {
				refused[w] = true
				return nil, fmt.Errorf("list: next page: %w: https://evil.example", o365.ErrForeign)
			}
			return nil, nil
		}
		begun, _ := pass(t, f, time.Second)
		if at := gap(f.sent, upToSecond(begun.Add(margin-retention)), begun); !at.IsZero() {
			t.Errorf("nothing lists %s", at)
		}
	})
}

func TestRequestsSayWhatTheyAreFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: listUnexpired(aged("new", time.Hour), aged("old", 50*time.Hour), aged("oldest", retention-time.Hour))}
		pass(t, f, 30*time.Second)
		for what, want := range map[string]class{
			"list since 6h0m0s": firstLive, "list since 48h0m0s": firstOld, "list since 167h0m0s": urgent,
			"old": firstOld, "oldest": urgent,
		} {
			if got := f.classes[what]; len(got) != 1 || got[0] != want {
				t.Errorf("%s: classes %d, want %d", what, got, want)
			}
		}
	})
}

func TestWhatIsNewIsLiveWhoeverListsIt(t *testing.T) {
	w := New(Config{Feed: &script{}}).watch("Audit.Exchange")
	for age, want := range map[time.Duration]class{time.Hour: firstLive, 7 * time.Hour: firstOld, 157 * time.Hour: urgent, 171 * time.Hour: firstOld} {
		if got := w.class(aged("a", age), false); got != want {
			t.Errorf("of %s: class %d, want %d", age, got, want)
		}
	}
	if got := w.class(aged("a", 7*time.Hour), true); got != firstLive {
		t.Errorf("what is polled for: class %d", got)
	}
}

func TestASweepRestsAsLongAsItTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sweeping := time.Duration(0)
		f := &script{list: func(w window) ([]o365.Blob, error) {
			if time.Since(w.to) > 12*time.Hour { // no window of the poll
				<-time.After(20 * time.Minute)
				sweeping += 20 * time.Minute
			}
			return nil, nil
		}}
		begun, _ := pass(t, f, 24*time.Hour)
		if whole := time.Since(begun); sweeping > whole*6/10 || sweeping < whole*4/10 {
			t.Errorf("%s of %s went into sweeps", sweeping, whole)
		}
	})
}

func TestAClockThatIsSetBackDoesNotHoldUpThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		fresh := aged("fresh", -10*time.Minute)
		f := &script{list: func(window) ([]o365.Blob, error) {
			if time.Now().Before(fresh.Created) {
				return nil, nil
			}
			return []o365.Blob{fresh}, nil
		}}
		_, s := pass(t, f, 15*time.Minute, func(cfg *Config) {
			cfg.Clock = func() time.Time {
				if time.Since(begun) < 5*time.Minute {
					return time.Now().Add(20 * time.Hour) // and then it is set right
				}
				return time.Now()
			}
		})
		if !s.settled("fresh")() {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}

func TestASubscriptionIsNotStartedTwiceWithinAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: func(window) ([]o365.Blob, error) {
			return nil, &o365.Error{Status: 400, Code: "AF20022"}
		}}
		pass(t, f, 3*time.Hour)
		if len(f.starts) < 3 {
			t.Errorf("%d starts in three hours", len(f.starts))
		}
		for i := 1; i < len(f.starts); i++ {
			if d := f.starts[i].Sub(f.starts[i-1]); d < schemas.StartEvery {
				t.Errorf("start %d came %s after the one before", i, d)
			}
		}
	})
}

func TestADisabledSubscriptionIsStartedAndListedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{}
		f.list = func(window) ([]o365.Blob, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if len(f.starts) == 0 {
				return nil, &o365.Error{Status: 400, Code: "AF20023"}
			}
			return nil, nil
		}
		pass(t, f, time.Second)
		if len(f.starts) != 1 || len(f.sent) == 0 {
			t.Errorf("%d starts, %d listings", len(f.starts), len(f.sent))
		}
	})
}
