package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"ualstream/schemas"
)

func TestEverythingWorksOverTLSAndAnUnknownCAIsRefused(t *testing.T) {
	https := httptest.NewTLSServer(nil) // for its certificate, which names 127.0.0.1
	defer https.Close()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: https.TLS.Certificates}))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()

	stranger := join(t, Config{Brokers: broker.ListenAddrs(), TLS: &tls.Config{}})
	if refused := new(AuthError); !errors.As(stranger.Prepare(within(t)), &refused) || refused.As != "TLS" {
		t.Errorf("without the CA: want an *AuthError for TLS, got %v", refused)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(https.Certificate())
	c := join(t, Config{Brokers: broker.ListenAddrs(), TLS: &tls.Config{RootCAs: trusted}})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 100))
	seen := newTally()
	start(t, c, copying(seen))
	seen.wait(t, 100)
}
