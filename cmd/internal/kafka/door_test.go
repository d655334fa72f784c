package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"ualstream/schemas"
)

// doors are a Kafka's listeners and what opens them.
type doors struct {
	real                   bool
	plain, tls, mtls, sasl string
	ca                     *x509.CertPool
	client, stranger       tls.Certificate // of a CA that the brokers know, and of one that they do not
	user, password         string
}

// eachDoors runs a test on the embedded broker and, where the variables name one, on a real Kafka.
func eachDoors(t *testing.T, test func(t *testing.T, d doors)) {
	t.Run("embedded", func(t *testing.T) { test(t, embeddedDoors(t)) })
	t.Run("real", func(t *testing.T) {
		if os.Getenv("UALSTREAM_TEST_CERTIFICATES") == "" {
			t.Skip("UALSTREAM_TEST_CERTIFICATES is unset: no real Kafka with TLS")
		}
		test(t, realDoors(t))
	})
}

func realDoors(t *testing.T) doors {
	t.Helper()
	folder := os.Getenv("UALSTREAM_TEST_CERTIFICATES")
	pem, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pair := func(name string) tls.Certificate {
		c, err := tls.LoadX509KeyPair(filepath.Join(folder, name+".crt"), filepath.Join(folder, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	d := doors{
		real: true, ca: x509.NewCertPool(), client: pair("client"), stranger: pair("stranger"),
		plain: os.Getenv("UALSTREAM_TEST_BROKERS"), tls: os.Getenv("UALSTREAM_TEST_TLS_BROKERS"),
		mtls: os.Getenv("UALSTREAM_TEST_MTLS_BROKERS"), sasl: os.Getenv("UALSTREAM_TEST_SASL_BROKERS"),
	}
	d.ca.AppendCertsFromPEM(pem)
	d.user, d.password, _ = strings.Cut(os.Getenv("UALSTREAM_TEST_SASL_LOGIN"), ":")
	return d
}

func embeddedDoors(t *testing.T) doors {
	t.Helper()
	ca := certify(t, "ca", nil)
	d := doors{ca: x509.NewCertPool(), client: certify(t, "client", &ca), stranger: certify(t, "stranger", nil), user: "ana", password: "right"}
	d.ca.AddCert(ca.Leaf)
	server := &tls.Config{Certificates: []tls.Certificate{certify(t, "localhost", &ca)}}
	wary := server.Clone()
	wary.ClientAuth, wary.ClientCAs = tls.RequireAndVerifyClientCert, d.ca
	users := []kfake.Opt{kfake.EnableSASL(), kfake.EnableACLs(), kfake.TLS(server)}
	for _, mechanism := range Mechanisms {
		users = append(users, kfake.Superuser(mechanism, d.user, d.password), kfake.User(mechanism, "nobody", d.password))
	}
	for address, options := range map[*string][]kfake.Opt{
		&d.plain: nil, &d.tls: {kfake.TLS(server)}, &d.mtls: {kfake.TLS(wary)}, &d.sasl: users,
	} {
		broker, err := kfake.NewCluster(append(options, kfake.NumBrokers(1))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(broker.Close)
		*address = broker.ListenAddrs()[0]
	}
	return d
}

// certify makes a certificate for a host or a client on this machine, signed by the CA or by itself.
func certify(t *testing.T, name string, ca *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: ca == nil, BasicConstraintsValid: true,
	}
	parent, signer := template, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestEverythingWorksBehindEachDoor(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d doors) {
		ways := map[string]Config{
			"TLS":                {Brokers: []string{d.tls}, TLS: &tls.Config{RootCAs: d.ca}},
			"client certificate": {Brokers: []string{d.mtls}, TLS: &tls.Config{RootCAs: d.ca, Certificates: []tls.Certificate{d.client}}},
		}
		for _, mechanism := range Mechanisms {
			ways[mechanism] = Config{Brokers: []string{d.sasl}, TLS: &tls.Config{RootCAs: d.ca}, SASL: &SASL{mechanism, d.user, d.password}}
		}
		for name, cfg := range ways {
			t.Run(name, func(t *testing.T) {
				c := join(t, cfg)
				if err := c.Prepare(within(t)); err != nil {
					t.Fatal(err)
				}
				produce(t, c, numbered(schemas.TopicEvents, 0, 100))
				seen := newTally()
				stop := start(t, c, copying(seen))
				seen.wait(t, 100)
				stop()
			})
		}
	})
}

func TestAClosedDoorSaysWhatToCheck(t *testing.T) {
	eachDoors(t, func(t *testing.T, d doors) {
		trusting := func(certificates ...tls.Certificate) *tls.Config {
			return &tls.Config{RootCAs: d.ca, Certificates: certificates}
		}
		for _, test := range []struct {
			name string
			cfg  Config
			want string
		}{
			{"unknown CA", Config{Brokers: []string{d.tls}, TLS: &tls.Config{}}, "(TLS): check the CA, the server's name and the clock"},
			{"other host", Config{Brokers: []string{d.tls}, TLS: &tls.Config{RootCAs: d.ca, ServerName: "kafka-1.example"}}, "certificate is valid for localhost, not kafka-1.example"},
			{"no client certificate", Config{Brokers: []string{d.mtls}, TLS: trusting()}, "(TLS): check the client certificate, and that the brokers trust its CA"},
			{"stranger's certificate", Config{Brokers: []string{d.mtls}, TLS: trusting(d.stranger)}, "(TLS): check the client certificate, and that the brokers trust its CA"},
			{"wrong password", Config{Brokers: []string{d.sasl}, TLS: trusting(), SASL: &SASL{"SCRAM-SHA-512", d.user, "wrong-word"}}, "refused the login (SCRAM-SHA-512 as " + d.user + "): check user name, password"},
			{"unknown user", Config{Brokers: []string{d.sasl}, TLS: trusting(), SASL: &SASL{"PLAIN", "who", "wrong-word"}}, "refused the login (PLAIN as who): check user name, password"},
			{"login where there is none", Config{Brokers: []string{d.plain}, SASL: &SASL{"PLAIN", "who", "wrong-word"}}, "refused the login (PLAIN as who): check "},
			{"user who may do nothing", Config{Brokers: []string{d.sasl}, TLS: trusting(), SASL: &SASL{"SCRAM-SHA-256", "nobody", d.password}}, "user nobody may not see it; mend it with:"},
		} {
			t.Run(test.name, func(t *testing.T) {
				err := join(t, test.cfg).Prepare(within(t))
				_, refused := errors.AsType[*AuthError](err)
				_, forbidden := errors.AsType[*SettingsError](err)
				if !refused && !forbidden || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "wrong-word") {
					t.Errorf("error %v, want one that waiting does not mend and that says %q", err, test.want)
				}
			})
		}
	})
}

// Kafka and the embedded broker differ in how they receive those who speak another protocol: one answers with an
// alert or hangs up, the other waits for more.
func TestTheWrongProtocolIsTold(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d doors) {
		plainly, secretly, without := "it hung up, as brokers do that want TLS", "it accepts connections and does not answer", "as brokers do that want TLS or a login"
		if d.real {
			plainly, secretly = "(no TLS): check the port, or use TLS", "it hung up on the TLS handshake, as brokers do that speak no TLS on this port"
		}
		for _, test := range []struct {
			name, want string
			cfg        Config
		}{
			{"plain to a TLS port", plainly, Config{Brokers: []string{d.tls}}},
			{"TLS to a plain port", secretly, Config{Brokers: []string{d.plain}, TLS: &tls.Config{RootCAs: d.ca}}},
			{"no login where one is wanted", without, Config{Brokers: []string{d.sasl}, TLS: &tls.Config{RootCAs: d.ca}}},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				err := join(t, test.cfg).Ping(within(t))
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.cfg.Brokers[0]) {
					t.Errorf("error %v, want one that says %q", err, test.want)
				}
			})
		}
	})
}
