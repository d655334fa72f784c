package o365

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/cenkalti/backoff/v4"
)

const (
	tenant    = "11111111-2222-3333-4444-555555555555"
	publisher = "66666666-7777-8888-9999-000000000000"
	root      = "/api/v1.0/" + tenant + "/activity/feed"
	secret    = "the-token-itself"
)

// credential gives the token and counts how often it was asked for a new one.
type credential struct {
	renewed atomic.Int32
	scopes  atomic.Value
}

func (c *credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.scopes.Store(o.Scopes[0])
	if o.Claims != "" {
		c.renewed.Add(1)
	}
	return azcore.AccessToken{Token: secret, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// serve gives a client of a server over TLS that behaves as the handler says.
func serve(t *testing.T, handler http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // connections are broken on purpose
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return clientOf(t, srv, &credential{}), srv
}

func clientOf(t *testing.T, srv *httptest.Server, cred azcore.TokenCredential) *Client {
	t.Helper()
	c, err := New(Config{
		Endpoint: srv.URL, Tenant: tenant, Publisher: publisher,
		Credential: cred, Transport: srv.Client().Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.pace = func() *backoff.ExponentialBackOff {
		b := backoff.NewExponentialBackOff()
		b.InitialInterval, b.MaxInterval, b.MaxElapsedTime = time.Millisecond, 5*time.Millisecond, 0
		return b
	}
	return c
}

// reply answers with a status and a body.
func reply(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// day is any window.
var day = struct{ from, to time.Time }{
	time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
}

// listed gives the ids that a listing of day gives, and its error.
func listed(ctx context.Context, c *Client) (ids []string, err error) {
	for b, err := range c.List(ctx, "Audit.Exchange", day.from, day.to) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, b.ID)
	}
	return ids, nil
}

// fetched gives the records of a blob, and the errors on the way.
func fetched(ctx context.Context, c *Client, b Blob) (records []string, errs []error) {
	for r, err := range c.Records(ctx, b) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		records = append(records, string(r))
	}
	return records, errs
}
