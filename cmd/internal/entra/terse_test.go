package entra_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
)

// troubles gives the credentials that get no token, by the words that must say why.
func troubles(t *testing.T, cloud *cloudsim.Cloud, machine machine) map[string]entra.Config {
	t.Helper()
	stranger, err := cloud.FederatedToken("system:serviceaccount:default:default")
	if err != nil {
		t.Fatal(err)
	}
	other := pair(t, 1)
	broken := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerDiscovery(w, r)
			return
		}
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"opaque`)
	}))
	quoting := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerDiscovery(w, r)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error_description":"AADSTS50013: cannot take eyJhbGciOiJub25lIn0.eyJvaWQiOiJtZSJ9.c2VjcmV0, sorry"}`)
	}))
	proxy := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>\n<p>Who are you?", http.StatusForbidden)
	}))
	t.Cleanup(func() { broken.Close(); quoting.Close(); proxy.Close() })
	nobody := &http.Transport{DialContext: toMachine("127.0.0.1:1").DialContext}
	return map[string]entra.Config{
		"AADSTS7000215":      {Kind: entra.Secret, ClientID: appID, Secret: "hunter2"},
		"AADSTS700016":       {Kind: entra.Secret, ClientID: fabrikam, Secret: "hunter2"},
		"403 Forbidden":      {Kind: entra.Secret, ClientID: appID, Secret: "hunter2", Authority: proxy.URL, Transport: proxy.Client().Transport},
		"json decode error":  {Kind: entra.Secret, ClientID: appID, Secret: "hunter2", Authority: broken.URL, Transport: broken.Client().Transport},
		"cannot take …, sor": {Kind: entra.Secret, ClientID: appID, Secret: "hunter2", Authority: quoting.URL, Transport: quoting.Client().Transport},
		"AADSTS700027":       {Kind: entra.Certificate, ClientID: appID, CertificateFile: write(t, "other.pem", other.certPEM()+other.keyPEM())},
		"AADSTS700213":       {Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: write(t, "token", stranger)},
		"Identity not":       {Kind: entra.ManagedIdentity, ClientID: fabrikam, Local: toMachine(machine.Addr)},
		"no managed":         {Kind: entra.ManagedIdentity, Local: nobody},
		"AADSTS7000215: Inv": {Kind: entra.AzureCLI},
	}
}

func TestAFailedLoginIsOneLineThatSaysWhyAndHoldsNoSecret(t *testing.T) {
	cloud, machine := simulate(t, cloudsim.Config{})
	installAZ(t, cloud, "hunter2")
	var log logs
	for want, c := range troubles(t, cloud, machine) {
		t.Run(want, func(t *testing.T) {
			if c.Transport == nil {
				c.Authority, c.Transport = cloud.URL(), trusting(cloud)
			}
			c.Logger = log.logger()
			text := refused(t, cloud, credential(t, c, contoso))
			if !strings.Contains(text, want) || !strings.HasPrefix(text, "log in as ") {
				t.Errorf("got %s", text)
			}
			for _, never := range []string{"\n", "hunter2", "eyJ", "c2VjcmV0", "opaque", "Trace ID", "aka.ms", "RESPONSE", "---"} {
				if strings.Contains(text, never) {
					t.Errorf("%q holds %q", text, never)
				}
			}
			if text := log.take(); text != "" {
				t.Errorf("what it returns is logged, too: %s", text)
			}
		})
	}
	t.Run("unknown tenant", func(t *testing.T) {
		c := entra.Config{Kind: entra.Secret, ClientID: appID, Secret: "hunter2", Authority: cloud.URL(), Transport: trusting(cloud)}
		if text := refused(t, cloud, credential(t, c, appID)); !strings.Contains(text, "AADSTS90002") {
			t.Errorf("got %s", text)
		}
	})
}

func TestALoginFollowsNoRedirect(t *testing.T) {
	clean(t)
	foreign := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s went to a foreign host", r.Method, r.URL)
	}))
	login := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Redirect(w, r, foreign.URL, http.StatusTemporaryRedirect)
			return
		}
		answerDiscovery(w, r)
	}))
	t.Cleanup(func() { login.Close(); foreign.Close() })
	c := credential(t, entra.Config{Kind: entra.Secret, ClientID: appID, Secret: "hunter2", Authority: login.URL, Transport: login.Client().Transport}, contoso)
	_, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://manage.office.com/.default"}})
	if err == nil || !strings.Contains(err.Error(), "answers 307 Temporary Redirect") {
		t.Errorf("%v", err)
	}
}

// answerDiscovery answers what MSAL asks before it logs in at contoso.
func answerDiscovery(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `{"issuer":"https://%[1]s/%[2]s/v2.0","authorization_endpoint":"https://%[1]s/a","token_endpoint":"https://%[1]s/t"}`, r.Host, contoso)
}
