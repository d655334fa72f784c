package entra

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// proof is what proves an app: a secret, or a certificate with its key.
type proof struct {
	file   string // it is from there; "" is from no file
	secret string
	chain  []*x509.Certificate // the key's own first
	key    *rsa.PrivateKey
}

// expires gives when a proof ends, or the zero time where that is not known.
func (p proof) expires() time.Time {
	if len(p.chain) == 0 {
		return time.Time{}
	}
	return p.chain[0].NotAfter
}

// valid says why a proof is of no use at a time. Clocks may be five minutes apart, as the login service grants.
func (p proof) valid(now time.Time) error {
	if len(p.chain) == 0 {
		return nil
	}
	own := p.chain[0]
	if now.After(own.NotAfter) {
		return fmt.Errorf("certificate file %s: the certificate expired on %s: upload a new one to the app registration, and put it with its key into the file",
			p.file, own.NotAfter.UTC().Format(time.DateOnly))
	}
	if now.Add(5 * time.Minute).Before(own.NotBefore) {
		return fmt.Errorf("certificate file %s: the certificate is not valid before %s: check this machine's clock, or wait",
			p.file, own.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

// proven logs in as an app that a secret or a certificate proves.
func (c Config) proven() (func(tenant string) (azcore.TokenCredential, error), error) {
	s := c.source()
	if _, _, err := s.get(); err != nil {
		return nil, err
	}
	return func(tenant string) (azcore.TokenCredential, error) {
		r := &rotating{source: s, build: func(p proof) (azcore.TokenCredential, error) { return c.credential(tenant, p) }}
		if _, err := r.credential(); err != nil {
			return nil, err
		}
		return terse{r, "app " + c.ClientID}, nil
	}, nil
}

// source gives where the proof is read from.
func (c Config) source() *source {
	if c.Kind == Certificate {
		return &source{read: c.readCertificate, parse: c.parseCertificate, log: c.Logger}
	}
	return &source{read: c.readSecret, parse: c.parseSecret, log: c.Logger}
}

func (c Config) readSecret() (content, error) {
	if c.SecretFile == "" {
		return content{text: c.Secret}, nil
	}
	text, err := readFile("the client secret", c.SecretFile)
	return content{text: strings.Trim(text, blank)}, err
}

func (c Config) parseSecret(from content) (proof, error) {
	if from.text == "" {
		return proof{}, errors.New("no client secret: name a file that holds it alone")
	}
	return proof{file: c.SecretFile, secret: from.text}, nil
}

// credential gives azidentity's credential for a tenant.
func (c Config) credential(tenant string, p proof) (azcore.TokenCredential, error) {
	discovery := !isMicrosoft(c.Authority)
	if p.key == nil {
		return azidentity.NewClientSecretCredential(tenant, c.ClientID, p.secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: c.options(), DisableInstanceDiscovery: discovery,
		})
	}
	// With the chain, an app may trust a certificate's subject and issuer in place of its thumbprint.
	return azidentity.NewClientCertificateCredential(tenant, c.ClientID, p.chain, p.key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: c.options(), DisableInstanceDiscovery: discovery, SendCertificateChain: true,
	})
}

// rotating is a tenant's credential that is made anew when what proves the app has changed.
type rotating struct {
	source *source
	build  func(proof) (azcore.TokenCredential, error)

	mu      sync.Mutex
	version int
	current azcore.TokenCredential
}

// GetToken gives a token by the proof that is in use now.
func (r *rotating) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	credential, err := r.credential()
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return credential.GetToken(ctx, o)
}

func (r *rotating) credential() (azcore.TokenCredential, error) {
	p, version, err := r.source.get()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if version > r.version {
		if r.current, err = r.build(p); err != nil {
			return nil, err
		}
		r.version = version
	}
	return r.current, nil
}
