package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/entra"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// Further checks of access to a tenant.
const (
	checkRoles = "permissions"
	checkFeed  = "Management API"
	checkQuota = "quota"
)

const (
	expirySoon = 30 * 24 * time.Hour
	// Entra and the API forgive about five minutes; a clock that is a minute off has no good reason to be.
	skewBad, skewOdd = 5 * time.Minute, time.Minute
)

// Access judges what Microsoft's side said: whether the app gets in, and with which permissions. Only what is at fault
// is failed; what could not be seen because of that is skipped. The checks are in the order of the prerequisites.
func (m Microsoft) Access(tenant string, a Answers, dlp bool, now time.Time) []Check {
	f, known := m.culprit(tenant, a, now), m.known(a)
	list := []Check{ // as they are where nothing is at fault
		m.credential(a, now), m.home(a),
		ok(checkLogin, "%s gives a token", hostOf(m.Authority)), ok(checkConsent, "the app is in the tenant"), m.roles(tenant, a, dlp),
		ok(checkFeed, "%s answers", hostOf(m.Endpoint)), clock(a.Skew), quota(a),
	}
	for i, c := range list {
		switch {
		case f != nil && f.Name == c.Name:
			list[i] = *f
		case f != nil && !slices.Contains(known, c.Name):
			list[i] = skipped(c.Name, "cannot be seen before the above is mended")
		}
	}
	return blameAbove(list)
}

// known names the checks that can be made whatever else failed. Entra looks at a credential after all else, so that
// only a token says that it is good; a certificate tells by itself when it expires.
func (m Microsoft) known(a Answers) []string {
	names := []string{}
	if a.LoginErr == nil {
		names = append(names, checkCredential, checkLogin, checkConsent, checkRoles)
	} else if m.Login.Kind == entra.Certificate && a.ProofErr == nil {
		names = append(names, checkCredential)
	}
	if a.HomeErr == nil {
		names = append(names, checkTenant)
	}
	if a.FeedErr != nil && a.LoginErr == nil && a.Skew != 0 {
		names = append(names, checkClock)
	}
	return names
}

// blameAbove has a skipped check that stands before the failed one say so.
func blameAbove(list []Check) []Check {
	seen := false
	for i, c := range list {
		seen = seen || c.State == Failed
		if c.State == Skipped && !seen {
			list[i].Says = "cannot be seen before what is below is mended"
		}
	}
	return list
}

// culprit gives the one check that is at fault for all that did not work, nil where everything did.
func (m Microsoft) culprit(tenant string, a Answers, now time.Time) *Check {
	bad := func(name, fix, format string, args ...any) *Check {
		c := failed(name, fix, format, args...)
		return &c
	}
	switch {
	case a.ProofErr != nil:
		return bad(checkCredential, "see that the file is there, that this user may read it, and that it holds what it should", "%v", a.ProofErr)
	case !a.Expires.IsZero() && !now.Before(a.Expires):
		c := m.credential(a, now)
		return &c
	case errors.Is(a.HomeErr, ErrNoTenant):
		return bad(checkTenant, otherCloud(m, tenant), "%s knows no tenant %s: its ID is wrong, or it is in another of Microsoft's clouds",
			hostOf(m.Authority), tenant)
	case a.LoginErr != nil:
		f := faultOf(a.LoginErr)
		return bad(f.check, f.fix(m, tenant), "%s", f.says)
	case a.ClaimsErr == nil && a.Claims.Tenant != "" && !strings.EqualFold(a.Claims.Tenant, tenant):
		return bad(checkTenant, "use a multi-tenant app that an administrator of "+tenant+" has consented to",
			"who logs in gets tokens of tenant %s only, not of %s", a.Claims.Tenant, tenant)
	case a.ClaimsErr == nil && a.Claims.Audience != "" && !a.Claims.isFor(m.Endpoint):
		return bad(checkTenant, otherCloud(m, tenant)+"; --endpoint is the API of that cloud, or is left out",
			"the token is meant for %s, and not for %s", a.Claims.Audience, m.Endpoint)
	case a.ClaimsErr == nil && len(a.Claims.Roles) == 0:
		return bad(checkConsent, m.Grant(tenant, false), "the app has a token without any permission: no administrator of the tenant has approved "+RoleRead)
	case a.ClaimsErr == nil && !a.Claims.has(RoleRead):
		c := m.lacksRead(tenant, a)
		return &c
	case a.FeedErr != nil:
		c := m.feedFault(tenant, a)
		return &c
	}
	return nil
}

func (m Microsoft) lacksRead(tenant string, a Answers) Check {
	has := cmp.Or(strings.Join(a.Claims.Roles, ", "), "no permission")
	return failed(checkRoles, m.Grant(tenant, false), "the token has %s and lacks %s, without which no record can be read", has, RoleRead)
}

