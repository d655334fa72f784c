package entra

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// managedIdentity logs in as a managed identity of this machine, or as an app that one proves.
func (c Config) managedIdentity() (func(tenant string) (azcore.TokenCredential, error), error) {
	id := c.ClientID
	if c.IdentityID != "" {
		id = c.IdentityID
	}
	if c.IdentityID != "" && c.ClientID == "" {
		return nil, fmt.Errorf("managed identity %s: no client ID: name the app registration that it proves", id)
	}
	identity, err := c.identity(id)
	if err != nil {
		return nil, fmt.Errorf("managed identity: %w", err)
	}
	if c.IdentityID == "" {
		return func(tenant string) (azcore.TokenCredential, error) {
			return terse{ownTenant{identity, tenant}, "managed identity " + id}, nil
		}, nil
	}
	scope := exchange(c.Authority) + "/.default"
	return c.asserted(func(ctx context.Context) (string, error) {
		token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		return token.Token, err
	}), nil
}

// identity gives azidentity's credential of the user-assigned managed identity of that client ID, or of the
// system-assigned one for "".
func (c Config) identity(id string) (azcore.TokenCredential, error) {
	transport := c.Local
	if transport == nil {
		transport = direct()
	}
	options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: azcore.ClientOptions{
		Transport: clientOf(transport),
		Retry:     policy.RetryOptions{MaxRetries: 2, RetryDelay: 300 * time.Millisecond},
	}}
	if id != "" {
		options.ID = azidentity.ClientID(id)
	}
	credential, err := azidentity.NewManagedIdentityCredential(options)
	return local{credential}, err
}

// local is a managed identity whose error says what it means that nothing answered.
type local struct{ azcore.TokenCredential }

// GetToken gives a token of the identity's own tenant.
func (l local) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := l.TokenCredential.GetToken(ctx, o)
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse == nil {
		err = fmt.Errorf("no managed identity answers on this machine, as those of Azure do that have one: %s", loginReason(err))
	}
	return token, err
}

// direct is Go's own transport, but for an endpoint on this machine or its link: no proxy reaches that, and where
// nothing answers within seconds, nothing will.
func direct() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DialContext = (&net.Dialer{Timeout: 3 * time.Second}).DialContext
	return t
}

// asserted gives, for any tenant, the credential of an app that an assertion of somebody proves whom it trusts.
func (c Config) asserted(assertion func(context.Context) (string, error)) func(tenant string) (azcore.TokenCredential, error) {
	return func(tenant string) (azcore.TokenCredential, error) {
		credential, err := azidentity.NewClientAssertionCredential(tenant, c.ClientID, assertion, &azidentity.ClientAssertionCredentialOptions{
			ClientOptions: c.options(), DisableInstanceDiscovery: !isMicrosoft(c.Authority),
		})
		if err != nil {
			return nil, fmt.Errorf("credential of app %s: %w", c.ClientID, err)
		}
		return terse{credential, "app " + c.ClientID}, nil
	}
}

// ownTenant is a managed identity as a tenant's credential. It gets tokens of its own tenant whichever is asked for,
// and the API would answer them with what names no cause.
type ownTenant struct {
	azcore.TokenCredential
	tenant string
}

// GetToken gives a token of the tenant, or an error where the identity is another tenant's.
func (o ownTenant) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := o.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return token, err
	}
	if home := tenantOf(token.Token); home != "" && !strings.EqualFold(home, o.tenant) {
		return azcore.AccessToken{}, fmt.Errorf("it belongs to tenant %s and gets no tokens of tenant %s: use a multi-tenant app that it proves, "+
			"or that a certificate proves", home, o.tenant)
	}
	return token, nil
}

// tenantOf gives the tenant that a token names, or "". A token is opaque to who carries it: this serves to say why it
// will be refused, and what it cannot read passes.
func tenantOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Tenant string `json:"tid"`
	}
	_ = json.Unmarshal(text, &claims) // what it cannot read passes
	return claims.Tenant
}

// workloadIdentity logs in as an app that a federated token proves. The file is read for each login: Kubernetes
// replaces it well before the token in it expires.
func (c Config) workloadIdentity() (func(tenant string) (azcore.TokenCredential, error), error) {
	if _, err := c.federatedToken(context.Background()); err != nil {
		return nil, err
	}
	return c.asserted(c.federatedToken), nil
}

func (c Config) federatedToken(context.Context) (string, error) {
	text, err := readFile("the federated token", c.TokenFile)
	if err != nil {
		return "", err
	}
	token := strings.Trim(text, blank)
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("read the federated token: %s holds no token: it must be a projected service account token, or that of another "+
			"OpenID Connect issuer that the app trusts", c.TokenFile)
	}
	return token, nil
}
