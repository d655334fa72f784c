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

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/worker"
)

// microsoftFlags say how Microsoft's side is reached, and as whom.
type microsoftFlags struct {
	cloud, endpoint, authority string
	caFile, publisher          string
	credentialFlags
}

func (m *microsoftFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&m.cloud, "cloud", entra.Clouds[0].Name, "")
	fs.StringVar(&m.endpoint, "endpoint", "", "")
	fs.StringVar(&m.authority, "authority", "", "")
	fs.StringVar(&m.caFile, "ca-file", "", "")
	fs.StringVar(&m.publisher, "publisher", "", "")
	m.credentialFlags.register(fs)
}

// microsoft gives how Microsoft's side is reached, and who logs in there.
func (m *microsoftFlags) microsoft(e *env, log *slog.Logger) (worker.Microsoft, error) {
	none := worker.Microsoft{}
	cloud, err := entra.CloudOf(m.cloud)
	if err != nil {
		return none, wrongUse("'ualstream help run' lists the clouds", "--cloud: %v", err)
	}
	endpoint, authority := cmp.Or(m.endpoint, cloud.Endpoint), cmp.Or(m.authority, cloud.Authority)
	if err := cmp.Or(isHost("endpoint", endpoint), isHost("authority", authority)); err != nil {
		return none, err
	}
	login, err := m.login(e)
	if err != nil {
		return none, err
	}
	transport, err := m.transport()
	if err != nil {
		return none, err
	}
	login.Authority, login.Transport, login.Logger = authority, transport, log
	credential, err := entra.New(login)
	if err != nil {
		return none, wrongUse(hints[login.Kind], "%v", err)
	}
	m.warnReadableFiles(log)
	return worker.Microsoft{Endpoint: endpoint, Publisher: m.publisher, Transport: transport, Credential: credential}, nil
}

// isHost checks that an address is https and a host alone: a token goes there.
func isHost(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return wrongUse("give it like https://manage.office.com", "--%s must be https and a host alone", name)
	}
	return nil
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
