package worker_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
)

func TestFailedLoginIsOneLineThatSaysWhyAndHoldsNoSecret(t *testing.T) {
	const stranger, secret = "99999999-2222-3333-4444-555555555555", "hunter2"
	cloud := startCloud(t)
	proxy := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>\n<p>Who are you?", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	for _, test := range []struct {
		name, authority, tenant, client string
		transport                       http.RoundTripper
		want                            string
	}{
		{"wrong secret", cloud.URL(), cloudsim.DefaultTenant, cloudsim.DefaultClientID, transport(cloud), "AADSTS7000215"},
		{"unknown app", cloud.URL(), cloudsim.DefaultTenant, stranger, transport(cloud), "AADSTS700016"},
		{"unknown tenant", cloud.URL(), stranger, cloudsim.DefaultClientID, transport(cloud), "AADSTS90002"},
		{"a proxy's page", proxy.URL, cloudsim.DefaultTenant, cloudsim.DefaultClientID, proxy.Client().Transport, "403 Forbidden"},
	} {
		t.Run(test.name, func(t *testing.T) {
			credential, err := worker.ClientSecret(test.authority+"/", test.client, secret, test.transport)(test.tenant)
			if err != nil {
				t.Fatal(err)
			}
			_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.URL() + "/.default"}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			for _, never := range []string{"\n", secret, "Trace ID", "aka.ms", "RESPONSE"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q holds %q", err, never)
				}
			}
		})
	}
}
