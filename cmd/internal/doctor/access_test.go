package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
)

const contoso = "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func commercial() Microsoft {
	return Microsoft{Cloud: "commercial", Endpoint: "https://manage.office.com", Authority: "https://login.microsoftonline.com/",
		Login: entra.Config{Kind: entra.Secret, ClientID: "0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02"}}
}

// well is what Microsoft's side says where all is well.
func well() Answers {
	return Answers{Home: Home{contoso, "commercial"}, Claims: Claims{Tenant: contoso, Audience: "https://manage.office.com",
		Roles: []string{RoleRead, "ServiceHealth.Read"}}}
}

func refusedLogin(code string) error {
	return fmt.Errorf("token for x: log in as app 1: AADSTS%s: some words", code)
}

func TestOnlyWhatIsAtFaultIsFailed(t *testing.T) {
	for _, test := range []struct {
		name      string
		spoil     func(*Answers)
		dlp       bool
		check     string // "" for none
		says, fix string
	}{
		{"all is well", func(*Answers) {}, false, "", "", ""},
		{"secret expired", func(a *Answers) { a.LoginErr = refusedLogin("7000222") }, false, checkCredential, "expired (AADSTS7000222)", "Certificates & secrets"},
		{"wrong secret", func(a *Answers) { a.LoginErr = refusedLogin("7000215") }, false, checkCredential, "not the app's", "put its value into the file"},
		{"unknown certificate", func(a *Answers) { a.LoginErr = refusedLogin("700027") }, false, checkCredential, "certificate", "upload the certificate"},
		{"unknown federated token", func(a *Answers) { a.LoginErr = refusedLogin("700213") }, false, checkCredential, "federated", "issuer, subject and audience"},
		{"conditional access", func(a *Answers) { a.LoginErr = refusedLogin("53003") }, false, checkCredential, "Conditional Access", "except the app"},
		{"certificate file is gone", func(a *Answers) { a.ProofErr = errors.New("read the certificate: open app.pem: no such file") }, false, checkCredential, "open app.pem", "see that the file is there"},
		{"no consent", func(a *Answers) { a.LoginErr = refusedLogin("700016") }, false, checkConsent, "no administrator has consented",
			"    https://login.microsoftonline.com/" + contoso + "/adminconsent?client_id=0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02"},
		{"no roles", func(a *Answers) { a.Claims.Roles = nil }, false, checkConsent, "without any permission", "adminconsent"},
		{"another role", func(a *Answers) { a.Claims.Roles = []string{"ServiceHealth.Read"} }, false, checkRoles, "lacks ActivityFeed.Read", "Privileged Role Administrator or Global Administrator"},
		{"role refused by the API", func(a *Answers) { a.FeedErr = &o365.Error{Status: 401, Code: "AF10001"} }, false, checkRoles, "lacks ActivityFeed.Read", "adminconsent"},
		{"a token for another API", func(a *Answers) { a.Claims.Audience = "https://manage.office365.us" }, false, checkTenant, "meant for https://manage.office365.us", "--endpoint"},
		{"a token that names the API by its ID", func(a *Answers) { a.Claims.Audience = managementApp }, false, "", "", ""},
		{"no DLP role", func(*Answers) {}, true, checkRoles, "lacks ActivityFeed.ReadDlp", "leave DLP.All out"},
		{"no such tenant at the login service", func(a *Answers) { a.LoginErr = refusedLogin("90002") }, false, checkTenant, "another of Microsoft's clouds", "--cloud gcc-high"},
		{"no such tenant at discovery", func(a *Answers) { a.HomeErr, a.LoginErr = ErrNoTenant, refusedLogin("90002") }, false, checkTenant, "login.microsoftonline.com knows no tenant", "--cloud dod"},
		{"the API takes no token", func(a *Answers) { a.FeedErr = &o365.Error{Status: 401} }, false, checkTenant, "does not take the tenant's token", "--cloud gcc"},
		{"the API has no such tenant", func(a *Answers) { a.FeedErr = &o365.Error{Status: 400, Code: "AF20011"} }, false, checkTenant, "AF20011", "overview page"},
		{"another tenant's identity", func(a *Answers) { a.Claims.Tenant = "9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01" }, false, checkTenant, "tokens of tenant 9c2e7f10", "multi-tenant app"},
		{"login service is silent", func(a *Answers) { a.LoginErr = fmt.Errorf("log in: %w", context.DeadlineExceeded) }, false, checkLogin, "no answer within 8s", "login.microsoftonline.com on port 443"},
		{"login service is away", func(a *Answers) { a.HomeErr = errors.New("ask x: connection refused"); a.LoginErr = a.HomeErr }, false, checkLogin, "connection refused", "HTTPS_PROXY"},
		{"certificate expired", func(a *Answers) {
			a.Expires, a.LoginErr = noon.Add(-time.Hour), errors.New("the certificate has expired")
		}, false, checkCredential, "expired on 2026-03-02", "upload a new certificate"},
		{"unknown refusal", func(a *Answers) { a.LoginErr = refusedLogin("99999") }, false, checkLogin, "AADSTS99999", "error?code=99999"},
		{"clock, by assertion", func(a *Answers) { a.LoginErr = refusedLogin("700024") }, false, checkClock, "clock is wrong", "timedatectl"},
		{"clock, by Date", func(a *Answers) { a.Skew = 10*time.Minute - time.Second }, false, checkClock, "10 min behind", "timedatectl"},
		{"clock, that is ahead", func(a *Answers) { a.Skew = -10 * time.Minute }, false, checkClock, "10 min ahead of", "timedatectl"},
		{"clock, so that tokens are refused", func(a *Answers) { a.Skew, a.FeedErr = time.Hour, &o365.Error{Status: 401} }, false, checkClock, "60 min behind", "timedatectl"},
		{"quota", func(a *Answers) { a.Throttled, a.FeedErr = true, errThrottled }, false, checkQuota, "AF429", "smaller --quota"},
		{"the API is silent", func(a *Answers) { a.FeedErr = errSilent }, false, checkFeed, "manage.office.com: no answer within 8s", "manage.office.com on port 443"},
		{"the API is in trouble", func(a *Answers) { a.FeedErr = &o365.Error{Status: 400, Code: "AF20002"} }, false, checkFeed, "AF20002", "service health"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := well()
			test.spoil(&a)
			m := commercial()
			if !a.Expires.IsZero() {
				m.Login.Kind = entra.Certificate
			}
			checks := m.Access(contoso, a, test.dlp, noon)
			if len(checks) != 8 {
				t.Errorf("%d checks, want each once", len(checks))
			}
			found := false
			for _, c := range checks {
				switch {
				case c.Name == test.check:
					found = true
					if c.State != Failed || !strings.Contains(c.Says, test.says) || !strings.Contains(c.Fix, test.fix) {
						t.Errorf("%+v, want it failed, saying %q, mended by %q", c, test.says, test.fix)
					}
				case c.State == Failed:
					t.Errorf("%s is failed, too: %s", c.Name, c.Says)
				case c.Name == checkCredential && c.State == OK && a.LoginErr != nil && m.Login.Kind == entra.Secret:
					t.Errorf("nobody knows whether the secret is good: %+v", c)
				case c.State == Skipped && test.check == "":
					t.Errorf("%s is skipped for no reason", c.Name)
				}
			}
			if !found && test.check != "" {
				t.Errorf("there is no check %s: %+v", test.check, checks)
			}
		})
	}
}

