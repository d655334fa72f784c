// Package entra logs in at Microsoft Entra ID: it gives, for any tenant, the credential by which tokens are got there.
//
// It takes what says who logs in and what proves it (a certificate, a secret, a managed identity, a federated token or
// the Azure CLI), and gives credentials of azidentity whose errors are one line and whose proofs are read again when
// their files change. It must not know what the tokens are for, nor the command line; it logs no token, secret,
// assertion or password, and puts none into an error.
//
// Across tenants: an app registration that is multi-tenant logs in at each tenant that consented to it, whether a
// certificate, a secret or a federated token proves it. A managed identity gets tokens of its own tenant only, unless
// it is what proves such an app. The Azure CLI gets tokens of the tenants that 'az login' was done for.
package entra

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// Kind is a way to log in.
type Kind string

// The kinds of credential.
const (
	Certificate      Kind = "certificate"
	ManagedIdentity  Kind = "managed-identity"
	WorkloadIdentity Kind = "workload-identity"
	Secret           Kind = "secret"
	AzureCLI         Kind = "azure-cli"
)

// Kinds lists the kinds, the ones to prefer first.
var Kinds = []Kind{Certificate, ManagedIdentity, WorkloadIdentity, Secret, AzureCLI}

// Config says who logs in, where, and what proves it. Each kind uses only what is said to be its own.
type Config struct {
	Kind      Kind
	Authority string // login host, https://HOST or https://HOST/; default the commercial cloud's. Not for AzureCLI
	// ClientID is the app registration's. With ManagedIdentity it is the user-assigned identity's, or "" for the
	// system-assigned one, unless IdentityID is given. Not for AzureCLI.
	ClientID string

	// CertificateFile holds the certificate and its RSA key: PEM, with the key not encrypted, or PFX. Further
	// certificates in it are sent as its chain.
	CertificateFile string
	PasswordFile    string // holds the PFX's password
	Password        string // the PFX's password where no PasswordFile is given

	// IdentityID is the client ID of a user-assigned managed identity that proves the app of ClientID: its federated
	// credential names the identity. With ManagedIdentity only.
	IdentityID string

	TokenFile string // WorkloadIdentity: holds the federated token, as Kubernetes writes it

	SecretFile string // holds the client secret
	Secret     string // the client secret where no SecretFile is given

	Transport http.RoundTripper // to the login host; nil is Go's own
	Local     http.RoundTripper // to a managed identity's endpoint on this machine; nil goes there without any proxy
	Logger    *slog.Logger      // what became of the files, and a certificate that expires soon; nil is none
}

// New checks a configuration, as far as that goes without a login, and gives what makes a tenant's credential. The
// credentials cache their tokens and may be used by any number of goroutines at once.
func New(c Config) (func(tenant string) (azcore.TokenCredential, error), error) {
	if c.Authority == "" {
		c.Authority = Clouds[0].Authority
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.ClientID == "" && c.Kind != ManagedIdentity && c.Kind != AzureCLI {
		return nil, fmt.Errorf("credential %s: no client ID: name the app registration that logs in", c.Kind)
	}
	switch c.Kind {
	case Certificate, Secret:
		return c.proven()
	case ManagedIdentity:
		return c.managedIdentity()
	case WorkloadIdentity:
		return c.workloadIdentity()
	case AzureCLI:
		return azureCLI, nil
	default:
		return nil, fmt.Errorf("credential %q is not known: choose from %s", c.Kind, kindNames())
	}
}

func kindNames() string {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// loginTimeout is how long one request to the login host may take, so that one that hangs is tried again.
const loginTimeout = time.Minute

// options are those of azidentity for the login host.
func (c Config) options() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.Authority},
		Transport: clientOf(c.Transport),
	}
}

// clientOf follows no redirect: none is expected, and one would carry what proves the app to another host.
func clientOf(transport http.RoundTripper) *http.Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: transport, Timeout: loginTimeout, CheckRedirect: stay}
}
