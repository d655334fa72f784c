package entra_test

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"software.sslmate.com/src/go-pkcs12"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/cloudsim"
)

// pfx gives a PFX file's content, with a further certificate in it as a chain.
func pfx(t *testing.T, own identity, encoder *pkcs12.Encoder, password string) string {
	t.Helper()
	another := pair(t, 1-int(own.cert.SerialNumber.Int64())).cert // of the other key: two of one key could be taken for each other
	data, err := encoder.Encode(own.key, own.cert, []*x509.Certificate{another}, password)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEachKindOfCredentialIsAcceptedByTheAPI(t *testing.T) {
	own, other := pair(t, 0), pair(t, 1)
	cloud, machine := simulate(t, cloudsim.Config{Certificates: []*x509.Certificate{own.cert}})
	token, err := cloud.FederatedToken(cloudsim.DefaultSubject)
	if err != nil {
		t.Fatal(err)
	}
	const password = "hunter2 "
	var sdk logs // the libraries' own log, as AZURE_SDK_GO_LOGGING shows it
	log.SetListener(func(_ log.Event, text string) { fmt.Fprintln(&sdk, text) })
	t.Cleanup(func() { log.SetListener(nil) })
	certificate := func(name, text string) entra.Config {
		return entra.Config{Kind: entra.Certificate, ClientID: appID, CertificateFile: write(t, name, text), Password: password}
	}
	passwordFile := certificate("app.pfx", pfx(t, own, pkcs12.Modern2023, password))
	passwordFile.Password, passwordFile.PasswordFile = "", write(t, "password", password+"\n")
	bare := certificate("app.pfx", pfx(t, own, pkcs12.Passwordless, ""))
	bare.Password = ""
	for name, c := range map[string]entra.Config{
		"PEM":                              certificate("app.pem", own.certPEM()+own.keyPEM()),
		"PEM, chain and key first":         certificate("app.pem", "a comment\n"+own.keyPEM()+other.certPEM()+own.certPEM()),
		"PFX of today":                     certificate("app.pfx", pfx(t, own, pkcs12.Modern2023, password)),
		"PFX of OpenSSL 3.4":               certificate("app.pfx", pfx(t, own, pkcs12.Modern2026, password)),
		"PFX of Windows Server 2016":       certificate("app.pfx", pfx(t, own, pkcs12.LegacyDES, password)),
		"PFX of OpenSSL 1":                 certificate("app.pfx", pfx(t, own, pkcs12.LegacyRC2, password)),
		"PFX and password file":            passwordFile,
		"PFX without password":             bare,
		"secret":                           {Kind: entra.Secret, ClientID: appID, Secret: cloudsim.DefaultClientSecret},
		"secret file":                      {Kind: entra.Secret, ClientID: appID, SecretFile: write(t, "secret", "\ufeff"+cloudsim.DefaultClientSecret+"\r\n")},
		"workload identity":                {Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: write(t, "token", token+"\n")},
		"virtual machine, system-assigned": {Kind: entra.ManagedIdentity, Local: toMachine(machine.Addr)},
		"virtual machine, user-assigned":   {Kind: entra.ManagedIdentity, ClientID: machine.user, Local: toMachine(machine.Addr)},
		"app that an identity proves":      {Kind: entra.ManagedIdentity, ClientID: appID, IdentityID: machine.user, Local: toMachine(machine.Addr)},
	} {
		t.Run(name, func(t *testing.T) {
			c.Authority, c.Transport = cloud.URL(), trusting(cloud)
			accepted(t, cloud, contoso, credential(t, c, contoso))
		})
	}
	text := sdk.take()
	for _, never := range []string{"eyJ", "hunter2", cloudsim.DefaultClientSecret, "client_assertion"} {
		if text == "" || strings.Contains(text, never) {
			t.Errorf("%q stands in the libraries' log of %d bytes", never, len(text))
		}
	}
}

func TestAppServicesManagedIdentityIsAcceptedByTheAPI(t *testing.T) {
	cloud, machine := simulate(t, cloudsim.Config{})
	t.Setenv("IDENTITY_ENDPOINT", machine.AppService())
	t.Setenv("IDENTITY_HEADER", machine.Header)
	for _, id := range []string{"", machine.user} {
		accepted(t, cloud, contoso, credential(t, entra.Config{Kind: entra.ManagedIdentity, ClientID: id}, contoso))
	}
	text := refused(t, cloud, credential(t, entra.Config{Kind: entra.ManagedIdentity, ClientID: fabrikam}, contoso))
	if want := "log in as managed identity " + fabrikam + ": No User Assigned"; !strings.HasPrefix(text, want) {
		t.Errorf("%s", text)
	}
}

func TestOneAppLogsInAtManyTenants(t *testing.T) {
	own := pair(t, 0)
	cloud, machine := simulate(t, cloudsim.Config{Certificates: []*x509.Certificate{own.cert}})
	for name, c := range map[string]entra.Config{
		"certificate": {Kind: entra.Certificate, ClientID: appID, CertificateFile: write(t, "app.pem", own.certPEM()+own.keyPEM())},
		"secret":      {Kind: entra.Secret, ClientID: appID, Secret: cloudsim.DefaultClientSecret},
		"identity":    {Kind: entra.ManagedIdentity, ClientID: appID, IdentityID: machine.user, Local: toMachine(machine.Addr)},
	} {
		t.Run(name, func(t *testing.T) {
			c.Authority, c.Transport = cloud.URL(), trusting(cloud)
			logins, err := entra.New(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, tenant := range []string{contoso, fabrikam} {
				credential, err := logins(tenant)
				if err != nil {
					t.Fatal(err)
				}
				accepted(t, cloud, tenant, credential)
			}
		})
	}
}

func TestAManagedIdentityOfAnotherTenantSaysSo(t *testing.T) {
	cloud, machine := simulate(t, cloudsim.Config{})
	err := use(t, cloud, fabrikam, credential(t, entra.Config{Kind: entra.ManagedIdentity, Local: toMachine(machine.Addr)}, fabrikam))
	want := "log in as managed identity: it belongs to tenant " + contoso + " and gets no tokens of tenant " + fabrikam + ": use a multi-tenant app"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

func TestKindsAreKnownAndTheirAppIsNamed(t *testing.T) {
	if !slices.Equal(entra.Kinds, []entra.Kind{"certificate", "managed-identity", "workload-identity", "secret", "azure-cli"}) {
		t.Errorf("%v", entra.Kinds)
	}
	for want, c := range map[string]entra.Config{
		`credential "password" is not known: choose from certificate, managed-identity`: {Kind: "password", ClientID: appID},
		"credential secret: no client ID":                                               {Kind: entra.Secret, Secret: "hunter2"},
		"managed identity " + fabrikam + ": no client ID":                               {Kind: entra.ManagedIdentity, IdentityID: fabrikam},
		"no client secret: name a file":                                                 {Kind: entra.Secret, ClientID: appID},
		"read the client secret: open ":                                                 {Kind: entra.Secret, ClientID: appID, SecretFile: "absent"},
		"is empty":                                                                      {Kind: entra.Secret, ClientID: appID, SecretFile: write(t, "secret", "\n")},
		"larger than 1 MiB":                                                             {Kind: entra.Secret, ClientID: appID, SecretFile: "/dev/zero"},
		"read the federated token: open ":                                               {Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: "absent"},
		"token is empty":                                                                {Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: write(t, "token", " ")},
		"holds no token: it must be a projected service account token":                  {Kind: entra.WorkloadIdentity, ClientID: appID, TokenFile: write(t, "token", "a secret")},
	} {
		if _, err := entra.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
