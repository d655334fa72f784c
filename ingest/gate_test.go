package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

func TestABlobThatIsRefusedForWantOfASubscriptionHasItStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: listUnexpired(aged("a", time.Hour), aged("b", time.Hour), aged("c", time.Hour))}
		f.records = func(_ context.Context, b o365.Blob) ([]string, error) {
			f.mu.Lock()
			started := len(f.starts) > 0
			f.mu.Unlock()
			if <-time.After(time.Second); !started {
				return nil, &o365.Error{Status: 400, Code: "AF20023"}
			}
			return []string{`{"Id":"` + b.ID + `"}`}, nil
		}
		_, s := pass(t, f, 20*time.Second)
		if len(f.starts) != 1 || !s.settled("a", "b", "c")() {
			t.Errorf("%d starts, ledger %+v", len(f.starts), s.ledger)
		}
	})
}

func TestBlobsThatAStartDoesNotMendDoNotStartAgainWithinAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &script{list: listUnexpired(aged("a", time.Hour), aged("b", time.Hour))}
		f.records = func(context.Context, o365.Blob) ([]string, error) {
			return nil, &o365.Error{Status: 400, Code: "AF20022"}
		}
		pass(t, f, 3*time.Hour, func(cfg *Config) { cfg.Clock = func() time.Time { return time.Now().Add(time.Since(midnight) * 20) } })
		if len(f.starts) < 2 {
			t.Errorf("%d starts in three hours", len(f.starts))
		}
		for i := 1; i < len(f.starts); i++ {
			if d := f.starts[i].Sub(f.starts[i-1]); d < schemas.StartEvery {
				t.Errorf("start %d came %s after the one before", i, d)
			}
		}
	})
}

// stopped is a feed whose subscription is not listed as enabled.
type stopped struct{ *script }

func (stopped) Subscriptions(context.Context) ([]o365.Subscription, error) { return nil, nil }

func TestASubscriptionThatAnotherProgramStartedIsListedAndNotStartedSoonAfter(t *testing.T) {
	for ago, wait := range map[time.Duration]time.Duration{
		5 * time.Minute:  10 * time.Minute,
		-5 * time.Minute: 15 * time.Minute, // their clock is ahead
		time.Hour:        0,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &script{list: func(window) ([]o365.Blob, error) { return nil, &o365.Error{Status: 400, Code: "AF20022"} }}
			begun, _ := pass(t, f, time.Hour, func(cfg *Config) {
				cfg.Feed = stopped{f}
				cfg.Started = map[string]schemas.Start{"Audit.Exchange": {At: time.Now().Add(-ago)}}
			})
			if len(f.starts) == 0 || f.starts[0].Sub(begun) < wait {
				t.Errorf("started %s ago by another: starts %v after %v", ago, f.starts, begun)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := &script{}
		pass(t, f, time.Minute, func(cfg *Config) {
			cfg.Feed = stopped{f}
			cfg.Started = map[string]schemas.Start{"Audit.Exchange": {At: time.Now().Add(-time.Minute)}}
		})
		if len(f.starts) != 0 || len(f.sent) == 0 {
			t.Errorf("%d starts and %d listings in the first minute, want listings alone", len(f.starts), len(f.sent))
		}
	})
}

// midnight is when time begins in a bubble of synctest.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// book is a log that can be read while it is written.
type book struct {
	mu sync.Mutex
	strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

func (b *book) warnings() (lines []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "level=WARN") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (b *book) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func TestATypeWithoutPermissionIsToldRarelyAndTriedEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		var tries atomic.Int32
		granted := time.Now().Add(5 * time.Hour)
		f := &script{list: func(window) ([]o365.Blob, error) {
			if try := tries.Add(1); time.Now().Before(granted) {
				return nil, &o365.Error{Status: 401, Code: "AF10001", Message: fmt.Sprint("try ", try)}
			}
			return []o365.Blob{aged("a", time.Hour)}, nil
		}}
		_, s := pass(t, f, 6*time.Hour, func(cfg *Config) { cfg.Logger = log.logger() })
		if n := len(log.warnings()); n < 2 || n > 12 {
			t.Errorf("told %d times in five hours:\n%s", n, strings.Join(log.warnings(), ""))
		}
		if !strings.Contains(log.String(), "poll works again") || !strings.Contains(log.warnings()[0], "admin consent") {
			t.Errorf("log:\n%s", log.String())
		}
		if tries.Load() > 5*60*2 || !s.settled("a")() {
			t.Errorf("%d tries, ledger %+v", tries.Load(), s.ledger)
		}
	})
}

func TestBlobsOfATypeThatNeverAnswerLeaveSlotsToTheOthers(t *testing.T) {
	c, s := newCloud(t), newSink()
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	for i := range 40 {
		blob := fmt.Sprint("stuck", i)
		c.has("DLP.All", blob)
		c.serve[blob] = func(_ http.ResponseWriter, r *http.Request, _ int) {
			select {
			case <-stuck:
			case <-r.Context().Done():
			}
		}
	}
	collect(t, c, s, func(cfg *Config) {
		cfg.Tenant = schemas.Tenant{ID: tenant, ContentTypes: []string{"DLP.All", "Audit.SharePoint", "Audit.Exchange"}}
	})
	for i := range 10 {
		share, mail := fmt.Sprint("share", i), fmt.Sprint("mail", i)
		c.has("Audit.SharePoint", share)
		c.has("Audit.Exchange", mail)
		s.until(t, share+" and "+mail+" are settled", s.settled(share, mail))
	}
}
