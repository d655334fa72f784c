package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"ualstream/cmd/internal/entra"
)

// The checks that a refused login can be the fault of.
const (
	checkCredential = "credential"
	checkTenant     = "tenant and cloud"
	checkLogin      = "login"
	checkConsent    = "consent"
	checkClock      = "clock"
)

// fault is what a refused login is the fault of.
type fault struct {
	check string
	codes []string // of Entra
	says  string
	fix   func(m Microsoft, tenant string) string
}

// faults are the codes that Entra answers a login of an app with.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var faults = []fault{
	{checkCredential, []string{"7000222"}, "the app's client secret has expired", newSecret},
	{checkCredential, []string{"7000215"}, "the client secret is not the app's: it is another app's, was deleted, or is the secret's ID in place of its value", newSecret},
	{checkCredential, []string{"700027", "7000272"}, "the certificate is not one of the app's, or it has expired", newCertificate},
	{checkCredential, []string{"70021", "700211", "700212", "700213"}, "the app trusts no such federated token: issuer, subject or audience is another one", federated},
	{checkCredential, []string{"53003", "53000"}, "a Conditional Access policy of the tenant for workload identities blocks the app", blocked},
	{checkConsent, []string{"700016", "7000229", "65001", "650051", "650052", "650056"},
		"the app is not in the tenant: no administrator has consented to it there, or the client ID is wrong",
		func(m Microsoft, tenant string) string { return m.Grant(tenant, false) }},
	{checkTenant, []string{"90002", "900023", "900382", "900439", "500011", "500014"},
		"the login service of this cloud knows no such tenant: its ID is wrong, or it is in another of Microsoft's clouds", otherCloud},
	{checkClock, []string{"700024"}, "this machine's clock is wrong: what proves the app is not valid now by Microsoft's clock", setClock},
}

var entraCode = regexp.MustCompile(`AADSTS(\d+)`)

// faultOf finds what a login that was refused is the fault of; an unknown refusal is the login's own.
func faultOf(err error) fault {
	code := entraCode.FindStringSubmatch(err.Error())
	if code == nil {
		return unreachable(err)
	}
	for _, f := range faults {
		if slices.Contains(f.codes, code[1]) {
			f.says += " (AADSTS" + code[1] + ")"
			return f
		}
	}
	return fault{checkLogin, nil, "Entra refuses the login: " + err.Error(), func(Microsoft, string) string {
		return "Microsoft explains the code at https://login.microsoftonline.com/error?code=" + code[1]
	}}
}

// unreachable is a login that no answer of Entra refuses.
func unreachable(err error) fault {
	says := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		says = fmt.Sprintf("the login service gave no answer within %s", askWithin)
	}
	return fault{checkLogin, nil, says, func(m Microsoft, _ string) string {
		if local := m.Login.Kind; local == entra.ManagedIdentity || local == entra.AzureCLI {
			return "see that the " + string(local) + " works on this machine, and that it reaches " + hostOf(m.Authority) + " on port 443"
		}
		return "let this machine reach " + hostOf(m.Authority) + " on port 443, past firewalls and proxies (HTTPS_PROXY is heeded; " +
			"a proxy that reads along needs its authority in --ca-file)"
	}}
}

func newSecret(m Microsoft, _ string) string {
	return "make a new secret at Entra, App registrations, " + m.Login.ClientID + ", Certificates & secrets, and put its value into the file " +
		"of --client-secret-file, which workers read again by themselves, or into UALSTREAM_CLIENT_SECRET; a certificate lasts longer"
}

func newCertificate(m Microsoft, _ string) string {
	return "upload the certificate of --client-certificate-file at Entra, App registrations, " + m.Login.ClientID +
		", Certificates & secrets, or put the one that is there, with its key, into the file; workers read it again by themselves"
}

func federated(m Microsoft, _ string) string {
	return "compare issuer, subject and audience at Entra, App registrations, " + m.Login.ClientID +
		", Certificates & secrets, Federated credentials"
}

func blocked(m Microsoft, _ string) string {
	return "except the app from the policy, or name this machine's address in its locations: Entra, Conditional Access, Sign-in logs of service principals say which"
}

func otherCloud(m Microsoft, tenant string) string {
	return "compare " + tenant + " with the tenant ID on Entra's overview page; a tenant of GCC High needs --cloud gcc-high, one of the " +
		"Department of Defense --cloud dod, one of GCC --cloud gcc, and all others --cloud commercial (now: " + m.Cloud + ")"
}

func setClock(Microsoft, string) string {
	return "set this machine's clock, and keep it by NTP:\n    timedatectl set-ntp true"
}

// hostOf gives the host of an address, for people.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return strings.TrimSuffix(address, "/")
	}
	return u.Host
}
