package ingest

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// script is a feed whose answers depend on the time alone, for tests of days in a moment.
type script struct {
	t      *testing.T
	mu     sync.Mutex
	sent   []listing // listings that were answered
	starts []time.Time

	list    func(w window) ([]o365.Blob, error)
	records func(ctx context.Context, b o365.Blob) ([]string, error)
}

// listing is a window and when it was sent.
type listing struct {
	window
	at time.Time
}

func (f *script) Subscriptions(context.Context) ([]o365.Subscription, error) {
	return []o365.Subscription{{ContentType: "Audit.Exchange", Status: "enabled"}}, nil
}

func (f *script) Start(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, time.Now())
	return nil
}

func (f *script) List(_ context.Context, _ string, from, to time.Time) iter.Seq2[o365.Blob, error] {
	return func(yield func(o365.Blob, error) bool) {
		now := time.Now()
		if to.Sub(from) > 24*time.Hour || from.Before(now.Add(-retention)) || !from.Before(to) {
			f.t.Errorf("at %s: window %s to %s", now, from, to)
		}
		var blobs []o365.Blob
		var err error
		if f.list != nil {
			blobs, err = f.list(window{from, to})
		}
		for _, b := range blobs {
			if !b.Created.Before(from) && b.Created.Before(to) && !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(o365.Blob{}, err)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sent = append(f.sent, listing{window{from, to}, now})
	}
}

func (f *script) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		records, err := []string{`{"Id":"` + b.ID + `"}`}, error(nil)
		if f.records != nil {
			records, err = f.records(ctx, b)
		}
		for _, r := range records {
			if !yield([]byte(r), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// pass runs a collector of the feed for some time that passes in a moment.
func pass(t *testing.T, f *script, d time.Duration, change ...func(*Config)) (begun time.Time, s *sink) {
	t.Helper()
	f.t = t
	s = newSink()
	cfg := Config{Tenant: schemas.Tenant{ID: tenant, ContentTypes: []string{"Audit.Exchange"}}, Feed: f, Sink: s}
	for _, c := range change {
		c(&cfg)
	}
	begun = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := New(cfg).Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	return begun, s
}

// gap gives where the listings leave a part of the span out, the zero time where they do not.
func gap(sent []listing, from, to time.Time) time.Time {
	for at := from; at.Before(to); {
		next := at
		for _, l := range sent {
			if !l.from.After(at) && l.to.After(next) {
				next = l.to
			}
		}
		if next.Equal(at) {
			return at
		}
		at = next
	}
	return time.Time{}
}

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
				time.Sleep(time.Hour) // then the start is more than seven days back
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
			if d := f.starts[i].Sub(f.starts[i-1]); d < startEvery {
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

// aged is a blob that was created some time before now.
func aged(id string, age time.Duration) o365.Blob {
	return o365.Blob{ContentType: "Audit.Exchange", ID: id, Created: time.Now().Add(-age), Expires: time.Now().Add(retention - age)}
}

func TestABlobThatNeverAnswersDoesNotHoldTheOthersUp(t *testing.T) {
	for name, trouble := range map[string]func(ctx context.Context) error{
		"silent":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"breaking": func(context.Context) error { return errors.New("connection reset by peer") },
		"refused":  func(context.Context) error { return &o365.Error{Status: 401, Code: "AF10001"} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				well := time.Now().Add(time.Hour)
				blobs := []o365.Blob{aged("poison", 50*time.Hour), aged("good", time.Hour)}
				stored := map[string]time.Time{}
				f := &script{list: func(window) ([]o365.Blob, error) { return blobs, nil }}
				f.records = func(ctx context.Context, b o365.Blob) ([]string, error) {
					if b.ID == "poison" && time.Now().Before(well) {
						return nil, trouble(ctx)
					}
					stored[b.ID] = time.Now()
					return []string{`{"Id":"1"}`}, nil
				}
				begun, s := pass(t, f, 2*time.Hour, func(cfg *Config) { cfg.Parallel = 1 })
				if at := stored["good"]; at.IsZero() || at.After(begun.Add(2*patience)) {
					t.Errorf("the good blob was stored at %s, begun %s", at, begun)
				}
				if e := s.entry("poison"); e.State != schemas.BlobStored || len(s.ledger) != 2 {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

func TestWhatComesLateIsFoundByTheDailySweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := aged("late", 5*24*time.Hour)
		appears := time.Now().Add(2 * time.Hour)
		f := &script{list: func(window) ([]o365.Blob, error) {
			if time.Now().Before(appears) {
				return nil, nil
			}
			return []o365.Blob{late}, nil
		}}
		_, s := pass(t, f, 25*time.Hour)
		if e := s.entry("late"); e.State != schemas.BlobStored {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}

func TestWhatWasLostIsTriedAgainOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		lost := aged("lost", time.Hour)
		f := &script{list: func(window) ([]o365.Blob, error) { return []o365.Blob{lost}, nil }}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if tries++; tries < 3 {
				return nil, &o365.Error{Status: 404, Code: "AF20050"}
			}
			return nil, nil
		}
		_, s := pass(t, f, 47*time.Hour)
		if tries != 2 || s.entry("lost").State != schemas.BlobLost {
			t.Errorf("%d tries in two days, ledger %+v", tries, s.ledger)
		}
		tries = 1
		_, s = pass(t, f, 25*time.Hour)
		if tries != 3 || s.entry("lost").State != schemas.BlobStored {
			t.Errorf("%d tries, ledger %+v", tries, s.ledger)
		}
	})
}

func TestABlobThatCannotBeRememberedIsFetchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		f := &script{list: func(window) ([]o365.Blob, error) { return []o365.Blob{aged("a", 2*24*time.Hour)}, nil }}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			fetches++
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, time.Hour, func(cfg *Config) {
			cfg.Sink.(*sink).beforeLedger = func() error {
				if fetches < 3 {
					return errors.New("no leader")
				}
				return nil
			}
		})
		if fetches != 3 || len(s.ledger) != 1 {
			t.Errorf("%d fetches, ledger %+v", fetches, s.ledger)
		}
	})
}
