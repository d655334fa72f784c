package entra_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
)

const (
	contoso  = "11111111-aaaa-4bbb-8ccc-000000000001"
	fabrikam = "22222222-aaaa-4bbb-8ccc-000000000002"
	appID    = cloudsim.DefaultClientID
)

// clean takes from the environment what changes how the libraries log in, so that the host's does not reach a test.
func clean(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH",
		"AZURE_AUTHORITY_HOST", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_REGIONAL_AUTHORITY_NAME", "AZURE_POD_IDENTITY_AUTHORITY_HOST",
		"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT",
		"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "")
	}
}

// machine is a machine of contoso's with a system-assigned and a user-assigned identity. The library keeps the tokens of
// managed identities for the life of the process, so that each machine's user-assigned one is another.
type machine struct {
	*cloudsim.IdentityEndpoint
	user string
}

// simulate starts a simulated cloud with two tenants that are subscribed to something, and a machine in it.
func simulate(t *testing.T, cfg cloudsim.Config) (*cloudsim.Cloud, machine) {
	t.Helper()
	clean(t)
	enabled := []string{"Audit.General"}
	cfg.Tenants = []cloudsim.Tenant{{ID: contoso, Domain: "contoso.example", Enabled: enabled}, {ID: fabrikam, Domain: "fabrikam.example", Enabled: enabled}}
	user := uuid.NewString()
	cfg.Identities = []cloudsim.Identity{{ClientID: uuid.NewString(), Tenant: contoso, System: true}, {ClientID: user, Tenant: contoso}}
	cloud, err := cloudsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	endpoint, err := cloud.StartIdentity("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endpoint.Close() })
	return cloud, machine{endpoint, user}
}

func trusting(cloud *cloudsim.Cloud) *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.CertPool()}}
}

// toMachine is a transport that finds a machine's endpoint where virtual machines have it.
func toMachine(addr string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "169.254.169.254:80" {
			address = addr
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// credential gives a tenant's credential.
func credential(t *testing.T, c entra.Config, tenant string) azcore.TokenCredential {
	t.Helper()
	logins, err := entra.New(c)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := logins(tenant)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// accepted wants the API to answer who carries the credential's token.
func accepted(t *testing.T, cloud *cloudsim.Cloud, tenant string, credential azcore.TokenCredential) {
	t.Helper()
	if err := use(t, cloud, tenant, credential); err != nil {
		t.Fatal(err)
	}
}

// use asks the API of a simulated cloud for something that takes a token.
func use(t *testing.T, cloud *cloudsim.Cloud, tenant string, credential azcore.TokenCredential) error {
	t.Helper()
	client, err := o365.New(o365.Config{Endpoint: cloud.URL(), Tenant: tenant, Credential: credential, Transport: trusting(cloud)})
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.Subscriptions(t.Context())
	if err == nil && len(all) != 1 {
		t.Errorf("subscriptions %v", all)
	}
	return err
}

// refused gives the text of the error of a credential that gets no token.
func refused(t *testing.T, cloud *cloudsim.Cloud, credential azcore.TokenCredential) string {
	t.Helper()
	_, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.URL() + "/.default"}})
	if err == nil {
		t.Fatal("it got a token")
	}
	return err.Error()
}

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// keys are made once: that takes a good part of a second each.
var keys = sync.OnceValue(func() (all [3]*rsa.PrivateKey) {
	for i := range all {
		all[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return all
})

// pair gives a certificate of the i-th key that is valid for a year.
func pair(t *testing.T, i int) identity { return pairUntil(t, i, time.Now().AddDate(1, 0, 0)) }

func pairUntil(t *testing.T, i int, until time.Time) identity {
	t.Helper()
	key := keys()[i]
	template := &x509.Certificate{SerialNumber: big.NewInt(int64(i)), Subject: pkix.Name{CommonName: "ualstream"},
		NotBefore: until.AddDate(-2, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identity{cert, key}
}

func (i identity) certPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}))
}

func (i identity) keyPEM() string {
	der, _ := x509.MarshalPKCS8PrivateKey(i.key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// write puts text into a file of the test's own and gives its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// away is a transport by which nobody is reached.
type away struct{}

func (away) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nobody is reached")
}
