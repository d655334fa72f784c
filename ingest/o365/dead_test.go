package o365

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a network of which the first connection can die without a word: what the client sends then is swallowed.
type pipes struct {
	dialed chan net.Conn
	count  atomic.Int32
	dead   atomic.Bool
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.dialed <- theirs
	if p.count.Add(1) == 1 {
		return mortal{ours, &p.dead}, nil
	}
	return ours, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.dialed; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

type mortal struct {
	net.Conn
	dead *atomic.Bool
}

func (c mortal) Write(b []byte) (int, error) {
	if c.dead.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func TestAnHTTP2ConnectionThatDiedIsLeft(t *testing.T) {
	known := httptest.NewTLSServer(nil) // whose certificate is for example.com
	defer known.Close()
	trusting := known.Client().Transport.(*http.Transport)
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{dialed: make(chan net.Conn)}
		srv := &http.Server{
			TLSConfig: &tls.Config{Certificates: known.TLS.Certificates, MinVersion: tls.VersionTLS12},
			ErrorLog:  log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 2 {
					t.Errorf("asked by %s", r.Proto)
				}
				reply(w, 200, items("a"))
			}),
		}
		go func() { _ = srv.ServeTLS(network, "", "") }()
		transport := trusting.Clone()
		transport.DialContext, transport.ForceAttemptHTTP2, transport.DialTLSContext = network.dial, true, nil
		c, err := New(Config{Endpoint: "https://example.com", Tenant: tenant, Credential: &credential{}, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		for _, dead := range []bool{false, true} {
			network.dead.Store(dead)
			if ids, err := listed(ctx, c); err != nil || len(ids) != 1 {
				t.Errorf("dead %v: ids %q, error %v", dead, ids, err)
			}
		}
		c.http.CloseIdleConnections()
		close(network.dialed)
		_ = srv.Close()
	})
}
