package ingest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// simulate starts the simulated cloud and gives a client of it that signs in as a real one does.
func simulate(t testing.TB, cfg cloudsim.Config, change ...func(*o365.Config)) (*cloudsim.Cloud, *o365.Client) {
	t.Helper()
	sim, err := cloudsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim, signedIn(t, sim.URL(), sim.CertPool(), change...)
}

// signedIn gives a client of the simulated cloud at an address, which has got its token as one of the real cloud does.
func signedIn(t testing.TB, url string, trusted *x509.CertPool, change ...func(*o365.Config)) *o365.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: trusted}
	cred, err := azidentity.NewClientSecretCredential(cloudsim.DefaultTenant, cloudsim.DefaultClientID, cloudsim.DefaultClientSecret,
		&azidentity.ClientSecretCredentialOptions{
			DisableInstanceDiscovery: true,
			ClientOptions: azcore.ClientOptions{
				Cloud:     azcloud.Configuration{ActiveDirectoryAuthorityHost: url},
				Transport: &http.Client{Transport: transport},
			},
		})
	if err != nil {
		t.Fatal(err)
	}
	cfg := o365.Config{Endpoint: url, Tenant: cloudsim.DefaultTenant, Credential: cred, Transport: transport}
	for _, f := range change {
		f(&cfg)
	}
	client, err := o365.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestEverythingThatTheCloudOffersIsCollected(t *testing.T) {
	types := []string{"Audit.Exchange", "Audit.General"}
	sim, client := simulate(t, cloudsim.Config{PageSize: 3, Tenants: []cloudsim.Tenant{
		{ID: cloudsim.DefaultTenant, Domain: "contoso.example", Enabled: types[:1]},
	}})
	var want []string
	offer := func(contentType string, age time.Duration, blobs int) {
		for i := range blobs {
			id := fmt.Sprintf("%s-%s-%d", contentType, age, i)
			record := fmt.Sprintf(`{"Id":%q,"CreationTime":"2026-03-01T10:00:00","Operation":"New-InboxRule"}`, id)
			if _, err := sim.Offer(cloudsim.DefaultTenant, contentType, time.Now().Add(-age), []byte(record), []byte(record)); err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
	}
	for day := range 7 {
		offer(types[0], time.Duration(day)*24*time.Hour+time.Minute, 8)
	}
	broken, err := sim.OfferBody(cloudsim.DefaultTenant, types[0], time.Now(), []byte(`[{"Id":"whole"},{"Id":"cut`))
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, "whole", schemas.Raw{Body: []byte(`{"Id":"cut`)}.Key())

	s := newSink()
	stop := collect(t, nil, s, func(cfg *Config) {
		cfg.Tenant = schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: types}
		cfg.Feed = client
	})
	s.until(t, "the first type is settled", func() bool { return len(s.ledger) == 7*8+1 })
	offer(types[1], 0, 5) // this type's subscription was started by the collector
	s.until(t, "all are settled", func() bool { return len(s.ledger) == 7*8+1+5 })
	stop()

	if got := sorted(s.keys()); !slices.Equal(got, sorted(want)) {
		t.Errorf("stored %d records, want %d", len(got), len(want))
	}
	for _, e := range s.ledger {
		if lost := e.State == schemas.BlobLost; lost != (e.ContentID == broken) {
			t.Errorf("ledger %+v", e)
		}
	}
	if sim.Anonymous() != 0 {
		t.Errorf("%d requests without a publisher", sim.Anonymous())
	}
}
