package ingest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// left is the entry of a blob that another process has left pending.
func left(id string, age time.Duration) schemas.Blob {
	a := aged(id, age)
	return schemas.Blob{
		Tenant: tenant, ContentType: "Audit.Exchange", ContentID: id, State: schemas.BlobListed, URI: "https://manage.office.example/" + id,
		Created: a.Created, Expires: a.Expires, At: a.Created,
	}
}

// addresses is a feed that notes which addresses are fetched.
type addresses struct {
	*script
	mu   sync.Mutex
	uris []string
}

func (f *addresses) Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error] {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uris = append(f.uris, b.URI)
	return f.script.Records(ctx, b)
}

func TestWhatIsPendingIsFetchedWithoutAListing(t *testing.T) {
	for name, feed := range map[string]func(f *script) Feed{
		"listings fail": func(f *script) Feed {
			f.list = func(window) ([]o365.Blob, error) { return nil, errors.New("no route to host") }
			return f
		},
		"listings are not answered": func(f *script) Feed { return mute{f, func(window) bool { return true }} },
		"nothing but blobs is":      func(f *script) Feed { return deaf{f} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, f := NewLedger(), &addresses{script: &script{}}
				takeAll(t, l, left("a", 50*time.Hour))
				begun, s := pass(t, f.script, 10*time.Minute, func(cfg *Config) { cfg.Ledger, cfg.Feed = l, feed(f.script) })
				e := s.entry("a")
				if e.State != schemas.BlobStored || !e.At.Equal(begun) || len(s.topic) != 1 || len(f.classes["a"]) != 1 {
					t.Errorf("ledger %+v, %d fetches", s.topic, len(f.classes["a"]))
				}
			})
		})
	}
}

func TestWhatIsPendingIsFetchedFromItsAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, f := NewLedger(), &addresses{script: &script{}}
		b := left("a", 50*time.Hour)
		b.Tenant = "ABCDEF00-2222-3333-4444-555555555555"
		takeAll(t, l, b)
		_, s := pass(t, f.script, time.Minute, func(cfg *Config) {
			cfg.Ledger, cfg.Feed, cfg.Tenant.ID = l, f, strings.ToLower(b.Tenant)
		})
		if len(f.uris) != 1 || f.uris[0] != b.URI || s.entry("a").State != schemas.BlobStored {
			t.Errorf("fetched %q, ledger %+v", f.uris, s.topic)
		}
		if d := l.Days(time.Now()); d[len(d)-1].Listed != 0 || d[0].Listed != 0 {
			t.Errorf("days %+v", d)
		}
	})
}

func TestWhatIsPendingAndListedIsFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLedger()
		takeAll(t, l, left("a", 50*time.Hour), left("b", time.Hour))
		a, b := aged("a", 50*time.Hour), aged("b", time.Hour)
		a.URI, b.URI = left("a", 0).URI, left("b", 0).URI
		f := &script{list: listUnexpired(a, b)}
		f.records = func(ctx context.Context, _ o365.Blob) ([]string, error) {
			pause(ctx, time.Second)
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 2*time.Hour, func(cfg *Config) { cfg.Ledger = l })
		if !s.settled("a", "b")() || len(f.classes["a"]) != 1 || len(f.classes["b"]) != 1 || len(s.topic) != 2 {
			t.Errorf("fetches %v, ledger %+v", f.classes, s.topic)
		}
	})
}

func TestNothingIsFetchedBeforeTheLedgerHasItAsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := true
		begun := time.Now()
		s := newSink()
		s.beforeLedger = func(schemas.Blob) error {
			if time.Since(begun) < 10*time.Minute {
				return errors.New("no leader")
			}
			away = false
			return nil
		}
		f := &script{list: listUnexpired(aged("a", time.Hour))}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if away || len(s.topic) != 1 || s.topic[0].State != schemas.BlobListed {
				t.Errorf("fetched when the ledger was %+v", s.topic)
			}
			return []string{`{"Id":"1"}`}, nil
		}
		pass(t, f, time.Hour, func(cfg *Config) { cfg.Sink = s })
		if len(f.classes["a"]) != 1 || s.entry("a").State != schemas.BlobStored {
			t.Errorf("%d fetches, ledger %+v", len(f.classes["a"]), s.topic)
		}
	})
}

func TestAPendingBlobIsRememberedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well := time.Now().Add(20 * time.Minute)
		undated := aged("undated", time.Hour)
		undated.Expires = time.Time{}
		f := &script{list: func(window) ([]o365.Blob, error) {
			drifts := aged("a", 0)
			drifts.Created = undated.Created
			return []o365.Blob{drifts, undated}, nil
		}}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			if time.Now().Before(well) {
				return nil, errors.New("connection reset by peer")
			}
			return []string{`{"Id":"1"}`}, nil
		}
		_, s := pass(t, f, 50*time.Minute)
		if len(s.topic) != 4 || len(s.ledger) != 2 || !s.entry("undated").Expires.Equal(s.topic[0].At.Add(retention)) {
			t.Errorf("ledger %+v", s.topic)
		}
	})
}

func TestABlobThatIsListedNoMoreIsFetchedByTheNextProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: listUnexpired(aged("a", time.Hour))}
		f.records = func(ctx context.Context, _ o365.Blob) ([]string, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		_, s := pass(t, f, time.Minute)
		if len(s.ledger) != 0 || len(s.topic) != 1 {
			t.Fatalf("ledger %+v", s.topic)
		}
		_, next := pass(t, &script{}, time.Minute, func(cfg *Config) { cfg.Ledger = s.replay(t) })
		if next.entry("a").State != schemas.BlobStored {
			t.Errorf("ledger %+v", next.topic)
		}
	})
}

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
