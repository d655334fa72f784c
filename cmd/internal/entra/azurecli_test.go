package entra_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
)

// TestMain is the program az, too, where the test program is called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "az" {
		az(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// az does what 'az account get-access-token' does of a CLI that a service principal is logged in to: it logs in and
// prints the token. It adds a line to a file, by which a test counts its runs.
func az(args []string) {
	given := map[string]string{}
	for i := 0; i+1 < len(args); i++ {
		given[args[i]] = args[i+1]
	}
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "ERROR:", err)
		os.Exit(1)
	}
	runs, err := os.OpenFile(os.Getenv("TEST_AZ_RUNS"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fail(err)
	}
	fmt.Fprintln(runs, strings.Join(args, " "))
	runs.Close()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(os.Getenv("TEST_AZ_CA")))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	reply, err := client.PostForm(os.Getenv("TEST_AZ_LOGIN")+"/"+given["--tenant"]+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {os.Getenv("TEST_AZ_SECRET")},
		"resource": {given["--resource"]}})
	if err != nil {
		fail(err)
	}
	body, _ := io.ReadAll(reply.Body)
	if reply.StatusCode != http.StatusOK {
		fail(fmt.Errorf("%s", body))
	}
	_, rest, _ := strings.Cut(string(body), `"access_token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	fmt.Printf(`{"accessToken":%q,"expires_on":%d,"tenant":%q,"tokenType":"Bearer"}`, token, time.Now().Add(time.Hour).Unix(), given["--tenant"])
}

// installAZ puts the program az into the PATH, as somebody who is logged in with that secret, and gives what tells
// its runs.
func installAZ(t *testing.T, cloud *cloudsim.Cloud, secret string) (runs func() []string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(bin, "az")); err != nil {
		t.Fatal(err)
	}
	log := write(t, "runs", "")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TEST_AZ_RUNS", log)
	t.Setenv("TEST_AZ_CA", string(cloud.CAPEM()))
	t.Setenv("TEST_AZ_LOGIN", cloud.URL())
	t.Setenv("TEST_AZ_SECRET", secret)
	return func() []string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

func TestTheAzureCLIsTokenIsAcceptedByTheAPIAndKept(t *testing.T) {
	cloud, _ := simulate(t, cloudsim.Config{})
	runs := installAZ(t, cloud, cloudsim.DefaultClientSecret)
	logins, err := entra.New(entra.Config{Kind: entra.AzureCLI})
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{contoso, fabrikam} {
		credential, err := logins(tenant)
		if err != nil {
			t.Fatal(err)
		}
		accepted(t, cloud, tenant, credential)
		accepted(t, cloud, tenant, credential)
		if got := runs(); !strings.Contains(got[len(got)-1], "--resource "+cloud.URL()+" --tenant "+tenant) {
			t.Errorf("az %s", got[len(got)-1])
		}
	}
	if got := runs(); len(got) != 2 {
		t.Errorf("az was run %d times for two tenants: %q", len(got), got)
	}
	credential, err := logins(contoso)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // claims ask for a token that was not given before
		_, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.URL() + "/.default"}, Claims: `{"access_token":{}}`})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := runs(); len(got) != 4 {
		t.Errorf("az was run %d times, want 4", len(got))
	}
}

func TestWithoutTheAzureCLIItIsNamed(t *testing.T) {
	cloud, _ := simulate(t, cloudsim.Config{})
	t.Setenv("PATH", t.TempDir())
	text := refused(t, cloud, credential(t, entra.Config{Kind: entra.AzureCLI}, contoso))
	if !strings.Contains(text, "az is not on the PATH: install the Azure CLI") {
		t.Errorf("got %s", text)
	}
}
