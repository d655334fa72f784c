package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"ualstream/cmd/internal/worker"
)

// microsoftFlags say how Microsoft's side is reached, and as whom.
type microsoftFlags struct {
	endpoint, authority, caFile     string
	clientID, secretFile, publisher string
}

func (m *microsoftFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&m.endpoint, "endpoint", "https://manage.office.com", "")
	fs.StringVar(&m.authority, "authority", "https://login.microsoftonline.com/", "")
	fs.StringVar(&m.caFile, "ca-file", "", "")
	fs.StringVar(&m.clientID, "client-id", "", "")
	fs.StringVar(&m.secretFile, "client-secret-file", "", "")
	fs.StringVar(&m.publisher, "publisher", "", "")
}

// microsoft gives how Microsoft's side is reached and with which secret.
func (m *microsoftFlags) microsoft(e *env, log *slog.Logger) (worker.Microsoft, error) {
	none := worker.Microsoft{}
	if err := cmp.Or(isHost("endpoint", m.endpoint), isHost("authority", m.authority)); err != nil {
		return none, err
	}
	secret, err := m.secret(e, log)
	if err != nil {
		return none, err
	}
	if m.clientID == "" {
		return none, wrongUse("register an app with ActivityFeed.Read and name it with --client-id", "tenants are named, but no client ID")
	}
	transport, err := m.transport()
	if err != nil {
		return none, err
	}
	return worker.Microsoft{
		Endpoint: m.endpoint, Publisher: m.publisher, Transport: transport,
		Credential: worker.ClientSecret(m.authority, m.clientID, secret, transport),
	}, nil
}

// isHost checks that an address is https and a host alone: a token goes there.
func isHost(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return wrongUse("give it like https://manage.office.com", "--%s must be https and a host alone", name)
	}
	return nil
}

// secretVariable may hold the client secret. It is no flag: process lists show flags.
const secretVariable = "UALSTREAM_CLIENT_SECRET"

// secret reads the client secret, from a file or the environment.
func (m *microsoftFlags) secret(e *env, log *slog.Logger) (string, error) {
	if m.secretFile == "" {
		if secret := e.getenv(secretVariable); secret != "" {
			return secret, nil
		}
		return "", wrongUse("give it with --client-secret-file or in "+secretVariable, "tenants are named, but no client secret")
	}
	const hint = "--client-secret-file names a file that holds the secret alone"
	text, err := os.ReadFile(m.secretFile)
	if err != nil {
		return "", wrongUse(hint, "read the client secret: %v", err)
	}
	secret := strings.Trim(string(text), "\ufeff \t\r\n") // some editors begin a file with a byte order mark
	if secret == "" {
		return "", wrongUse(hint, "read the client secret: %s is empty", m.secretFile)
	}
	if info, err := os.Stat(m.secretFile); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warn("everybody on this machine may read the client secret: chmod 600 mends it", "file", m.secretFile)
	}
	return secret, nil
}

// transport trusts one certificate authority more than the system does, or is nil.
func (m *microsoftFlags) transport() (http.RoundTripper, error) {
	if m.caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(m.caFile)
	if err != nil {
		return nil, wrongUse("--ca-file names a PEM file", "read the certificate authority: %v", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, wrongUse("--ca-file names a PEM file", "%s holds no certificate", m.caFile)
	}
	return trusting(pool), nil
}

// trusting is Go's own transport with another set of certificate authorities.
func trusting(pool *x509.CertPool) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t
}
