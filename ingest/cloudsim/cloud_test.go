package cloudsim

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const (
	contoso   = "11111111-aaaa-4bbb-8ccc-000000000001"
	fabrikam  = "22222222-aaaa-4bbb-8ccc-000000000002"
	publisher = "33333333-aaaa-4bbb-8ccc-000000000003"
)

// noon is when the tests' clock begins; a token of the real time would not be valid then.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// tenants are contoso with every subscription and fabrikam with none.
func tenants() []Tenant {
	return []Tenant{
		{ID: contoso, Domain: "contoso.example", Enabled: contentTypes},
		{ID: fabrikam, Domain: "fabrikam.example"},
	}
}

// client is an app that talks to a simulation over real HTTPS.
type client struct {
	t     *testing.T
	cloud *Cloud
	clock *clock
	http  *http.Client
	token string
}

func start(t *testing.T, cfg Config) *client {
	t.Helper()
	c := &client{t: t, clock: &clock{now: noon}}
	if cfg.Clock == nil {
		cfg.Clock = c.clock.Now
	}
	if cfg.Tenants == nil {
		cfg.Tenants = tenants()
	}
	var err error
	if c.cloud, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := c.cloud.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cloud.Close() })
	c.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: c.cloud.CertPool()}, DisableCompression: true,
	}}
	c.token = c.signIn(contoso)
	return c
}

// signIn gets a token by the real azidentity.
func (c *client) signIn(tenant string) string {
	c.t.Helper()
	token, err := c.credential(tenant, DefaultClientSecret).GetToken(context.Background(),
		policy.TokenRequestOptions{Scopes: []string{"https://manage.office.com/.default"}})
	if err != nil {
		c.t.Fatal(err)
	}
	return token.Token
}

func (c *client) credential(tenant, secret string) *azidentity.ClientSecretCredential {
	c.t.Helper()
	credential, err := azidentity.NewClientSecretCredential(tenant, DefaultClientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.cloud.URL()},
			Transport: c.http, Retry: policy.RetryOptions{MaxRetries: -1},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return credential
}

// answer is what the simulation replied.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) do(method, address string, header map[string]string) answer {
	c.t.Helper()
	r, err := http.NewRequest(method, address, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	return c.send(r)
}

func (c *client) send(r *http.Request) answer {
	c.t.Helper()
	reply, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{reply.StatusCode, reply.Header, body}
}

// feed is the address of an operation of contoso's feed.
func (c *client) feed(operation string, query ...string) string {
	return c.cloud.URL() + "/api/v1.0/" + contoso + "/activity/feed/" + operation + "?PublisherIdentifier=" + publisher + strings.Join(query, "")
}

func (c *client) get(operation string, query ...string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, c.feed(operation, query...), nil)
}

func (c *client) post(operation, query string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, c.feed(operation, query), nil)
}

