package ingest

import (
	"context"
	"errors"
	"iter"
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
		_, s := pass(t, f, 3*time.Hour)
		if len(s.topic) != 4 || len(s.ledger) != 2 || !s.entry("undated").Expires.Equal(s.topic[0].At.Add(retention)) {
			t.Errorf("ledger %+v", s.topic)
		}
	})
}

func TestWhatIsLostAndForgottenIsNotPendingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := aged("a", 30*time.Minute)
		f := &script{list: listUnexpired(a)}
		f.records = func(context.Context, o365.Blob) ([]string, error) { return nil, &o365.Error{Status: 404} }
		_, s := pass(t, f, retention+12*time.Hour, func(cfg *Config) {
			cfg.Clock = func() time.Time { // it is set while the last try is still to come, and its day is over then
				now := time.Now()
				if now.After(a.Expires.Add(time.Hour)) {
					now = now.Add(3 * time.Hour)
				}
				return now
			}
		})
		last := s.topic[len(s.topic)-1]
		if tries := len(f.classes["a"]); tries < 3 || !last.At.After(a.Expires) || last.State != schemas.BlobLost {
			t.Fatalf("%d tries, the last entry is %+v", tries, last)
		}
		for i, b := range s.topic {
			if i > 0 && b.State == schemas.BlobListed {
				t.Errorf("entry %d of %d: %+v", i, len(s.topic), b)
			}
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
