// Package o365 is a client of the Office 365 Management Activity API: it starts subscriptions, lists content
// blobs and streams the records of a blob, byte for byte.
//
// It takes a tenant, a credential and a host, and sends the token to that host alone. It knows the API's rules
// (paging, error codes, throttling) and nothing of what a record means, of windows, of Kafka, or of what has
// been fetched before.
//
// Source of the rules: "Office 365 Management Activity API reference", learn.microsoft.com.
package o365

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/cenkalti/backoff/v4"
)

// Config says whom to ask, for which tenant and as whom.
type Config struct {
	// Endpoint is the API's address, for example https://manage.office.com. It must be https without a path.
	// The token is sent to this host and to no other.
	Endpoint string
	// Tenant is the GUID of the tenant whose content is read.
	Tenant string
	// Publisher is the PublisherIdentifier sent with every call: the tenant GUID of the company that runs the
	// client. Calls without one share a single quota with every such caller in the world, so Tenant is the
	// default.
	Publisher string
	// Scope is the scope that a token is asked for; Endpoint + "/.default" by default.
	Scope string
	// Credential gives the tokens and caches them, as those of azidentity do.
	Credential azcore.TokenCredential
	// Transport carries the requests; nil is http.DefaultTransport. Of an *http.Transport a copy is used, which keeps
	// more idle connections and less of what arrives faster than it is read.
	Transport http.RoundTripper
	// Quota spaces the requests; nil sends them as they come.
	Quota Quota
	// Logger is told of outages and of addresses that are not followed, and at debug level of each retry; nil
	// discards.
	Logger *slog.Logger
}

// Client reads one tenant's content. It is safe for concurrent use.
type Client struct {
	endpoint  *url.URL
	root      string // https://host/api/v1.0/{tenant}/activity/feed
	publisher string
	tokens    tokens
	http      *http.Client
	quota     Quota
	trouble   trouble
	skew      skew
	strays    strays

	pace  func() *backoff.ExponentialBackOff // how retries of one call are spaced
	stall time.Duration                      // how long an answer may stand still
	limit int                                // of a record in memory, in bytes
	pages int                                // of one listing
}

// stallAfter ends a request whose answer has not moved for that long: a dead connection would hold it for ever.
const stallAfter = 2 * time.Minute

var guid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// New checks the configuration. It sends nothing.
func New(cfg Config) (*Client, error) {
	endpoint, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if cfg.Publisher == "" {
		cfg.Publisher = cfg.Tenant
	}
	if !guid.MatchString(cfg.Tenant) {
		return nil, fmt.Errorf("tenant %q: want a GUID such as 00000000-0000-0000-0000-000000000000", cfg.Tenant)
	}
	if !guid.MatchString(cfg.Publisher) {
		return nil, fmt.Errorf("publisher %q: want the tenant GUID of the company that runs this", cfg.Publisher)
	}
	if cfg.Credential == nil {
		return nil, errors.New("no credential: the API takes no call without a token")
	}
	if cfg.Scope == "" {
		cfg.Scope = endpoint.String() + "/.default"
	}
	if cfg.Quota == nil {
		cfg.Quota = unlimited{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{
		endpoint:  endpoint,
		root:      endpoint.String() + "/api/v1.0/" + cfg.Tenant + "/activity/feed",
		publisher: cfg.Publisher,
		tokens:    tokens{cred: cfg.Credential, scope: cfg.Scope},
		http:      &http.Client{Transport: tuned(cfg.Transport), CheckRedirect: refuseRedirect},
		quota:     cfg.Quota,
		trouble:   trouble{log: cfg.Logger},
		strays:    strays{log: cfg.Logger},
		pace:      patient,
		stall:     stallAfter,
		limit:     maxRecord,
		pages:     maxPages,
	}, nil
}

func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("endpoint: want https://host alone, such as https://manage.office.com")
	}
	return u, nil
}

const (
	// idleConnections are enough for parallel retrieval; the default of two would dial for each blob.
	idleConnections = 32
	// streamBuffer is how much of an answer HTTP/2 may send ahead of the reader, 4 MB by default. It is the memory
	// of each blob whose records have to wait for Kafka.
	streamBuffer = 512 << 10
	// An HTTP/2 connection that brings nothing for silentFor is asked for a sign of life, and left where none comes in
	// signIn. All requests share it, and one that stalls does not end it: they would be sent to their deaths for hours.
	silentFor = 30 * time.Second
	signIn    = 15 * time.Second
)

func tuned(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	t, ok := rt.(*http.Transport)
	if !ok {
		return rt
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, idleConnections)
	if t.HTTP2 == nil {
		t.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: streamBuffer, SendPingTimeout: silentFor, PingTimeout: signIn}
	}
	return t
}

// refuseRedirect hands the redirect itself to the caller, as an error of that status: the API sends none, and
// to follow one would carry the token away.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// patient spaces retries from half a second to two minutes, without an end: only the caller's context ends them.
func patient() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 500 * time.Millisecond
	b.MaxInterval = 2 * time.Minute
	b.MaxElapsedTime = 0
	return b
}
