package entra

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// azureCLI logs in as who is logged in to the Azure CLI. For the Management Activity API that is best a service
// principal ('az login --service-principal'): Microsoft lets the CLI's own app ask for few APIs on a person's behalf.
func azureCLI(tenant string) (azcore.TokenCredential, error) {
	credential, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
	if err != nil {
		return nil, fmt.Errorf("credential of the Azure CLI: %w", err)
	}
	return terse{&kept{from: credential}, "who is logged in to the Azure CLI"}, nil
}

// keptUntil is how long before its end a token is no longer used.
const keptUntil = 5 * time.Minute

// kept keeps the tokens of a credential that does not: each of the Azure CLI's takes a new process.
type kept struct {
	from azcore.TokenCredential

	mu     sync.Mutex
	scopes string
	token  azcore.AccessToken
}

// GetToken gives the token that is kept, or a new one. Claims ask for a new one, but are not handed on: the Azure CLI
// would want a person to log in.
func (k *kept) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	scopes := strings.Join(o.Scopes, " ")
	if o.Claims == "" && k.scopes == scopes && time.Until(k.token.ExpiresOn) > keptUntil {
		return k.token, nil
	}
	o.Claims = ""
	token, err := k.from.GetToken(ctx, o)
	if err != nil {
		if strings.Contains(err.Error(), "executable not found") {
			err = errors.New("the program az is not on the PATH: install the Azure CLI and run 'az login', or choose another credential")
		}
		return azcore.AccessToken{}, err
	}
	k.scopes, k.token = scopes, token
	return token, nil
}
