package worker

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// ClientSecret gives, for any tenant, a credential of one app registration that proves itself with a secret.
// authority is the login host, e.g. https://login.microsoftonline.com/.
func ClientSecret(authority, clientID, secret string, transport http.RoundTripper) func(tenant string) (azcore.TokenCredential, error) {
	return func(tenant string) (azcore.TokenCredential, error) {
		options := &azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: !isMicrosoft(authority)}
		options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: authority}
		if transport != nil {
			options.Transport = &http.Client{Transport: transport}
		}
		credential, err := azidentity.NewClientSecretCredential(tenant, clientID, secret, options)
		if err != nil {
			return nil, fmt.Errorf("credential of app %s: %w", clientID, err)
		}
		return credential, nil
	}
}

// isMicrosoft says whether an authority is one that Microsoft's instance discovery knows; a private or a simulated
// one is taken at its word.
func isMicrosoft(authority string) bool {
	u, err := url.Parse(authority)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return host == "login.microsoftonline.com" || host == "login.microsoftonline.us" || host == "login.windows.net"
}