func (a answer) into(t *testing.T, to any) {
	t.Helper()
	if err := json.Unmarshal(a.body, to); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// is checks for an error of the Management API.
func (a answer) is(t *testing.T, status int, code string) {
	t.Helper()
	var got struct {
		Error struct{ Code, Message string }
	}
	a.into(t, &got)
	if a.status != status || got.Error.Code != code || got.Error.Message == "" || strings.Contains(got.Error.Message, "%!") {
		t.Fatalf("got %d %s, want %d %s", a.status, a.body, status, code)
	}
}

// times gives the query of a listing's window, counted from the clock's beginning.
func times(from, to time.Duration) string {
	return "&startTime=" + noon.Add(from).Format("2006-01-02T15:04:05") + "&endTime=" + noon.Add(to).Format("2006-01-02T15:04:05")
}

// walk lists everything of a type in a window, and gives the pages' blobs in order.
func (c *client) walk(kind, window string) (blobs []listed, pages int) {
	c.t.Helper()
	for next := c.feed("subscriptions/content", "&contentType="+kind, window); next != ""; pages++ {
		got := c.do(http.MethodGet, next, nil)
		if got.status != http.StatusOK {
			c.t.Fatalf("%s: %d %s", next, got.status, got.body)
		}
		var page []listed
		got.into(c.t, &page)
		blobs = append(blobs, page...)
		next = got.header.Get("NextPageUri")
	}
	return blobs, pages
}

func (c *client) offer(kind string, created time.Duration, records ...string) string {
	c.t.Helper()
	var bodies [][]byte
	for _, r := range records {
		bodies = append(bodies, []byte(r))
	}
	id, err := c.cloud.Offer(contoso, kind, noon.Add(created), bodies...)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func TestEveryAnswerCarriesTheServicesHeaders(t *testing.T) {
	c := start(t, Config{})
	h := c.get("subscriptions/list").header
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Pragma": "no-cache", "Cache-Control": "no-cache", "Expires": "-1",
		"Server": "Microsoft-IIS/8.5", "X-Aspnet-Version": "4.0.30319", "X-Powered-By": "ASP.NET",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if h.Get("Date") == "" {
		t.Error("no Date")
	}
}

func TestOnlyItsOwnAuthorityIsTrusted(t *testing.T) {
	c := start(t, Config{})
	stranger := &http.Client{Transport: &http.Transport{}}
	if reply, err := stranger.Get(c.cloud.URL()); err == nil {
		_ = reply.Body.Close()
		t.Fatal("a client that does not trust the authority was answered")
	}
	if !bytes.HasPrefix(c.cloud.CAPEM(), []byte("-----BEGIN CERTIFICATE-----")) {
		t.Fatalf("no certificate: %s", c.cloud.CAPEM())
	}
}

func TestConfigThatMakesNoSenseIsRefused(t *testing.T) {
	for name, tenants := range map[string][]Tenant{
		"no GUID":        {{ID: "contoso", Domain: "contoso.example"}},
		"no domain":      {{ID: contoso}},
		"twice":          {{ID: contoso, Domain: "contoso.example"}, {ID: strings.ToUpper(contoso), Domain: "b.example"}},
		"unknown type":   {{ID: contoso, Domain: "contoso.example", Enabled: []string{"Audit.Everything"}}},
		"domain claimed": {{ID: contoso, Domain: "a.example"}, {ID: fabrikam, Domain: "A.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Config{Tenants: tenants}); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestUnknownOperationsAndMethodsAreRefused(t *testing.T) {
	c := start(t, Config{})
	if got := c.get("subscriptions/everything"); got.status != http.StatusNotFound {
		t.Errorf("unknown operation: %d %s", got.status, got.body)
	}
	if got := c.get("subscriptions/start", "&contentType=Audit.General"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET start: %d %s", got.status, got.body)
	}
	if got := c.post("subscriptions/content", "&contentType=Audit.General"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST content: %d %s", got.status, got.body)
	}
}

func TestPublisherIsTakenAnywhereAndMissedWhereItIsAbsent(t *testing.T) {
	c := start(t, Config{})
	id := c.offer("Audit.General", -time.Hour, `{"Id":"a"}`)
	c.get("subscriptions/list")
	c.get("audit/" + id)
	if n := c.cloud.Anonymous(); n != 0 {
		t.Fatalf("%d anonymous requests, want none", n)
	}
	bare, _, _ := strings.Cut(c.feed("audit/"+id), "?")
	if got := c.do(http.MethodGet, bare, nil); got.status != http.StatusOK {
		t.Fatalf("without publisher: %d %s", got.status, got.body)
	}
	if n := c.cloud.Anonymous(); n != 1 {
		t.Fatalf("%d anonymous requests, want 1", n)
	}
	c.do(http.MethodGet, bare+"?publisheridentifier="+url.QueryEscape("a company"), nil).is(t, 400, "AF20002")
}

// ended is a context that has ended: a day played with it is history alone.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
