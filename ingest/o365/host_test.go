package o365

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// foreign is a host that must hear nothing.
func foreign(t *testing.T) (*httptest.Server, *atomic.Int32) {
	heard := &atomic.Int32{}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard.Add(1)
		reply(w, 200, `[{"Id":"planted"}]`)
	}))
	t.Cleanup(srv.Close)
	return srv, heard
}

// elsewhere gives addresses that are not on the host of the client.
func elsewhere(self, other string) map[string]string {
	host := strings.TrimPrefix(self, "https://")
	return map[string]string{
		"another port":    other + "/x?token=1",
		"another host":    "https://localhost:" + host[strings.LastIndex(host, ":")+1:] + "/x",
		"the usual port":  "https://127.0.0.1/x",
		"no TLS":          "http://" + host + "/x",
		"a user":          "https://me:pw@" + host + "/x",
		"host as a user":  "https://" + host + "@" + strings.TrimPrefix(other, "https://") + "/x",
		"a suffix":        strings.Replace(self, "127.0.0.1", "127.0.0.1.evil.example", 1) + "/x",
		"no scheme":       "//" + strings.TrimPrefix(other, "https://") + "/x",
		"a relative path": "/api/v1.0/x",
		"opaque":          "https:" + host,
		"a backslash":     self + `\@evil.example/x`,
		"unreadable":      "https://[::1/x",
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	other, heard := foreign(t)
	var next string
	var own []string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if id, ok := strings.CutPrefix(r.URL.EscapedPath(), root+"/audit/"); ok {
			own = append(own, "/audit/"+id)
			reply(w, 200, `[{"Id":"own"}]`)
			return
		}
		own = append(own, "content")
		w.Header().Set("NextPageUri", next)
		reply(w, 200, "[]")
	})
	var log bytes.Buffer
	c.strays.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.http.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true // the other host would be believed
	for name, uri := range elsewhere(srv.URL, other.URL) {
		t.Run(name, func(t *testing.T) {
			next = uri
			own = nil
			if _, err := listed(t.Context(), c); err == nil || strings.Contains(err.Error(), "token=1") {
				t.Errorf("listing: error %v", err)
			}
			records, errs := fetched(t.Context(), c, Blob{ID: "b$1/?x", URI: uri})
			if errs != nil || !slices.Equal(records, []string{`{"Id":"own"}`}) {
				t.Errorf("blob: records %q, errors %v", records, errs)
			}
			if want := append(slices.Repeat([]string{"content"}, pageTries), "/audit/b$1%2F%3Fx"); !slices.Equal(own, want) {
				t.Errorf("asked the own host for %q, want %q", own, want)
			}
		})
	}
	if heard.Load() != 0 {
		t.Errorf("%d requests reached another host", heard.Load())
	}
	if said := log.String(); !strings.Contains(said, "localhost") || strings.Contains(said, "token=1") || strings.Contains(said, "pw") ||
		strings.Count(said, "level=WARN") != 1 {
		t.Errorf("told:\n%s", said)
	}
}

func TestABlobWhosePagesLeadAwayEndsWithAnError(t *testing.T) {
	other, heard := foreign(t)
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("NextPageUri", other.URL+"/x?token=1")
		reply(w, 200, `[{"Id":"1"}]`)
	})
	records, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"})
	if len(records) != 1 || len(errs) != 1 || !errors.Is(errs[0], ErrForeign) || strings.Contains(errs[0].Error(), "token") || heard.Load() != 0 {
		t.Errorf("records %q, errors %v, %d requests elsewhere", records, errs, heard.Load())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other, heard := foreign(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		n := 0
		var c *Client
		var srv *httptest.Server
		targets := []string{other.URL + "/x?secret=1", "/on-the-same-host"}
		c, srv = serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/on-the-same-host" {
				t.Error("followed a redirect")
			}
			w.Header().Set("Location", targets[n%2])
			n++
			w.WriteHeader(status)
		})
		for range targets {
			_, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"})
			var e *Error
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Status != status || e.Action() != Stop {
				t.Errorf("status %d: errors %v", status, errs)
			}
			if strings.Contains(errs[0].Error(), "secret") {
				t.Errorf("error %q shows the query", errs[0])
			}
		}
	}
	if heard.Load() != 0 {
		t.Errorf("%d requests reached another host", heard.Load())
	}
}
