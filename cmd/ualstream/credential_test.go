package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"
	"software.sslmate.com/src/go-pkcs12"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

const pfxPassword = "hunter2"

// simulatedApp starts a simulation whose app has a certificate, and gives a folder with app.pfx, which pfxPassword
// protects, ca.pem, and config.yaml, which lacks only who logs in.
func simulatedApp(t *testing.T, c cloudsim.Config) (*cloudsim.Cloud, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ualstream"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pfx, err := pkcs12.Modern.Encode(key, cert, nil, pfxPassword)
	if err != nil {
		t.Fatal(err)
	}
	c.Certificates = []*x509.Certificate{cert}
	cloud, err := startCloud("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	dir := t.TempDir()
	token, err := cloud.FederatedToken(cloudsim.DefaultSubject)
	if err != nil {
		t.Fatal(err)
	}
	config := "brokers: localhost:1\nendpoint: " + cloud.URL() + "\nauthority: " + cloud.URL() + "\nca_file: " + filepath.Join(dir, "ca.pem") +
		"\npoll_interval: 200ms\ntenants: [" + cloudsim.DefaultTenant + "]\n"
	if err := writeFiles(dir, map[string][]byte{
		filepath.Join(dir, "app.pfx"): pfx, filepath.Join(dir, "ca.pem"): cloud.CAPEM(), filepath.Join(dir, "token"): []byte(token),
		filepath.Join(dir, "secret"): []byte(cloudsim.DefaultClientSecret), filepath.Join(dir, "password"): []byte(pfxPassword + "\n"),
		filepath.Join(dir, "config.yaml"): []byte(config),
	}); err != nil {
		t.Fatal(err)
	}
	return cloud, dir
}

func TestEachWayToNameACredentialLogsIn(t *testing.T) {
	system := uuid.NewString() // the library keeps an identity's tokens for the life of the process
	cloud, dir := simulatedApp(t, cloudsim.Config{Identities: []cloudsim.Identity{{ClientID: system, Tenant: cloudsim.DefaultTenant, System: true}}})
	machine, err := cloud.StartIdentity("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { machine.Close() })
	for _, name := range []string{"IDENTITY_SERVER_THUMBPRINT", "AZURE_REGIONAL_AUTHORITY_NAME"} { // the host's must not matter
		t.Setenv(name, "")
	}
	t.Setenv("IDENTITY_ENDPOINT", machine.AppService())
	t.Setenv("IDENTITY_HEADER", machine.Header)
	file := func(name string) string { return filepath.Join(dir, name) }
	app := []string{"--client-id", cloudsim.DefaultClientID}
	for _, test := range []struct {
		name      string
		args      []string
		variables map[string]string
	}{
		{"certificate and password file", append(app, "--client-certificate-file", file("app.pfx"), "--client-certificate-password-file", file("password")), nil},
		{"certificate and password variable", append(app, "--client-certificate-file", file("app.pfx")),
			map[string]string{"UALSTREAM_CLIENT_CERTIFICATE_PASSWORD": pfxPassword}},
		{"certificate by variables alone", nil, map[string]string{"UALSTREAM_CLIENT_ID": cloudsim.DefaultClientID, "UALSTREAM_CREDENTIAL": "certificate",
			"UALSTREAM_CLIENT_CERTIFICATE_FILE": file("app.pfx"), "UALSTREAM_CLIENT_CERTIFICATE_PASSWORD_FILE": file("password")}},
		{"managed identity", []string{"--credential", "managed-identity"}, nil},
		{"managed identity, by its ID", []string{"--credential", "managed-identity", "--client-id", system}, nil},
		{"app that a managed identity proves", append(app, "--managed-identity-client-id", system), nil},
		{"workload identity", append(app, "--federated-token-file", file("token")), nil},
		{"workload identity in a pod", []string{"--credential", "workload-identity"},
			map[string]string{"AZURE_FEDERATED_TOKEN_FILE": file("token"), "AZURE_CLIENT_ID": cloudsim.DefaultClientID}},
		{"secret file", append(app, "--client-secret-file", file("secret")), nil},
		{"secret variable", app, map[string]string{"UALSTREAM_CLIENT_SECRET": cloudsim.DefaultClientSecret}},
		{"certificate, though a secret is in the environment", append(app, "--client-certificate-file", file("app.pfx"), "--client-certificate-password-file", file("password")),
			map[string]string{"UALSTREAM_CLIENT_SECRET": "another app's"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			e := &env{nil, nil, &log, func(name string) string { return test.variables[name] }}
			fs, c := newFlags("run"), &config{}
			c.kafkaFlags(fs)
			c.workerFlags(fs)
			if err := e.configOnly(fs, c, runUsage, append(test.args, "--config", file("config.yaml"))); err != nil {
				t.Fatal(err)
			}
			o, err := c.options(e)
			if err != nil {
				t.Fatal(err)
			}
			credential, err := o.Microsoft.Credential(cloudsim.DefaultTenant)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{o.Microsoft.Endpoint + "/.default"}}); err != nil {
				t.Error(err)
			}
			if log.Len() > 0 {
				t.Errorf("logs: %s", log.String())
			}
		})
	}
}

