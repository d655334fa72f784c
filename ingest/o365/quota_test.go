package o365

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// meter is a quota that counts what it is asked and told.
type meter struct {
	mu      sync.Mutex
	permits int
	pauses  []time.Duration
	refuse  error
	told    func() // of a pause; may be nil
}

func (m *meter) Wait(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	m.permits++
	return nil
}

func (m *meter) Throttled(sent time.Time, pause time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(sent) > time.Minute {
		pause = -1
	}
	m.pauses = append(m.pauses, pause)
	if m.told != nil {
		m.told()
	}
}

func (m *meter) given() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.permits
}

func TestEveryRequestHasAPermit(t *testing.T) {
	m, n := &meter{}, 0
	tells := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) { reply(w, 200, items("a")) }, // the connection is reused from now on
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, // net/http asks again by itself
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) { reply(w, 503, "") },
		func(w http.ResponseWriter) { reply(w, 401, "") }, // and with a new token
		func(w http.ResponseWriter) { reply(w, 403, `{"error":{"code":"AF429"}}`) },
	}
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		if m.given() < n {
			t.Errorf("request %d came with %d permits", n, m.given())
		}
		if n <= len(tells) {
			tells[n-1](w)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/list") {
			reply(w, 200, "[]")
			return
		}
		reply(w, 200, `[{"Id":"1"}]`)
	})
	c.quota = m
	for range 2 {
		if _, err := listed(t.Context(), c); err != nil && !strings.Contains(err.Error(), "names no content") {
			t.Fatal(err)
		}
	}
	if _, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"}); errs != nil {
		t.Fatal(errs)
	}
	if _, err := c.Subscriptions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context(), "Audit.Exchange"); err != nil {
		t.Fatal(err)
	}
	if n != len(tells)+4 || m.given() != n {
		t.Errorf("%d permits for %d requests", m.given(), n)
	}
}

func TestTheQuotaIsToldOfThrottling(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body       string
		retryAfter string
		least      time.Duration
		most       time.Duration
	}{
		"429":                  {429, "", "", time.Microsecond, time.Second},
		"429 with Retry-After": {429, "", "30", 30 * time.Second, 30 * time.Second},
		"403 with Retry-After": {403, `{"error":{"code":"AF429","message":"x"}}`, "7", 7 * time.Second, 7 * time.Second},
		"403 in single quotes": {403, `{'error':{'code':'AF429','message':'x'}}`, "", time.Microsecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := &meter{told: cancel}
			client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.retryAfter != "" {
					w.Header().Set("Retry-After", c.retryAfter)
				}
				reply(w, c.status, c.body)
			})
			client.quota = m
			if _, err := listed(ctx, client); err == nil {
				t.Fatal("no error")
			}
			if len(m.pauses) == 0 || m.pauses[0] < c.least || m.pauses[0] > c.most {
				t.Errorf("told %v, want %s to %s", m.pauses, c.least, c.most)
			}
		})
	}
}

func TestOtherTroubleIsNoThrottling(t *testing.T) {
	m, n := &meter{}, 0
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.Header().Set("Retry-After", "0")
			reply(w, 503, "<html>busy</html>")
			return
		}
		reply(w, 200, "[]")
	})
	c.quota = m
	if _, err := listed(t.Context(), c); err != nil || len(m.pauses) != 0 {
		t.Errorf("error %v, told %v", err, m.pauses)
	}
}

func TestWithoutAPermitNothingIsSent(t *testing.T) {
	n := 0
	c, _ := serve(t, func(http.ResponseWriter, *http.Request) { n++ })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.quota = &meter{refuse: ctx.Err()}
	if _, err := listed(ctx, c); !errors.Is(err, context.Canceled) || n != 0 {
		t.Errorf("error %v after %d requests", err, n)
	}
}

func TestSkewIsWhatTheDateSaysBeyondDoubt(t *testing.T) {
	sent := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		date  time.Duration // after sending, on their clock
		took  time.Duration
		cache bool
		want  time.Duration
	}{
		"right":                 {0, 50 * time.Millisecond, false, 0},
		"right, answered late":  {40 * time.Second, time.Minute, false, 0},
		"right, within seconds": {-time.Second, 0, false, 0},
		"ahead":                 {10 * time.Minute, time.Second, false, 10*time.Minute - time.Second},
		"behind":                {-10 * time.Minute, time.Second, false, -10*time.Minute + time.Second},
		"from a cache":          {-10 * time.Minute, time.Second, true, 0},
		"absurd":                {-365 * 24 * time.Hour, time.Second, false, 0},
	} {
		var s skew
		h := http.Header{"Date": {sent.Add(c.date).Format(http.TimeFormat)}}
		if c.cache {
			h.Set("Age", "600")
		}
		s.observe(h, sent, sent.Add(c.took))
		if got := time.Duration(s.ahead.Load()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	var s skew
	s.observe(http.Header{}, sent, sent)
	if s.ahead.Load() != 0 {
		t.Error("a skew without a Date")
	}
}

func TestTheClientLearnsTheSkew(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(10*time.Minute).UTC().Format(http.TimeFormat))
		reply(w, 400, `{"error":{"code":"AF20030"}}`) // refusals say it as well
	})
	if _, err := listed(t.Context(), c); err == nil || c.Skew().Round(time.Minute) != 10*time.Minute {
		t.Errorf("skew %s, error %v", c.Skew(), err)
	}
}
