package entra_test

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"software.sslmate.com/src/go-pkcs12"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
)

// logs is a log that a test reads.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// take gives what was logged since it was asked last.
func (l *logs) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

func replace(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARotatedSecretNeedsNoRestart(t *testing.T) {
	cloud, _ := simulate(t, cloudsim.Config{ClientSecret: "the second one"})
	var log logs
	file := write(t, "secret", "the first one")
	c := credential(t, entra.Config{Kind: entra.Secret, ClientID: appID, SecretFile: file, Authority: cloud.URL(),
		Transport: trusting(cloud), Logger: log.logger()}, contoso)
	if text := refused(t, cloud, c); !strings.Contains(text, "AADSTS7000215") {
		t.Fatal(text)
	}
	replace(t, file, "the second one\n")
	accepted(t, cloud, contoso, c)
	if text := log.take(); strings.Count(text, "the new one is in use") != 1 || strings.Contains(text, "second") {
		t.Errorf("logs: %s", text)
	}
	replace(t, file, "") // caught half-way
	accepted(t, cloud, contoso, c)
	accepted(t, cloud, contoso, c)
	if text := log.take(); strings.Count(text, "the former one stays in use") != 1 || !strings.Contains(text, "is empty") {
		t.Errorf("logs: %s", text)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	accepted(t, cloud, contoso, c)
	replace(t, file, "a third one")
	if text := refused(t, cloud, c); !strings.Contains(text, "AADSTS7000215") {
		t.Errorf("the former secret is in use: %s", text)
	}
}

func TestARotatedCertificateNeedsNoRestart(t *testing.T) {
	first, second := pair(t, 0), pair(t, 1)
	cloud, _ := simulate(t, cloudsim.Config{Certificates: []*x509.Certificate{second.cert}})
	var log logs
	file, password := write(t, "app", first.certPEM()+first.keyPEM()), write(t, "password", "unused")
	logins, err := entra.New(entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: file, PasswordFile: password,
		Authority: cloud.URL(), Transport: trusting(cloud), Logger: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	one, err := logins(contoso)
	if err != nil {
		t.Fatal(err)
	}
	two, err := logins(fabrikam)
	if err != nil {
		t.Fatal(err)
	}
	if text := refused(t, cloud, one); !strings.Contains(text, "AADSTS700027") {
		t.Fatal(text)
	}
	replace(t, file, pfx(t, second, pkcs12.Modern2023, "hunter2")) // its password comes a moment later
	if text := refused(t, cloud, one); !strings.Contains(text, "AADSTS700027") {
		t.Fatal(text)
	}
	if text := log.take(); !strings.Contains(text, "its password is another one than is given") {
		t.Errorf("logs: %s", text)
	}
	replace(t, password, "hunter2\n")
	accepted(t, cloud, contoso, one)
	accepted(t, cloud, fabrikam, two)
	if text := log.take(); strings.Count(text, "the new one is in use") != 1 || strings.Contains(text, "hunter2") {
		t.Errorf("logs: %s", text)
	}
}

func TestARotatedFederatedTokenNeedsNoRestart(t *testing.T) {
	cloud, _ := simulate(t, cloudsim.Config{})
	stranger, err := cloud.FederatedToken("system:serviceaccount:default:default")
	if err != nil {
		t.Fatal(err)
	}
	good, err := cloud.FederatedToken(cloudsim.DefaultSubject)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "token", stranger)
	c := credential(t, entra.Config{Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: file, Authority: cloud.URL(), Transport: trusting(cloud)}, contoso)
	if text := refused(t, cloud, c); !strings.Contains(text, "AADSTS700213") {
		t.Fatal(text)
	}
	replace(t, file, "")
	if text := refused(t, cloud, c); !strings.Contains(text, "the federated token") || !strings.Contains(text, "is empty") {
		t.Fatal(text)
	}
	replace(t, file, good)
	accepted(t, cloud, contoso, c)
}

func TestACertificateThatExpiresSoonIsWarnedOfOnceADay(t *testing.T) {
	soon := time.Now().AddDate(0, 0, 20)
	own := pairUntil(t, 0, soon)
	file := write(t, "app.pem", own.certPEM()+own.keyPEM())
	late := write(t, "late.pem", pair(t, 1).certPEM()+pair(t, 1).keyPEM())
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(soon.AddDate(0, 0, -20))) // the bubble's clock begins in the year 2000
		var log logs
		if _, err := entra.New(entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: late, Logger: log.logger()}); err != nil {
			t.Fatal(err)
		}
		if text := log.take(); text != "" {
			t.Errorf("logs: %s", text)
		}
		c := credential(t, entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: file, Logger: log.logger(),
			Transport: away{}}, contoso)
		text := log.take()
		if want := "expires=" + soon.UTC().Format(time.DateOnly); strings.Count(text, "expires soon") != 1 || !strings.Contains(text, want) {
			t.Errorf("logs: %s", text)
		}
		ask := func() string {
			_, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://manage.office.com/.default"}})
			return err.Error()
		}
		ask()
		if text := log.take(); text != "" {
			t.Errorf("logs again: %s", text)
		}
		<-time.After(25 * time.Hour)
		ask()
		if text := log.take(); strings.Count(text, "expires soon") != 1 {
			t.Errorf("logs a day later: %s", text)
		}
		<-time.After(20 * 24 * time.Hour)
		if text := ask(); !strings.Contains(text, "the certificate expired on ") {
			t.Errorf("error when it has expired: %s", text)
		}
	})
}
