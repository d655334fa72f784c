package ingest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

func TestBlobsAreFetchedInParallelWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var blobs []o365.Blob
		for i := range 20 {
			blobs = append(blobs, aged(fmt.Sprint(i), time.Hour))
		}
		now, most := 0, 0
		f := &script{list: func(window) ([]o365.Blob, error) { return blobs, nil }}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			f.mu.Lock()
			now++
			most = max(most, now)
			f.mu.Unlock()
			<-time.After(time.Second)
			f.mu.Lock()
			defer f.mu.Unlock()
			now--
			return nil, nil
		}
		_, s := pass(t, f, time.Minute, func(cfg *Config) {
			cfg.Parallel = 4
			cfg.Tenant.ContentTypes = []string{"Audit.Exchange", "Audit.General"}
		})
		if most != 4 || len(s.ledger) != 40 {
			t.Errorf("%d at once, want 4; %d in the ledger, want 40", most, len(s.ledger))
		}
	})
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
				if at := stored["good"]; at.IsZero() || at.After(begun.Add(2*leastPatience)) {
					t.Errorf("the good blob was stored at %s, begun %s", at, begun)
				}
				if e := s.entry("poison"); e.State != schemas.BlobStored || len(s.ledger) != 2 {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}

func TestWhatComesLateIsFoundByTheNextSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := aged("late", 5*24*time.Hour)
		appears := time.Now().Add(2 * time.Hour)
		f := &script{list: func(window) ([]o365.Blob, error) {
			if time.Now().Before(appears) {
				return nil, nil
			}
			return []o365.Blob{late}, nil
		}}
		_, s := pass(t, f, 3*time.Hour+time.Minute)
		if e := s.entry("late"); e.State != schemas.BlobStored {
			t.Errorf("ledger %+v", s.ledger)
		}
	})
}

func TestWhatWasLostIsTriedAgainEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries, well := 0, time.Now().Add(6*24*time.Hour)
		f := &script{list: listUnexpired(aged("lost", time.Hour))}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if tries++; time.Now().Before(well) {
				return nil, &o365.Error{Status: 404, Code: "AF20050"}
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 8*24*time.Hour)
		if tries < 10 || tries > 40 || s.entry("lost").State != schemas.BlobStored {
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
			cfg.Sink.(*sink).beforeLedger = func(e schemas.Blob) error {
				if e.State == schemas.BlobStored && fetches < 3 {
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

func TestARecordTooLargeToHoldIsARejectAndTheOthersAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		f := &script{list: func(window) ([]o365.Blob, error) { return []o365.Blob{aged("a", time.Hour)}, nil }}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			fetches++
			return []string{`{"Id":"1"}`}, fmt.Errorf("fetch blob a: %w",
				&o365.BodyError{Kind: o365.TooLarge, Size: 1 << 30, Sum: [32]byte{7}, Fragment: []byte(`{"Id":"2`)})
		}
		_, s := pass(t, f, time.Minute)
		if keys := s.keys(); len(keys) != 1 || keys[0] != "1" || fetches != 1 {
			t.Errorf("stored %q in %d fetches", keys, fetches)
		}
		const sum = "0700000000000000000000000000000000000000000000000000000000000000"
		want := "too large: record x:" + sum + " of 1073741824 bytes, sha256 " + sum
		if e := s.entry("a"); e.State != schemas.BlobLost || e.Reason != want || e.Records != 1 {
			t.Errorf("ledger %+v, want reason %q", e, want)
		}
		if len(s.rejects) != 1 || string(s.rejects[0].Value) != `{"Id":"2` || string(s.rejects[0].Key) != "x:"+sum {
			t.Errorf("rejects %+v", s.rejects)
		}
	})
}
