package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
)

// askWithin is how long each of Microsoft's services may take to answer. The clients ask again all that time.
const askWithin = 8 * time.Second

// Microsoft is how Microsoft's side is reached, and who logs in there.
type Microsoft struct {
	Cloud      string       // its name in entra.Clouds, as it was chosen
	Endpoint   string       // of the Management Activity API
	Authority  string       // login host
	Publisher  string       // PublisherIdentifier; "" leaves the choice to the client
	Login      entra.Config // who logs in, and what proves it
	Credential func(tenant string) (azcore.TokenCredential, error)
	Transport  http.RoundTripper // nil is Go's own
}

// Answers is what Microsoft's side said for one tenant.
type Answers struct {
	Home    Home
	HomeErr error // ErrNoTenant, or what kept the answer away

	Expires  time.Time // when what proves the app ends; zero where that is not known
	ProofErr error     // why what proves the app cannot be read

	Claims    Claims
	ClaimsErr error // why the token's claims cannot be read
	LoginErr  error // why there is no token

	Subscriptions []o365.Subscription
	FeedErr       error         // why there are no subscriptions to tell of
	Skew          time.Duration // how far Microsoft's clock is ahead of ours
	Throttled     bool          // some answer was that there are too many requests
	Quota         *status.Quota // what a worker uses of the quota; nil where none tells
}

// Visitor asks Microsoft's side for one tenant, one thing at a time.
type Visitor struct {
	m          Microsoft
	tenant     string
	credential azcore.TokenCredential
	client     *o365.Client
	witness    *witness
}

// Visit makes a visitor. It does no I/O.
func (m Microsoft) Visit(tenant string) (*Visitor, error) {
	credential, err := m.Credential(tenant)
	if err != nil {
		return nil, err
	}
	w := &witness{next: m.Transport}
	if w.next == nil {
		w.next = http.DefaultTransport
	}
	client, err := o365.New(o365.Config{
		Endpoint: m.Endpoint, Tenant: tenant, Publisher: m.Publisher, Credential: credential, Transport: w, Quota: w,
	})
	if err != nil {
		return nil, err
	}
	return &Visitor{m, tenant, credential, client, w}, nil
}

// Ask asks for everything that needs no change, one thing after the other, as far as each is possible.
func (v *Visitor) Ask(ctx context.Context) (a Answers) {
	a.Expires, a.ProofErr = entra.Expires(v.m.Login)
	a.Home, a.HomeErr = v.home(ctx)
	if a.HomeErr != nil && !errors.Is(a.HomeErr, ErrNoTenant) && v.m.logsInThere() {
		a.LoginErr = a.HomeErr // a login would ask the same host the same, again and again
		return a
	}
	token, err := v.token(ctx)
	if a.LoginErr = err; err != nil {
		return a
	}
	a.Claims, a.ClaimsErr = ParseClaims(token)
	a.Subscriptions, a.FeedErr = v.Subscriptions(ctx)
	a.Skew, a.Throttled = v.client.Skew(), v.witness.throttled.Load()
	return a
}

// logsInThere says whether it is the login service that gives the tokens, and not this machine.
func (m Microsoft) logsInThere() bool {
	return m.Login.Kind != entra.AzureCLI && (m.Login.Kind != entra.ManagedIdentity || m.Login.IdentityID != "")
}

func (v *Visitor) home(ctx context.Context) (Home, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return FindHome(ctx, v.m.Transport, v.m.Authority, v.tenant)
}

func (v *Visitor) token(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	token, err := v.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{strings.TrimSuffix(v.m.Endpoint, "/") + "/.default"}})
	return token.Token, err
}

// Subscriptions lists the subscriptions that exist.
func (v *Visitor) Subscriptions(ctx context.Context) (list []o365.Subscription, err error) {
	err = v.call(ctx, func(ctx context.Context) error {
		list, err = v.client.Subscriptions(ctx)
		return err
	})
	return list, err
}

// Start starts a subscription.
func (v *Visitor) Start(ctx context.Context, contentType string) error {
	return v.call(ctx, func(ctx context.Context) error { return v.client.Start(ctx, contentType) })
}

// Stop stops a subscription.
func (v *Visitor) Stop(ctx context.Context, contentType string) error {
	return v.call(ctx, func(ctx context.Context) error { return v.client.Stop(ctx, contentType) })
}

// errSilent is the error of a service that gave no answer in time.
var errSilent = fmt.Errorf("no answer within %s", askWithin)

// call bounds a call of the client, which repeats what passes by itself for ever, and says what it met meanwhile.
func (v *Visitor) call(ctx context.Context, do func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	v.witness.begin(cancel)
	err := do(within)
	if err == nil || ctx.Err() != nil || within.Err() == nil {
		return err
	}
	if v.witness.refused() {
		return errThrottled
	}
	if met := v.witness.met(); met != "" {
		return fmt.Errorf("%w, only %s", errSilent, met)
	}
	return errSilent
}

var errThrottled = errors.New("too many requests (AF429)")