// feedFault says what it is the fault of that the API does not answer as it should.
func (m Microsoft) feedFault(tenant string, a Answers) Check {
	answer, told := errors.AsType[*o365.Error](a.FeedErr)
	reach := "let this machine reach " + hostOf(m.Endpoint) + " on port 443, past firewalls and proxies (HTTPS_PROXY is heeded)"
	switch {
	case errors.Is(a.FeedErr, errThrottled):
		return failed(checkQuota, "wait a few minutes and ask again; where it stays so, run the workers with a smaller --quota, and see which other "+
			"programs read this tenant's audit records with the same PublisherIdentifier (--publisher)",
			"Microsoft answers every request for this tenant with AF429, too many requests: what is refused comes late, and after seven days not at all")
	case a.Skew.Abs() >= skewBad:
		return clock(a.Skew)
	case !told:
		return failed(checkFeed, reach, "%s: %v", hostOf(m.Endpoint), a.FeedErr)
	case answer.Code == "AF10001":
		return m.lacksRead(tenant, a)
	case answer.Code == "AF20010", answer.Code == "AF20011", answer.Code == "AF20012", answer.Status == http.StatusUnauthorized:
		return failed(checkTenant, otherCloud(m, tenant), "%s does not take the tenant's token: the tenant is in another of Microsoft's clouds (%s)",
			hostOf(m.Endpoint), code(answer))
	}
	return failed(checkFeed, "wait, and look at Microsoft 365's service health; where it stays so, ask Microsoft's support", "%v", a.FeedErr)
}

func code(e *o365.Error) string {
	if e.Code != "" {
		return e.Code
	}
	return fmt.Sprintf("status %d", e.Status)
}

func (m Microsoft) credential(a Answers, now time.Time) Check {
	left := a.Expires.Sub(now)
	const next = "upload a new certificate at Entra, App registrations, Certificates & secrets, and put it with its key into the file: no worker " +
		"needs a restart"
	switch {
	case m.Login.Kind == entra.Certificate && left <= 0:
		return failed(checkCredential, next, "the app's certificate expired on %s", day(a.Expires))
	case m.Login.Kind == entra.Certificate && left < expirySoon:
		return warning(checkCredential, next, "the app's certificate expires on %s, in %s", day(a.Expires), days(left))
	case m.Login.Kind == entra.Certificate:
		return ok(checkCredential, "a certificate, which expires on %s", day(a.Expires))
	case m.Login.Kind == entra.Secret:
		return ok(checkCredential, "a client secret; when it expires only the app registration shows")
	}
	return ok(checkCredential, "%s, which does not expire here", m.Login.Kind)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(d time.Duration) string {
	n := int(d / (24 * time.Hour))
	return fmt.Sprintf("%d %s", n, plural(n, "day"))
}

// home compares the cloud that the tenant says it is in with the one that is used. It only warns: everything works.
func (m Microsoft) home(a Answers) Check {
	used := m.Cloud
	for _, c := range entra.Clouds {
		if strings.EqualFold(strings.TrimSuffix(m.Endpoint, "/"), c.Endpoint) {
			used = c.Name
		}
	}
	switch {
	case a.HomeErr != nil:
		return warning(checkTenant, "see that "+hostOf(m.Authority)+" can be reached", "which cloud the tenant is in could not be asked: %v", a.HomeErr)
	case a.Home.Cloud != "" && !strings.EqualFold(a.Home.Cloud, used):
		return warning(checkTenant, "use --cloud "+a.Home.Cloud, "the tenant says that it is in the cloud %s, and %s is used: records may be missing", a.Home.Cloud, used)
	}
	return ok(checkTenant, "%s, cloud %s", a.Home.Tenant, used)
}

func (m Microsoft) roles(tenant string, a Answers, dlp bool) Check {
	switch {
	case a.ClaimsErr != nil:
		return warning(checkRoles, "", "what the token permits is not known: %v", a.ClaimsErr)
	case dlp && !a.Claims.has(RoleReadDLP):
		return failed(checkRoles, m.Grant(tenant, true)+"\nor leave "+schemas.ContentTypeDLP+" out with --content-types",
			"the token lacks %s, without which %s is refused", RoleReadDLP, schemas.ContentTypeDLP)
	}
	return ok(checkRoles, "%s", strings.Join(a.Claims.Roles, ", "))
}

func clock(skew time.Duration) Check {
	off := ago(skew.Abs().Round(time.Minute))
	side := "behind"
	if skew < 0 {
		side = "ahead of"
	}
	switch {
	case skew.Abs() >= skewBad:
		return failed(checkClock, setClock(Microsoft{}, ""), "this machine's clock is %s %s Microsoft's: tokens and listings may be refused beyond %s", off, side, ago(skewBad))
	case skew.Abs() >= skewOdd:
		return warning(checkClock, setClock(Microsoft{}, ""), "this machine's clock is %s %s Microsoft's", off, side)
	}
	return ok(checkClock, "this machine's is as Microsoft's to a minute")
}

func quota(a Answers) Check {
	if a.Throttled {
		return warning(checkQuota, "where records come late, run the workers with a smaller --quota, and see which other programs read this tenant's audit records",
			"Microsoft answered with AF429, too many requests, before it let us in")
	}
	switch q := a.Quota; {
	case q == nil:
		return ok(checkQuota, "no request was refused")
	case q.Allowed < q.Configured:
		return warning(checkQuota, "where records come late, see which other programs read this tenant's audit records", "%s", q)
	case q.Used*10 >= q.Configured*9:
		return warning(checkQuota, "where Microsoft lets the tenant have more, as it does with E5, give the workers more --quota", "%s", q)
	default:
		return ok(checkQuota, "%s", q)
	}
}
