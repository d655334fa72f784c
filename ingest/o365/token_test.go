package o365

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// expired is a credential whose secret is, until it is well again.
type expired struct {
	asked atomic.Int32
	well  atomic.Bool
}

func (c *expired) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked.Add(1)
	if !c.well.Load() {
		return azcore.AccessToken{}, errors.New("the secret has expired")
	}
	return azcore.AccessToken{Token: secret}, nil
}

func TestALoginThatFailsIsNotRepeatedForEachBlob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := &expired{}
		tokens := tokens{cred: cred, scope: "s"}
		for range 1000 {
			if _, err := tokens.current(t.Context()); err == nil {
				t.Fatal("a token without a login")
			}
			if _, err := tokens.renew(t.Context()); err == nil {
				t.Fatal("a token without a login")
			}
		}
		if n := cred.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		cred.well.Store(true)
		<-time.After(loginRest)
		if token, err := tokens.current(t.Context()); err != nil || token != secret {
			t.Errorf("token %q, error %v", token, err)
		}
	})
}
