package entra_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
)

func TestEachCloudHasItsHosts(t *testing.T) {
	want := []entra.Cloud{
		{Name: "commercial", Endpoint: "https://manage.office.com", Authority: "https://login.microsoftonline.com/",
			Scope: "https://manage.office.com/.default", Exchange: "api://AzureADTokenExchange"},
		{Name: "gcc", Endpoint: "https://manage-gcc.office.com", Authority: "https://login.microsoftonline.com/",
			Scope: "https://manage-gcc.office.com/.default", Exchange: "api://AzureADTokenExchange"},
		{Name: "gcc-high", Endpoint: "https://manage.office365.us", Authority: "https://login.microsoftonline.us/",
			Scope: "https://manage.office365.us/.default", Exchange: "api://AzureADTokenExchangeUSGov"},
		{Name: "dod", Endpoint: "https://manage.protection.apps.mil", Authority: "https://login.microsoftonline.us/",
			Scope: "https://manage.protection.apps.mil/.default", Exchange: "api://AzureADTokenExchangeUSGov"},
	}
	if !slices.Equal(entra.Clouds, want) {
		t.Errorf("%v", entra.Clouds)
	}
	for _, w := range want {
		if got, err := entra.CloudOf(strings.ToUpper(w.Name)); err != nil || got != w {
			t.Errorf("%s is %v (%v)", w.Name, got, err)
		}
	}
	if got, err := entra.CloudOf(""); err != nil || got != want[0] {
		t.Errorf("by default it is %v (%v)", got, err)
	}
	for name, want := range map[string]string{
		"china":    "Microsoft does not offer the Management Activity API in the cloud that 21Vianet operates",
		"21Vianet": "Microsoft does not offer the Management Activity API",
		"germany":  `cloud "germany" is not known: choose from commercial, gcc, gcc-high, dod`,
	} {
		if _, err := entra.CloudOf(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// edge stands before a simulated cloud under the names of a real one, with a certificate for them.
type edge struct {
	hosts     []string
	addr      string
	transport *http.Transport

	mu   sync.Mutex
	seen map[string]string // "METHOD host/path": the scope that the request asked for
	// assertion is the last one that came.
	assertion string
}

func standBefore(t *testing.T, cloud *cloudsim.Cloud, hosts ...string) *edge {
	t.Helper()
	e := &edge{hosts: hosts, seen: map[string]string{}}
	to, err := url.Parse(cloud.URL())
	if err != nil {
		t.Fatal(err)
	}
	behind := &httputil.ReverseProxy{Transport: trusting(cloud), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.note(r)
		behind.ServeHTTP(w, r)
	}))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "edge"}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	key := keys()[2]
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	e.addr = server.Listener.Addr().String()
	e.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DialContext: e.dial}
	return e
}

// dial reaches the edge under its names and nothing else.
func (e *edge) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(address); err != nil || port != "443" || !slices.Contains(e.hosts, host) {
		return nil, fmt.Errorf("%s is no host of this cloud", address)
	}
	return new(net.Dialer).DialContext(ctx, network, e.addr)
}

func (e *edge) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	scope, _, _ := strings.Cut(form.Get("scope"), " ")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen[r.Method+" "+r.Host+r.URL.Path] = scope
	e.assertion = form.Get("client_assertion")
}

func TestACredentialOfEachCloudAsksThatCloudsHosts(t *testing.T) {
	own := pair(t, 0)
	file := write(t, "app.pem", own.certPEM()+own.keyPEM())
	for _, c := range entra.Clouds {
		t.Run(c.Name, func(t *testing.T) {
			cloud, _ := simulate(t, cloudsim.Config{Certificates: []*x509.Certificate{own.cert}, Resource: c.Endpoint})
			login, api := strings.Trim(strings.TrimPrefix(c.Authority, "https:"), "/"), strings.TrimPrefix(c.Endpoint, "https://")
			e := standBefore(t, cloud, login, api)
			logins := credential(t, entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: file,
				Authority: c.Authority, Transport: e.transport}, contoso)
			client, err := o365.New(o365.Config{Endpoint: c.Endpoint, Tenant: contoso, Credential: logins, Transport: e.transport})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Subscriptions(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{
				"GET " + login + "/common/discovery/instance":                               "",
				"GET " + login + "/" + contoso + "/v2.0/.well-known/openid-configuration":   "",
				"POST " + login + "/" + contoso + "/oauth2/v2.0/token":                      c.Scope,
				"GET " + api + "/api/v1.0/" + contoso + "/activity/feed/subscriptions/list": "",
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			if !maps.Equal(e.seen, want) {
				t.Errorf("asked %v, want %v", e.seen, want)
			}
		})
	}
}

func TestATokenOfAnotherCloudIsRefused(t *testing.T) {
	cloud, _ := simulate(t, cloudsim.Config{Resource: "https://manage.office365.us"})
	c := entra.Config{Kind: entra.Secret, ClientID: appID, Secret: cloudsim.DefaultClientSecret, Authority: cloud.URL(), Transport: trusting(cloud)}
	client, err := o365.New(o365.Config{Endpoint: cloud.URL(), Tenant: contoso, Credential: credential(t, c, contoso),
		Scope: "https://manage.office.com/.default", Transport: trusting(cloud)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Subscriptions(t.Context()); err == nil || !strings.Contains(err.Error(), "AADSTS500011") {
		t.Errorf("%v", err)
	}
}

func TestAnIdentityOfAGovernmentsCloudIsExchangedThere(t *testing.T) {
	cloud, machine := simulate(t, cloudsim.Config{Resource: "https://manage.office365.us"})
	const login = "login.microsoftonline.us"
	e := standBefore(t, cloud, login)
	c := entra.Config{Kind: entra.ManagedIdentity, ClientID: appID, IdentityID: machine.user, Local: toMachine(machine.Addr),
		Authority: "https://" + login + "/", Transport: e.transport}
	accepted(t, cloud, contoso, credential(t, c, contoso))
}

func TestACertificateIsSentWithItsChain(t *testing.T) {
	own, issuer := pair(t, 0), pair(t, 1)
	cloud, _ := simulate(t, cloudsim.Config{Certificates: []*x509.Certificate{own.cert}})
	e := standBefore(t, cloud, "login.microsoftonline.com")
	c := credential(t, entra.Config{Kind: entra.Certificate, ClientID: appID, Transport: e.transport,
		CertificateFile: write(t, "app.pem", issuer.certPEM()+own.certPEM()+own.keyPEM())}, contoso)
	accepted(t, cloud, contoso, c)
	e.mu.Lock()
	defer e.mu.Unlock()
	token, _, err := jwt.NewParser().ParseUnverified(e.assertion, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	encoded := base64.StdEncoding.EncodeToString
	if want := []any{encoded(own.cert.Raw), encoded(issuer.cert.Raw)}; !reflect.DeepEqual(token.Header["x5c"], want) {
		t.Errorf("x5c is %v, want the app's own and its issuer's", token.Header["x5c"])
	}
}
