package o365

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// renewEvery is how often a token that is refused is renewed at most. Where each of a hundred thousand blobs is
// answered with 401, the login service must not be asked as often.
const renewEvery = 30 * time.Second

// loginRest is how long a login that failed is not repeated, while all who ask are told of that failure. Where the secret
// has expired, the login service must not be asked for each blob.
const loginRest = 2 * time.Second

// tokens gives the token for each request. The credential caches it.
type tokens struct {
	cred  azcore.TokenCredential
	scope string

	mu      sync.Mutex
	renewed time.Time

	rest    sync.Mutex
	refused error // of the last login, where that failed
	until   time.Time
}

// current gives the token that the credential has.
func (t *tokens) current(ctx context.Context) (string, error) { return t.get(ctx, "") }

func (t *tokens) get(ctx context.Context, claims string) (string, error) {
	if err := t.resting(); err != nil {
		return "", err
	}
	token, err := t.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.scope}, Claims: claims})
	if err == nil {
		return token.Token, nil
	}
	err = fmt.Errorf("token for %s: %w", t.scope, err)
	if ctx.Err() == nil {
		t.rest.Lock()
		defer t.rest.Unlock()
		t.refused, t.until = err, time.Now().Add(loginRest)
	}
	return "", err
}

// resting gives the failure of a login that is not to be repeated yet.
func (t *tokens) resting() error {
	t.rest.Lock()
	defer t.rest.Unlock()
	if time.Now().Before(t.until) {
		return t.refused
	}
	return nil
}

// renew gives a token in place of one that was refused: a new one, or that which another caller has just got.
func (t *tokens) renew(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.renewed) < renewEvery {
		return t.current(ctx)
	}
	// A request for claims passes by the credential's cache. This one asks for nothing that a new token does not
	// have: that it is valid from now on.
	token, err := t.get(ctx, fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, now.Unix()))
	if err == nil {
		t.renewed = now
	}
	return token, err
}
