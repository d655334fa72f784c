package o365

import (
	"errors"
	"net/http"
	"net/http/httptest"
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
	own := &atomic.Int32{}
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		own.Add(1)
		w.Header().Set("NextPageUri", next)
		reply(w, 200, "[]")
	})
	c.http.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true // the other host would be believed
	for name, uri := range elsewhere(srv.URL, other.URL) {
		t.Run(name, func(t *testing.T) {
			next = uri
			own.Store(0)
			if _, err := listed(t.Context(), c); err == nil || strings.Contains(err.Error(), "token=1") {
				t.Errorf("listing: error %v", err)
			}
			records, errs := fetched(t.Context(), c, Blob{ID: "b", URI: uri})
			if len(errs) != 1 || records != nil {
				t.Errorf("blob: records %q, errors %v", records, errs)
			}
			if name != "unreadable" && name != "a backslash" && !errors.Is(errs[0], ErrForeign) {
				t.Errorf("blob: error %v, want ErrForeign", errs[0])
			}
			if own.Load() != 1 {
				t.Errorf("%d requests to the own host, want the listing's first page alone", own.Load())
			}
		})
	}
	if heard.Load() != 0 {
		t.Errorf("%d requests reached another host", heard.Load())
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
