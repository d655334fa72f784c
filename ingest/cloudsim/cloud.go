// Package cloudsim is Microsoft's side, simulated: the login service and the Office 365 Management Activity API
// over real TLS, and tenants whose users, services and intruder leave audit records.
//
// It takes HTTPS requests of any client and gives what the real services would. It is written against Microsoft's
// public documentation alone and imports nothing else of ualstream: were it to share a struct with the client, one
// misreading would pass every test. It knows exactly what it made available, what was retrieved, and what a client that
// makes no mistake has of it, whatever faults it shows.
//
// The package is larger than its neighbours because it stands for several services; each file is one noun of theirs.
package cloudsim

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says what a Cloud simulates. Its zero value is one tenant, contoso.example, and one app that is known to all.
type Config struct {
	Tenants []Tenant // default: one, with ID DefaultTenant and domain contoso.example
	Seed    uint64   // the same seed and clock give the same records

	ClientID     string // the one app registration, known to every tenant; default DefaultClientID
	ClientSecret string // default DefaultClientSecret
	// Certificates are the app's, registered beside its secret; Subjects are what its federated credential trusts of
	// FederatedToken's (default DefaultSubject). It trusts every one of Identities, too.
	Certificates []*x509.Certificate
	Subjects     []string
	Identities   []Identity // the machine's managed identities, see StartIdentity
	Resource     string     // of the Management API; default https://manage.office.com, as national clouds have others
	Roles        []string   // roles in its tokens; nil means ActivityFeed.Read, ActivityFeed.ReadDlp and ServiceHealth.Read

	TokenLife time.Duration // default one hour
	PageSize  int           // blobs on a page of a listing; default 200, as Microsoft documents none

	States    States        // in which every tenant begins, beside its own; default none
	Faults    Faults        // what goes wrong, and how probably; default nothing
	FaultSeed uint64        // another seed strikes other requests, pages and blobs
	LargeBlob int64         // bytes of the blob that the fault large-blob offers; default 100 MB
	Quota     int           // requests a tenant may make in any 60 seconds; more are answered with AF429; 0 is no limit
	Latency   time.Duration // before each answer of the Management API
	Skew      time.Duration // by how much the cloud's clock is ahead of Clock; may be negative

	Authority *Authority // issues the servers' certificates; default a new one
	Host      string     // by which clients reach it, where that is not the address it listens on

	Clock  func() time.Time // what every rule about time asks; default time.Now
	Logger *slog.Logger     // one debug line a request; default none
}

// Tenant is a simulated Microsoft 365 tenant.
type Tenant struct {
	ID     string // a GUID
	Domain string // of its users, e.g. contoso.example; the login service accepts it in place of ID
	Users  int    // default 25
	// Enabled are content types whose subscription was started long ago. Without them a tenant starts as a real one
	// does: with no subscription, and with no history when one is started.
	Enabled []string
	States  States // in which it begins; SetStates changes them
}

// What a Config that names none gets.
const (
	DefaultTenant       = "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10"
	DefaultClientID     = "0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02"
	DefaultClientSecret = "simulated-client-secret"
	DefaultSubject      = "system:serviceaccount:ualstream:ualstream" // as Kubernetes names a service account
)

// headerTimeout is how long a client may take to send a request's head.
const headerTimeout = 10 * time.Second

// Cloud is a running simulation. Its methods may be called at any time by any number of goroutines.
type Cloud struct {
	cfg  Config
	log  *slog.Logger
	ca   *Authority
	odds *odds

	mu        sync.Mutex
	key       *rsa.PrivateKey // signs access tokens; set before the first request is answered
	server    *http.Server
	foreign   *foreign // nil where no fault names it
	url       string
	tenants   []*tenant
	shelf     shelf
	pending   []delivery // what a fault has delivered once more, once its contentCreated has come
	anonymous int        // requests without PublisherIdentifier
}

// New prepares a simulation; Start makes it answer.
func New(cfg Config) (*Cloud, error) {
	cfg = withDefaults(cfg)
	if err := cfg.Faults.check(); err != nil {
		return nil, err
	}
	c := &Cloud{
		cfg: cfg, log: cfg.Logger, shelf: newShelf(), ca: cfg.Authority,
		odds: &odds{seed: cfg.FaultSeed, faults: maps.Clone(cfg.Faults)},
	}
	for _, t := range cfg.Tenants {
		if err := c.admit(t); err != nil {
			return nil, err
		}
	}
	if c.ca != nil {
		return c, nil
	}
	var err error
	c.ca, err = NewAuthority(time.Now())
	return c, err
}

func withDefaults(cfg Config) Config {
	if len(cfg.Tenants) == 0 {
		cfg.Tenants = []Tenant{{ID: DefaultTenant, Domain: "contoso.example"}}
	}
	if cfg.ClientID == "" {
		cfg.ClientID = DefaultClientID
	}
	if cfg.ClientSecret == "" {
		cfg.ClientSecret = DefaultClientSecret
	}
	if cfg.Subjects == nil {
		cfg.Subjects = []string{DefaultSubject}
	}
	if cfg.Resource == "" {
		cfg.Resource = manageResource
	}
	if cfg.Roles == nil {
		cfg.Roles = []string{roleRead, roleReadDLP, "ServiceHealth.Read"}
	}
	if cfg.TokenLife <= 0 {
		cfg.TokenLife = time.Hour
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 200
	}
	if cfg.LargeBlob <= 0 {
		cfg.LargeBlob = 100_000_000
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if right := cfg.Clock; cfg.Skew != 0 {
		cfg.Clock = func() time.Time { return right().Add(cfg.Skew) }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// Start listens on addr, e.g. 127.0.0.1:0, and answers HTTPS there until Close. A cloud starts once.
func (c *Cloud) Start(addr string) error {
	if c.URL() != "" {
		return errors.New("simulated cloud: started twice")
	}
	key, err := signingKey()
	if err != nil {
		return fmt.Errorf("generate token signing key: %w", err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("simulated cloud: %w", err)
	}
	listening, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has a port
	host := cmp.Or(c.cfg.Host, listening)
	settings, err := c.ca.issue(host, time.Now())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{
		Handler:           c.edge(),
		TLSConfig:         settings,
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	var other *foreign
	if c.cfg.Faults[ForeignPage] > 0 || c.cfg.Faults[ForeignBlob] > 0 {
		if other, err = startForeign(listening, settings.Clone(), c.log); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	c.mu.Lock()
	c.key, c.server, c.foreign, c.url = key, server, other, "https://"+net.JoinHostPort(host, port)
	c.mu.Unlock()
	go func() { _ = server.ServeTLS(l, "", "") }() // it ends with ErrServerClosed, by Close
	return nil
}

// Close stops answering and breaks open connections.
func (c *Cloud) Close() error {
	c.mu.Lock()
	server, other := c.server, c.foreign
	c.mu.Unlock()
	if server == nil {
		return nil
	}
	if other == nil {
		return server.Close()
	}
	return errors.Join(server.Close(), other.server.Close())
}

// URL is https://host:port, the login authority's host and the Management API's at once; "" before Start.
func (c *Cloud) URL() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.url
}

// CAPEM is the certificate that a client has to trust, in PEM.
func (c *Cloud) CAPEM() []byte { return c.ca.CertPEM() }

// CertPool holds the certificate that a client has to trust.
func (c *Cloud) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.ca.cert)
	return pool
}

// Anonymous counts the requests that named no PublisherIdentifier: they are answered, but in reality they share one
// quota with every such client in the world.
func (c *Cloud) Anonymous() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.anonymous
}
