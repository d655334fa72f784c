package entra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// terse is a credential whose errors fit a log line. The library's are pages: the whole response, with rulers.
type terse struct {
	azcore.TokenCredential
	who string
}

// GetToken gives a token, or an error that says in the login service's own words what is wrong.
func (t terse) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := t.TokenCredential.GetToken(ctx, o)
	if err == nil {
		return token, nil
	}
	if ctx.Err() != nil {
		return token, fmt.Errorf("log in as %s: %w", t.who, ctx.Err())
	}
	return token, fmt.Errorf("log in as %s: %s", strings.TrimSpace(t.who), loginReason(err))
}

// loginReason gives the reason that the login service's answer states, without the numbers by which Microsoft traces
// the request, or what kept the answer away.
func loginReason(err error) string {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return oneLine(err.Error())
	}
	// RFC 6749 section 5.2, and App Service's answer for a managed identity.
	var answer struct {
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	body, err := runtime.Payload(failed.RawResponse) // the library has read it and keeps it
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Description+answer.Message == "" {
		return "the login service answers " + failed.RawResponse.Status
	}
	return oneLine(answer.Description + answer.Message)
}

// These begin what is not worth a line, or may hold a token: the library quotes an answer that it cannot read.
var chaff = []string{"Trace ID:", "To troubleshoot, visit", "json message bytes were", "raw message was"}

// jsonWebToken is how every JSON object begins in base64, and so every token and assertion.
var jsonWebToken = regexp.MustCompile(`eyJ[\w-]+(\.[\w-]*)*`)

// maxReason bounds a reason, in bytes.
const maxReason = 600

func oneLine(text string) string {
	for _, c := range chaff {
		text, _, _ = strings.Cut(text, c)
	}
	text = jsonWebToken.ReplaceAllString(text, "…")
	text = strings.TrimRight(strings.Join(strings.Fields(text), " "), " .")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}
