package entra_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"ualstream/cmd/internal/entra"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestACertificateFileThatIsOfNoUseSaysWhyAndHowToMendIt(t *testing.T) {
	own, other := pair(t, 0), pair(t, 1)
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalPKCS8PrivateKey(elliptical)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(elliptical)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := pkcs12.Modern2023.EncodeTrustStore([]*x509.Certificate{own.cert}, "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	const legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	sealed := pfx(t, own, pkcs12.Modern2023, "hunter2")
	for _, test := range []struct{ name, text, password, want string }{
		{"no key", own.certPEM(), "", "a certificate without its private key: put both into one file"},
		{"no certificate", own.keyPEM(), "", "no certificate: it must be PEM with the certificate and its key, or PFX"},
		{"a public key", block("PUBLIC KEY", nil), "", "no certificate"},
		{"encrypted key", own.certPEM() + block("ENCRYPTED PRIVATE KEY", nil), "", "is encrypted PEM, which is not read: make a PFX of it"},
		{"encrypted key of old", own.certPEM() + legacy, "", "is encrypted PEM"},
		{"foreign key", own.certPEM() + other.keyPEM(), "", "belongs to another certificate: export certificate and key together"},
		{"two keys", own.certPEM() + own.keyPEM() + other.keyPEM(), "", "several private keys: leave the one"},
		{"elliptic key", own.certPEM() + block("PRIVATE KEY", ec), "", "is no RSA key, and Entra takes no other"},
		{"elliptic key, SEC 1", own.certPEM() + block("EC PRIVATE KEY", sec1), "", "is no RSA key"},
		{"short key", own.certPEM() + block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short)), "", "shorter than 2048 bits"},
		{"broken certificate", block("CERTIFICATE", []byte("no DER")) + own.keyPEM(), "", "read a certificate in it"},
		{"broken key", own.certPEM() + block("PRIVATE KEY", []byte("no DER")), "", "its private key cannot be read"},
		{"no password", sealed, "", "protected by a password, and none is given"},
		{"wrong password", sealed, "swordfish", "its password is another one than is given"},
		{"PFX without key", string(trust), "hunter2", "a certificate without its private key"},
		{"certificate alone, DER", string(own.cert.Raw), "", "a certificate without its private key"},
		{"no certificate at all", "swordfish", "", "neither PEM with a certificate and its key nor a whole PFX"},
		{"cut PFX", sealed[:len(sealed)/2], "hunter2", "neither PEM"},
		{"empty", "", "", "is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "app", test.text)
			_, err := entra.New(entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: path, Password: test.password})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			for _, never := range []string{"swordfish", "hunter2", "\n"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q holds %q", err, never)
				}
			}
		})
	}
}

func TestACertificateHasItsTime(t *testing.T) {
	for name, test := range map[string]struct {
		until time.Time
		want  string
	}{
		"expired":       {time.Now().AddDate(0, 0, -1), "expired on " + time.Now().AddDate(0, 0, -1).UTC().Format(time.DateOnly) + ": upload a new one"},
		"not valid yet": {time.Now().AddDate(3, 0, 0), "is not valid before "},
	} {
		t.Run(name, func(t *testing.T) {
			own := pairUntil(t, 0, test.until)
			c := entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: write(t, "app.pem", own.certPEM()+own.keyPEM())}
			if _, err := entra.New(c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if got, err := entra.Expires(c); err != nil || !got.Equal(own.cert.NotAfter) {
				t.Errorf("it expires at %v (%v), want %v", got, err, own.cert.NotAfter)
			}
		})
	}
	if got, err := entra.Expires(entra.Config{Kind: entra.Secret, Secret: "hunter2"}); err != nil || !got.IsZero() {
		t.Errorf("a secret expires at %v (%v)", got, err)
	}
	if _, err := entra.Expires(entra.Config{Kind: entra.Certificate, CertificateFile: "absent"}); err == nil {
		t.Error("an absent file expires")
	}
}