func TestTheCloudChoosesBothHostsUnlessTheyAreNamed(t *testing.T) {
	e := &env{nil, nil, t.Output(), func(string) string { return "" }}
	for _, cloud := range entra.Clouds {
		for _, own := range []string{"", "https://manage.example"} {
			fs, c := newFlags("run"), &config{}
			c.kafkaFlags(fs)
			c.workerFlags(fs)
			args := []string{"--brokers", "localhost:1", "--tenants", cloudsim.DefaultTenant, "--credential", "azure-cli", "--cloud", cloud.Name, "--endpoint", own}
			if err := e.configOnly(fs, c, runUsage, args); err != nil {
				t.Fatal(err)
			}
			o, err := c.options(e)
			if err != nil {
				t.Fatal(err)
			}
			want := cloud.Endpoint
			if own != "" {
				want = own
			}
			if o.Microsoft.Endpoint != want {
				t.Errorf("--cloud %s --endpoint %q: %s", cloud.Name, own, o.Microsoft.Endpoint)
			}
		}
	}
}

func TestAFileThatProvesTheAppAndThatEverybodyMayReadIsWarnedOf(t *testing.T) {
	_, dir := simulatedApp(t, cloudsim.Config{})
	pfx, password := filepath.Join(dir, "app.pfx"), filepath.Join(dir, "password")
	for _, path := range []string{pfx, password} {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	e := &env{nil, nil, &log, func(string) string { return "" }}
	fs, c := newFlags("run"), &config{}
	c.kafkaFlags(fs)
	c.workerFlags(fs)
	err := e.configOnly(fs, c, runUsage, []string{"--config", filepath.Join(dir, "config.yaml"), "--client-id", cloudsim.DefaultClientID,
		"--client-certificate-file", pfx, "--client-certificate-password-file", password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.options(e); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"everybody on this machine may read the certificate's key", "everybody on this machine may read the certificate's password"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log.String())
		}
	}
}

func TestAWorkerThatACertificateLogsInLogsNoneOfIt(t *testing.T) {
	t.Parallel()
	cloud, dir := simulatedApp(t, cloudsim.Config{})
	record := []byte(`{"Id":"6f1c9f9e-0a55-4d0c-9d0a-0f3b5a1c7d21","CreationTime":"2026-03-01T10:00:00","Operation":"UserLoggedIn","RecordType":15}`)
	if _, err := cloud.Offer(cloudsim.DefaultTenant, schemas.ContentTypes[0], time.Now(), record); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(text, []byte("brokers: localhost:1\n"), nil, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	worker := begin(t, "run", "--embedded", "--data", filepath.Join(dir, "broker"), "--config", config, "--client-id", cloudsim.DefaultClientID,
		"--client-certificate-file", filepath.Join(dir, "app.pfx"), "--client-certificate-password-file", filepath.Join(dir, "password"),
		"--sinks", "json", "--http", "127.0.0.1:0", "--log-level", "debug")
	worker.until(worker.stdout, `"class_uid":`)
	code, stderr := worker.end(syscall.SIGTERM)
	if code != exitDone {
		t.Errorf("exit code %d", code)
	}
	for _, private := range []string{"eyJ", pfxPassword, "PRIVATE KEY", "client_assertion"} {
		if strings.Contains(stderr, private) {
			t.Errorf("%q stands in the logs: %s", private, stderr)
		}
	}
}
