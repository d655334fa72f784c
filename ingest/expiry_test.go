package ingest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

func TestWhatWasPendingAndHasExpiredIsLost(t *testing.T) {
	for name, trouble := range map[string]error{
		"the service says so":     &o365.Error{Status: 400, Code: "AF20051"},
		"the service says little": errors.New("connection reset by peer"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLedger()
				takeAll(t, l, left("a", 8*24*time.Hour))
				f := &script{records: func(context.Context, o365.Blob) ([]string, error) { return nil, trouble }}
				_, s := pass(t, f, time.Hour, func(cfg *Config) { cfg.Ledger = l })
				if e := s.entry("a"); e.State != schemas.BlobLost || !strings.HasPrefix(e.Reason, expired+": ") || len(s.topic) != 1 {
					t.Errorf("ledger %+v", s.topic)
				}
			})
		})
	}
}

func TestWhatExpiresAndNobodyWatchesIsGivenToBeWrittenAsLost(t *testing.T) {
	l, b := NewLedger(), blobOf("a", schemas.BlobListed)
	b.URI, b.Tenant = "https://manage.office.example/a", "ABC"
	takeAll(t, l, b)
	end := b.Expires.Add(slack + orphaned)
	if got := l.Expired(end); len(got) != 0 {
		t.Errorf("expired %+v, while it may still be fetched", got)
	}
	got := l.Expired(end.Add(time.Minute))
	if len(got) != 1 || got[0].Key() != b.Key() || got[0].State != schemas.BlobLost || got[0].Reason != expired || got[0].URI != "" ||
		!got[0].At.Equal(end.Add(time.Minute)) || !got[0].Expires.Equal(b.Expires) {
		t.Fatalf("expired %+v", got)
	}
	takeAll(t, l, got[0])
	if again := l.Expired(end.Add(time.Hour)); len(again) != 0 {
		t.Errorf("expired %+v, and it is lost already", again)
	}
}

func TestWhatAWrongClockGaveUpIsFetchedWhenItIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLedger()
		b := left("a", 3*24*time.Hour)
		takeAll(t, l, b)
		for _, lost := range l.Expired(time.Now().Add(10 * 24 * time.Hour)) {
			takeAll(t, l, lost)
		}
		_, s := pass(t, &script{list: listUnexpired(aged("a", 3*24*time.Hour))}, time.Hour, func(cfg *Config) { cfg.Ledger = l })
		if s.entry("a").State != schemas.BlobStored {
			t.Errorf("ledger %+v", s.topic)
		}
	})
}

// TestWhatAListingSaysLaterCounts has a blob whose address stops working and whose expiry moves while it is pending.
func TestWhatAListingSaysLaterCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		was := aged("a", 6*24*time.Hour)
		was.URI = "https://manage.office.example/old"
		is := was
		is.URI, is.Expires = "https://manage.office.example/new", was.Expires.Add(48*time.Hour)
		f := &addresses{script: &script{}}
		f.list = func(window) ([]o365.Blob, error) {
			if time.Since(begun) < time.Hour {
				return []o365.Blob{was}, nil
			}
			return []o365.Blob{is}, nil
		}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if time.Since(begun) < 40*time.Hour {
				return nil, errors.New("connection reset by peer")
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f.script, 3*24*time.Hour, func(cfg *Config) { cfg.Feed = f })
		if e := s.entry("a"); e.State != schemas.BlobStored || !e.Expires.Equal(is.Expires) || len(s.ledger) != 1 {
			t.Errorf("ledger %+v", s.topic)
		}
		if n := len(s.topic); n != 3 || s.topic[1].State != schemas.BlobListed || s.topic[1].URI != is.URI || !s.topic[1].Expires.Equal(is.Expires) {
			t.Errorf("ledger %+v", s.topic)
		}
		if last := f.uris[len(f.uris)-1]; last != is.URI {
			t.Errorf("fetched from %s", last)
		}
	})
}

func TestAnExpiryThatMovesBackGivesNothingUpEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, first := time.Now(), true
		long := aged("a", 5*24*time.Hour)
		short := long
		short.Expires = begun.Add(time.Hour)
		f := &script{list: func(window) ([]o365.Blob, error) {
			if time.Since(begun) < 30*time.Second {
				return []o365.Blob{long}, nil
			}
			return []o365.Blob{short}, nil
		}}
		f.records = func(ctx context.Context, _ o365.Blob) ([]string, error) {
			if first || time.Since(begun) < 12*time.Hour {
				first = false
				return nil, errors.New("connection reset by peer")
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 20*time.Hour)
		if e := s.entry("a"); e.State != schemas.BlobStored || len(s.ledger) != 1 || !e.Expires.Equal(long.Expires) {
			t.Errorf("ledger %+v", s.topic)
		}
	})
}

func TestContentThatTellsNoExpiryLivesForSevenDaysFromItsFirstListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := aged("a", time.Hour)
		a.Expires = time.Time{}
		f := &script{list: func(window) ([]o365.Blob, error) { return []o365.Blob{a}, nil }}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			return nil, &o365.Error{Status: 404, Code: "AF20050"}
		}
		begun, s := pass(t, f, 50*time.Hour)
		end := begun.Add(retention)
		_, next := pass(t, f, 50*time.Hour, func(cfg *Config) { cfg.Ledger = s.replay(t) })
		for _, e := range append(s.topic, next.topic...) {
			if !e.Expires.Equal(end) || strings.HasPrefix(e.Reason, expired) {
				t.Errorf("%+v, want expiry %s", e, end)
			}
		}
		if len(s.topic) < 3 || len(next.topic) < 2 {
			t.Errorf("%d and %d entries", len(s.topic), len(next.topic))
		}
	})
}

func TestWhatExpiresFirstIsFetchedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, f := NewLedger(), &script{}
		ages := map[string]time.Duration{"c": 50 * time.Hour, "a": 70 * time.Hour, "d": 40 * time.Hour, "b": 60 * time.Hour}
		for id, age := range ages {
			takeAll(t, l, left(id, age))
		}
		var order []string
		f.records = func(_ context.Context, b o365.Blob) ([]string, error) {
			order = append(order, b.ID)
			return nil, nil
		}
		pass(t, f, time.Minute, func(cfg *Config) { cfg.Ledger, cfg.Parallel = l, 1 })
		if !slices.Equal(order, []string{"a", "b", "c", "d"}) {
			t.Errorf("fetched %v", order)
		}
	})
}

func TestOfAnExpiryThatHasChangedTheLatestCounts(t *testing.T) {
	l, long, short := NewLedger(), blobOf("a", schemas.BlobListed), blobOf("a", schemas.BlobListed)
	short.Expires = long.Expires.Add(-48 * time.Hour)
	takeAll(t, l, long, short)
	key := idOfBlob(long)
	if b, _ := l.pending(tenant, "Audit.Exchange", key); !b.Expires.Equal(long.Expires) {
		t.Errorf("pending until %s", b.Expires)
	}
	w := New(Config{Feed: &script{}, Sink: newSink(), Ledger: l, Tenant: schemas.Tenant{ID: tenant}}).watch("Audit.Exchange")
	if b, err := w.pend(t.Context(), key, listedAs(short)); err != nil || !b.Expires.Equal(long.Expires) {
		t.Errorf("fetched until %s: %v", b.Expires, err)
	}
	short.State = schemas.BlobLost
	takeAll(t, l, short)
	if got := l.until(key); !got.Equal(until(long)) {
		t.Errorf("it can be listed until %s", got)
	}
}
