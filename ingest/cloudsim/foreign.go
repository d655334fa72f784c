package cloudsim

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
)

// foreign is a host that is not the cloud's. Its certificate is of the authority that clients trust, so that whoever
// sends a token there loses it. It answers every address with an empty page.
type foreign struct {
	server    *http.Server
	port      string
	requests  atomic.Int64
	withToken atomic.Int64
}

func startForeign(host string, settings *tls.Config, log *slog.Logger) (*foreign, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("foreign host of the simulated cloud: %w", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has a port
	f := &foreign{port: port}
	f.server = &http.Server{
		Handler: f, TLSConfig: settings, ReadHeaderTimeout: headerTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() { _ = f.server.ServeTLS(l, "", "") }() // it ends with ErrServerClosed, by Close
	return f, nil
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	if r.Header.Get("Authorization") != "" {
		f.withToken.Add(1)
	}
	reply(w, http.StatusOK, []struct{}{})
}

// Foreign counts the requests that went to the foreign host, which faults put into addresses: all of them, and those
// that carried a token. A client that makes no mistake sends none.
func (c *Cloud) Foreign() (requests, withToken int) {
	c.mu.Lock()
	f := c.foreign
	c.mu.Unlock()
	if f == nil {
		return 0, 0
	}
	return int(f.requests.Load()), int(f.withToken.Load())
}
