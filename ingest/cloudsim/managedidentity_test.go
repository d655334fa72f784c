package cloudsim

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	systemID = "44444444-aaaa-4bbb-8ccc-000000000004"
	userID   = "55555555-aaaa-4bbb-8ccc-000000000005"
)

// machine is a simulated machine of contoso's with a system-assigned and a user-assigned identity.
func machine(t *testing.T) (*client, *IdentityEndpoint) {
	t.Helper()
	c := start(t, Config{Identities: []Identity{{ClientID: userID, Tenant: contoso}, {ClientID: systemID, Tenant: contoso, System: true}}})
	e, err := c.cloud.StartIdentity("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return c, e
}

// ask sends a request of a managed identity's client and gives the status and the values of the answer.
func ask(t *testing.T, address string, query url.Values, header http.Header) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &values); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return resp.StatusCode, values
}

func TestAManagedIdentityGetsTokensOfItsOwnTenant(t *testing.T) {
	c, e := machine(t)
	metadata := "http://" + e.Addr + "/metadata/identity/oauth2/token"
	vm, app := http.Header{"Metadata": {"true"}}, http.Header{"X-Identity-Header": {e.Header}}
	const vmVersion, appVersion = "2018-02-01", "2019-08-01"
	for _, test := range []struct {
		name, address, version, client, resource string
		header                                   http.Header
		status                                   int
		reason                                   string
	}{
		{"virtual machine, system-assigned", metadata, vmVersion, "", manageResource, vm, 200, ""},
		{"virtual machine, user-assigned", metadata, vmVersion, userID, manageResource, vm, 200, ""},
		{"virtual machine, without its header", metadata, vmVersion, "", manageResource, nil, 400, "metadata header"},
		{"virtual machine, another version", metadata, "2017-01-01", "", manageResource, vm, 400, "api-version"},
		{"virtual machine, unknown identity", metadata, vmVersion, publisher, manageResource, vm, 400, "Identity not found"},
		{"virtual machine, unknown resource", metadata, vmVersion, "", "https://nothing.example", vm, 400, "AADSTS500011"},
		{"App Service, system-assigned", e.AppService(), appVersion, "", manageResource, app, 200, ""},
		{"App Service, user-assigned", e.AppService(), appVersion, userID, manageResource, app, 200, ""},
		{"App Service, without its header", e.AppService(), appVersion, "", manageResource, nil, 401, ""},
		{"App Service, another version", e.AppService(), vmVersion, "", manageResource, app, 400, "api-version"},
		{"App Service, unknown identity", e.AppService(), appVersion, publisher, manageResource, app, 400, "No User Assigned"},
	} {
		t.Run(test.name, func(t *testing.T) {
			query := url.Values{"api-version": {test.version}, "resource": {test.resource}}
			if test.client != "" {
				query.Set("client_id", test.client)
			}
			status, values := ask(t, test.address, query, test.header)
			text, _ := json.Marshal(values)
			if status != test.status || !strings.Contains(string(text), test.reason) {
				t.Fatalf("%d %s", status, text)
			}
			if status != http.StatusOK {
				return
			}
			if want := cmp.Or(test.client, systemID); values["client_id"] != want {
				t.Errorf("it is the token of %v, want %s", values["client_id"], want)
			}
			c.token = values["access_token"].(string)
			if got := c.get("subscriptions/list"); got.status != http.StatusOK || values["expires_on"] == "" {
				t.Errorf("%d %s, %s", got.status, got.body, text)
			}
		})
	}
}

func TestAnAppTrustsTheMachinesIdentities(t *testing.T) {
	c, e := machine(t)
	_, values := ask(t, e.AppService(), url.Values{"api-version": {"2019-08-01"}, "client_id": {userID},
		"resource": {"api://AzureADTokenExchange"}}, http.Header{"X-Identity-Header": {e.Header}})
	c.presents(t, values["access_token"].(string), 0)
	impostor, err := c.cloud.FederatedToken(Identity{ClientID: userID, Tenant: contoso}.principal().objectID())
	if err != nil {
		t.Fatal(err)
	}
	c.presents(t, impostor, 700213)
	other := start(t, Config{}) // another cloud's issuer
	other.presents(t, values["access_token"].(string), 700211)
}
