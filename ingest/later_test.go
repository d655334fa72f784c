package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// listUnexpired is a feed's list of blobs, as long as they have not expired.
func listUnexpired(blobs ...o365.Blob) func(window) ([]o365.Blob, error) {
	return func(window) (all []o365.Blob, _ error) {
		for _, b := range blobs {
			if time.Now().Before(b.Expires) {
				all = append(all, b)
			}
		}
		return all, nil
	}
}

func TestABlobThatExpiresBeforeItCouldBeHadIsLost(t *testing.T) {
	for name, trouble := range map[string]error{
		"no permission": &o365.Error{Status: 401, Code: "AF10001"},
		"no connection": errors.New("connection reset by peer"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &script{list: listUnexpired(aged("a", 6*24*time.Hour))}
				f.records = func(context.Context, o365.Blob) ([]string, error) { return nil, trouble }
				_, s := pass(t, f, 4*24*time.Hour)
				if e := s.entry("a"); e.State != schemas.BlobLost || !strings.HasPrefix(e.Reason, expired+": ") || len(s.ledger) != 1 ||
					e.At.After(e.Expires.Add(slack+3*retryAfter)) {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

func TestABlobThatIsNotAnsweredForDaysIsStoredInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well := time.Now().Add(6*24*time.Hour - 30*time.Minute)
		f := &script{list: listUnexpired(aged("a", 24*time.Hour))}
		tries := 0
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if tries++; time.Now().Before(well) {
				return nil, errors.New("connection reset by peer")
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 7*24*time.Hour)
		if e := s.entry("a"); e.State != schemas.BlobStored || len(s.ledger) != 1 {
			t.Errorf("ledger %+v", s.ledger)
		}
		if tries > 50 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestWhatLookedLostForAMinuteIsStoredBeforeItExpires(t *testing.T) {
	for name, trouble := range map[string]error{
		"a gateway's 404": &o365.Error{Status: 404},
		"cut answers":     fmt.Errorf("fetch: %w", &o365.BodyError{Kind: o365.BreaksOff}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				well := time.Now().Add(2 * time.Minute)
				f := &script{list: listUnexpired(aged("a", 7*24*time.Hour-20*time.Minute))}
				f.records = func(context.Context, o365.Blob) ([]string, error) {
					if time.Now().Before(well) {
						return nil, trouble
					}
					return []string{`{"Id":"1"}`}, nil
				}
				_, s := pass(t, f, time.Hour)
				if e := s.entry("a"); e.State != schemas.BlobStored || s.ledger[0].State != schemas.BlobLost {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

func TestAnIDThatIsRefusedRightAfterItsListingIsNoLoss(t *testing.T) {
	for name, c := range map[string]struct {
		valid time.Duration // from its creation
		want  schemas.BlobState
	}{"for some time": {20 * time.Minute, schemas.BlobStored}, "for ever": {retention, schemas.BlobLost}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := aged("a", 0)
				f := &script{list: listUnexpired(a)}
				f.records = func(context.Context, o365.Blob) ([]string, error) {
					if time.Since(a.Created) < c.valid {
						return nil, &o365.Error{Status: 400, Code: "AF20052"}
					}
					return []string{`{"Id":"1"}`}, nil
				}
				_, s := pass(t, f, 3*time.Hour)
				if len(s.ledger) == 0 || s.ledger[0].State != c.want || s.ledger[0].At.Sub(a.Created) < min(c.valid, justListed) {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

// trickle is a feed whose blobs give a record now and then.
type trickle struct {
	*script
	every   time.Duration
	records int
}

func (f trickle) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f.note(ctx, b.ID)
		for i := range f.records {
			if pause(ctx, f.every); ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !yield(fmt.Appendf(nil, `{"Id":"%d"}`, i), nil) {
				return
			}
		}
	}
}

func TestABlobThatTricklesIsStoredInTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		feed        trickle
		least, most int // tries
	}{
		"a chunk within patience":   {trickle{every: 400 * time.Millisecond, records: 5 * chunkRecords}, 1, 1},
		"a chunk takes much longer": {trickle{every: 2 * time.Second, records: chunkRecords}, 3, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.feed.script = &script{list: listUnexpired(aged("a", 24*time.Hour))}
				_, s := pass(t, c.feed.script, 3*24*time.Hour, func(cfg *Config) { cfg.Feed = c.feed })
				if e := s.entry("a"); e.State != schemas.BlobStored || e.Records != c.feed.records {
					t.Errorf("ledger %+v", s.ledger)
				}
				if tries := len(c.feed.classes["a"]); tries < c.least || tries > c.most {
					t.Errorf("%d tries", tries)
				}
			})
		})
	}
}

func TestOneWindowThatIsRefusedDoesNotHoldTheOthersUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := time.Now().Add(-5 * 24 * time.Hour)
		blobs := []o365.Blob{aged("old", 4*24*time.Hour), aged("young", time.Hour)}
		f := &script{list: func(w window) ([]o365.Blob, error) {
			if !w.from.After(bad) && w.to.After(bad) {
				return nil, errors.New("1 of 200 items names no content")
			}
			return blobs, nil
		}}
		_, s := pass(t, f, time.Minute)
		if !s.settled("old", "young")() {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}

func TestABlobThatStopsMovingGivesItsPlaceToAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := []o365.Blob{aged("a", 50*time.Hour), aged("b", time.Hour)}
		f := &script{list: listUnexpired(blobs...)}
		f.records = func(ctx context.Context, b o365.Blob) ([]string, error) {
			if b.ID == "b" {
				return []string{`{"Id":"1"}`}, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		f.first = map[string]string{"a": `{"Id":"2"}`}
		_, s := pass(t, f, time.Hour, func(cfg *Config) { cfg.Parallel = 1 })
		if !s.settled("b")() {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}
