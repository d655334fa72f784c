package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
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
		return terse{credential, clientID}, nil
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

// terse is a credential whose errors fit a log line. The library's are pages: the whole response, with rulers.
type terse struct {
	azcore.TokenCredential
	clientID string
}

// GetToken gives a token, or an error that says in the login service's own words what is wrong.
func (t terse) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := t.TokenCredential.GetToken(ctx, o)
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return token, fmt.Errorf("log in as app %s: %s", t.clientID, loginReason(failed))
	}
	return token, err
}

// loginReason gives the reason that the login service's answer states (RFC 6749 section 5.2), without the numbers
// by which Microsoft traces the request, or what kept the answer away.
func loginReason(failed *azidentity.AuthenticationFailedError) string {
	text := failed.Error()
	if failed.RawResponse == nil {
		text, _, _ = strings.Cut(text, "To troubleshoot, visit")
		return oneLine(text)
	}
	var answer struct {
		Description string `json:"error_description"`
	}
	body, _ := io.ReadAll(io.LimitReader(failed.RawResponse.Body, 64<<10)) // the library has read it and keeps it
	if json.Unmarshal(body, &answer) != nil || answer.Description == "" {
		return "the login service answers " + failed.RawResponse.Status
	}
	text, _, _ = strings.Cut(answer.Description, "Trace ID:")
	return oneLine(text)
}

func oneLine(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), " .")
}