func TestWhatWorksAndWillNotForLongIsWarnedOf(t *testing.T) {
	m := commercial()
	m.Login.Kind = entra.Certificate
	for _, test := range []struct {
		name  string
		spoil func(*Answers)
		check string
		state State
		says  string
	}{
		{"certificate for years", func(a *Answers) { a.Expires = noon.AddDate(2, 0, 0) }, checkCredential, OK, "expires on 2028-03-02"},
		{"certificate for ten days", func(a *Answers) { a.Expires = noon.AddDate(0, 0, 10) }, checkCredential, Warning, "expires on 2026-03-12, in 10 days"},
		{"certificate for a day", func(a *Answers) { a.Expires = noon.AddDate(0, 0, 1) }, checkCredential, Warning, "in 1 day"},
		{"certificate no more", func(a *Answers) { a.Expires = noon.AddDate(0, 0, -1) }, checkCredential, Failed, "expired on 2026-03-01"},
		{"clock is a little off", func(a *Answers) { a.Skew, a.Expires = 2*time.Minute, noon.AddDate(1, 0, 0) }, checkClock, Warning, "2 min behind"},
		{"some requests were refused", func(a *Answers) { a.Throttled = true }, checkQuota, Warning, "AF429"},
		{"another cloud", func(a *Answers) { a.Home.Cloud = "gcc" }, checkTenant, Warning, "says that it is in the cloud gcc, and commercial is used"},
		{"a cloud that was not told", func(a *Answers) { a.Home, a.HomeErr = Home{}, errors.New("connection refused") }, checkTenant, Warning, "could not be asked"},
		{"a token that cannot be read", func(a *Answers) { a.Claims, a.ClaimsErr = ParseClaims("opaque") }, checkRoles, Warning, "not known: it is no JSON web token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := well()
			test.spoil(&a)
			for _, c := range m.Access(contoso, a, false, noon) {
				if c.Name == test.check && (c.State != test.state || !strings.Contains(c.Says, test.says)) {
					t.Errorf("%+v, want it to be %s and to say %q", c, test.state, test.says)
				}
			}
		})
	}
}

