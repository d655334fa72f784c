package main

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ualstream/ingest/cloudsim"
)

func TestHelpOfSimulateSaysWhatEachFaultAndStateIs(t *testing.T) {
	names := slices.Collect(maps.Keys(cloudsim.AllFaults()))
	for _, state := range cloudsim.AllStates() {
		names = append(names, string(state))
	}
	for _, name := range names {
		line := regexp.MustCompile(`(?m)^    ([a-z0-9-]+, )*` + regexp.QuoteMeta(name) + `(, [a-z0-9-]+)* +\S`)
		if !line.MatchString(simulateUsage) {
			t.Errorf("no line of the help text is about %s", name)
		}
	}
	for line := range strings.Lines(simulateUsage) {
		if len(line) > 132 {
			t.Errorf("longer than a terminal is wide: %s", line)
		}
	}
}

func TestTheAuthorityOfASimulationIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tenant")
	pemOf := func(now time.Time) string {
		a, err := keepAuthority(dir, now)
		if err != nil {
			t.Fatal(err)
		}
		if on, err := os.ReadFile(filepath.Join(dir, "ca.pem")); err != nil || !bytes.Equal(on, a.CertPEM()) {
			t.Fatalf("another certificate is on disk, error %v", err)
		}
		return string(a.CertPEM())
	}
	now := time.Now()
	first := pemOf(now)
	if pemOf(now.AddDate(0, 10, 0)) != first {
		t.Error("renewed months before it expires")
	}
	if renewed := pemOf(now.AddDate(0, 11, 20)); renewed == first || pemOf(now.AddDate(0, 12, 0)) != renewed {
		t.Error("not renewed once in the month before it expires")
	}
	key := filepath.Join(dir, "ca-key.pem")
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v, error %v", info.Mode(), err)
	}
	if err := os.WriteFile(key, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keepAuthority(dir, now); err == nil || !strings.Contains(err.Error(), "ca.pem") {
		t.Errorf("a damaged key: %v", err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	pemOf(now)
}

func TestAClientSurvivesTheRestartOfASimulation(t *testing.T) {
	dir := t.TempDir()
	var client *http.Client
	for range 2 {
		authority, err := keepAuthority(dir, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{Authority: authority})
		if err != nil {
			t.Fatal(err)
		}
		if client == nil { // which is started once, with what it was given then
			client = &http.Client{Transport: trusting(cloud.CertPool())}
		}
		reply, err := client.Get(cloud.URL() + "/contoso.example/discovery/v2.0/keys")
		if err != nil {
			t.Fatal(err)
		}
		if err := reply.Body.Close(); err != nil || reply.StatusCode != http.StatusOK {
			t.Errorf("%s, error %v", reply.Status, err)
		}
		if err := cloud.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSimulatedTenantsFollowFromTheSeed(t *testing.T) {
	first, again, other := simulatedTenants(1, 12, 5, nil), simulatedTenants(1, 12, 5, nil), simulatedTenants(2, 12, 5, nil)
	ids := map[string]bool{}
	for i, tenant := range first {
		ids[tenant.ID], ids[tenant.Domain] = true, true
		if tenant.ID != again[i].ID || (tenant.ID == other[i].ID) != (i == 0) {
			t.Errorf("tenant %d is %s, %s and, of another seed, %s", i, tenant.ID, again[i].ID, other[i].ID)
		}
	}
	if first[0].ID != cloudsim.DefaultTenant || first[0].Domain != "contoso.example" || len(ids) != 24 {
		t.Errorf("the first is %s (%s), %d names in all", first[0].ID, first[0].Domain, len(ids))
	}
	cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{Tenants: first})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	config, err := writeClientFiles(t.TempDir(), cloud, first)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range first {
		if !strings.Contains(string(text), "  - id: "+tenant.ID+"\n    name: "+tenant.Domain+"\n") {
			t.Errorf("%s is not in %s", tenant.Domain, text)
		}
	}
}

func TestStatesAreAllTenantsOrOnes(t *testing.T) {
	tenants := simulatedTenants(1, 2, 5, nil)
	if err := putInStates(tenants, " no-defender, Fabrikam.example=no-consent,contoso.example=skewed-clock"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []cloudsim.States{{cloudsim.NoDefender, cloudsim.SkewedClock}, {cloudsim.NoDefender, cloudsim.NoConsent}} {
		if got := tenants[i].States; !slices.Equal(got, want) {
			t.Errorf("%s is in %v, want %v", tenants[i].Domain, got, want)
		}
	}
}

func TestWhatIsToBeConnectedIsNotInTheConfiguration(t *testing.T) {
	s, err := (&env{getenv: func(string) string { return "" }}).simulation([]string{"--no-subscriptions", "--states", "no-defender"})
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := startCloud("127.0.0.1:0", s.cloud)
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	if got := cloud.Tenants()[0]; len(got.Enabled) > 0 || !slices.Equal(got.States, cloudsim.States{cloudsim.NoDefender}) {
		t.Errorf("the tenant is %+v", got)
	}
	config, err := writeClientFiles(t.TempDir(), cloud, s.listed())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(config); err != nil || strings.Contains(string(text), "tenants:") || !strings.Contains(string(text), cloud.URL()) {
		t.Errorf("%s, error %v", text, err)
	}
}