func TestConsentIsAskedForWhereTheCloudHasItsPage(t *testing.T) {
	for name, host := range map[string]string{
		"commercial": "login.microsoftonline.com", "gcc": "login.microsoftonline.com", "gcc-high": "login.microsoftonline.us", "dod": "login.microsoftonline.us",
	} {
		cloud, err := entra.CloudOf(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := ConsentLink(cloud.Authority, contoso, "app"), "https://"+host+"/"+contoso+"/adminconsent?client_id=app"; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got, want := ConsentLink("https://login.example", "a/b?c", "a b&c"), "https://login.example/a%2Fb%3Fc/adminconsent?client_id=a+b%26c"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAManagedIdentityIsGivenItsRolesByCommands(t *testing.T) {
	m := commercial()
	m.Login = entra.Config{Kind: entra.ManagedIdentity, ClientID: "1"}
	grant := m.Grant(contoso, true)
	for _, want := range []string{"has no consent page", "Where-Object Value -eq ActivityFeed.Read).Id", "Where-Object Value -eq ActivityFeed.ReadDlp).Id"} {
		if !strings.Contains(grant, want) {
			t.Errorf("%q does not say %q", grant, want)
		}
	}
	m.Login.IdentityID = "2"
	if grant := m.Grant(contoso, false); !strings.Contains(grant, "adminconsent?client_id=1") {
		t.Errorf("an app that an identity proves is consented to as any other, not by %q", grant)
	}
}

func TestTheQuotaInUseIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		quota *status.Quota
		state State
		says  string
	}{
		"no worker":       {nil, OK, "no request was refused"},
		"little":          {&status.Quota{Used: 10, Allowed: 2000, Configured: 2000}, OK, "10 of 2000 requests used in the last minute"},
		"nearly all":      {&status.Quota{Used: 1900, Allowed: 2000, Configured: 2000}, Warning, "1900 of 2000"},
		"lowered by them": {&status.Quota{Used: 10, Allowed: 800, Configured: 2000}, Warning, "of 800 requests used in the last minute, which throttling has lowered from 2000"},
	} {
		got := quota(Answers{Quota: c.quota})
		if got.State != c.state || !strings.Contains(got.Says, c.says) || (got.State == Warning) != (got.Fix != "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOnlyWithThePermissionForDLPDoesTheAppReadPartsOfContent(t *testing.T) {
	if plain, dlp := MayRead(false), MayRead(true); strings.Contains(plain, "DLP") || !strings.Contains(plain, "may not read mail") ||
		!strings.Contains(dlp, "what DLP rules found in mail") || !strings.Contains(dlp, "may not otherwise read mail") {
		t.Errorf("without: %s\nwith: %s", plain, dlp)
	}
}
