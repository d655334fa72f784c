package cloudsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// put changes contoso's states.
func (c *client) put(states ...State) {
	c.t.Helper()
	if err := c.cloud.SetStates("contoso.example", states); err != nil {
		c.t.Fatal(err)
	}
}

// ask asks for a token by the app's secret.
func (c *client) ask(tenant string) answer {
	c.t.Helper()
	return c.form("/"+tenant+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {DefaultClientID},
		"client_secret": {DefaultClientSecret}, "scope": {manageResource + "/.default"}})
}

// declined checks for an error of the login service.
func (a answer) declined(t *testing.T, status int, code, aadsts string) {
	t.Helper()
	var got refusal
	a.into(t, &got)
	if a.status != status || got.Code != code || !strings.HasPrefix(got.Description, aadsts+": ") {
		t.Fatalf("got %d %s, want %d %s %s", a.status, a.body, status, code, aadsts)
	}
}

func TestLoginRefusesByTheTenantsState(t *testing.T) {
	c := start(t, Config{})
	for _, test := range []struct {
		state        State
		status       int
		code, aadsts string
	}{
		{NoConsent, 400, "unauthorized_client", "AADSTS700016"},
		{WrongCloud, 400, "invalid_request", "AADSTS90002"},
		{ExpiredSecret, 401, "invalid_client", "AADSTS7000222"},
	} {
		c.put(test.state)
		c.ask(contoso).declined(t, test.status, test.code, test.aadsts)
		if got := c.ask(fabrikam); got.status != http.StatusOK {
			t.Errorf("%s of contoso keeps fabrikam out: %d %s", test.state, got.status, got.body)
		}
		c.put()
		if got := c.ask(contoso); got.status != http.StatusOK {
			t.Errorf("after %s: %d %s", test.state, got.status, got.body)
		}
	}
}

func TestATenantOfAnotherCloudIsUnknownHere(t *testing.T) {
	c := start(t, Config{})
	c.put(WrongCloud)
	c.do(http.MethodGet, c.cloud.URL()+"/contoso.example/v2.0/.well-known/openid-configuration", nil).
		declined(t, 400, "invalid_tenant", "AADSTS90002")
	got := c.get("subscriptions/list") // with a token from before
	var reply struct{ Message string }
	if got.into(t, &reply); got.status != http.StatusUnauthorized || reply.Message == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestAnExpiredSecretIsNotAWrongOne(t *testing.T) {
	c := start(t, Config{Tenants: []Tenant{{ID: contoso, Domain: "contoso.example"}}})
	c.put(ExpiredSecret)
	c.form("/"+contoso+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {DefaultClientID},
		"client_secret": {"guessed"}, "scope": {manageResource + "/.default"}}).declined(t, 401, "invalid_client", "AADSTS7000215")
}

func TestTokensLackTheRolesThatNobodyConsentedTo(t *testing.T) {
	c := start(t, Config{})
	old := c.token
	c.put(MissingRole)
	c.token = c.signIn(contoso)
	c.get("subscriptions/list").is(t, 401, "AF10001")
	c.token = old // which stays what it is
	if got := c.get("subscriptions/list"); got.status != http.StatusOK {
		t.Errorf("a token from before: %d %s", got.status, got.body)
	}
}

func TestContentOfDLPTakesItsOwnPermission(t *testing.T) {
	c := start(t, Config{})
	id := c.offer(contentDLP, -time.Hour, `{"Id":"a"}`)
	c.put(MissingDLPRole)
	c.token = c.signIn(contoso)
	c.get("subscriptions/content", "&contentType=dlp.all").is(t, 401, "AF10001")
	c.get("audit/"+id).is(t, 401, "AF10001")
	if got := c.get("subscriptions/content", "&contentType=Audit.General"); got.status != http.StatusOK {
		t.Errorf("other content: %d %s", got.status, got.body)
	}
	c.post("subscriptions/stop", "&contentType=DLP.All")
	if got := c.post("subscriptions/start", "&contentType=DLP.All"); got.status != http.StatusOK {
		t.Errorf("a start: %d %s", got.status, got.body)
	}
	c.put()
	c.token = c.signIn(contoso)
	if got := c.get("audit/" + id); got.status != http.StatusOK {
		t.Errorf("with the permission: %d %s", got.status, got.body)
	}
}

func TestASubscriptionCannotBeStartedWhereAuditingIsOff(t *testing.T) {
	c := start(t, Config{States: States{AuditingOff}})
	if got := string(c.get("subscriptions/list").body); got != "[]" {
		t.Errorf("it began with subscriptions: %s", got)
	}
	var got struct {
		Error struct{ Code, Message string }
	}
	reply := c.post("subscriptions/start", "&contentType=Audit.Exchange")
	reply.into(t, &got)
	if reply.status != http.StatusBadRequest || !strings.Contains(got.Error.Code, "[TenantId="+contoso+",ContentType=Audit.Exchange,ApplicationId="+DefaultClientID) ||
		!strings.Contains(got.Error.Message, "Microsoft.Office.Compliance.Audit.DataServiceException: Tenant "+contoso+" does not exist.") {
		t.Errorf("%d %s", reply.status, reply.body)
	}
	c.put()
	if got := c.post("subscriptions/start", "&contentType=Audit.Exchange"); got.status != http.StatusOK {
		t.Errorf("once it is on: %d %s", got.status, got.body)
	}
}

func TestDisabledSubscriptionsWaitForAStart(t *testing.T) {
	c := start(t, Config{})
	c.put(DisabledSubscription)
	if got := string(c.get("subscriptions/list").body); strings.Count(got, `"disabled"`) != len(contentTypes) {
		t.Errorf("list: %s", got)
	}
	c.get("subscriptions/content", "&contentType=Audit.General").is(t, 400, "AF20023")
	if got := c.post("subscriptions/start", "&contentType=Audit.General"); got.status != http.StatusOK {
		t.Fatalf("start: %d %s", got.status, got.body)
	}
	if got := c.get("subscriptions/content", "&contentType=Audit.General"); got.status != http.StatusOK {
		t.Errorf("after the start: %d %s", got.status, got.body)
	}
	c.put()
	c.get("subscriptions/content", "&contentType=Audit.Exchange").is(t, 400, "AF20023")
}

func TestATenantsClockIsAhead(t *testing.T) {
	c := start(t, Config{})
	c.put(SkewedClock)
	c.token = c.signIn(contoso)
	ahead, right := noon.Add(SkewedBy).Format(http.TimeFormat), noon.Format(http.TimeFormat)
	for path, want := range map[string]string{
		"/" + contoso + "/discovery/v2.0/keys": ahead, "/fabrikam.example/discovery/v2.0/keys": right, "/": right,
		"/api/v1.0/" + contoso + "/activity/feed/subscriptions/list": ahead, "/api/v1/" + fabrikam + "/activity/feed/subscriptions/list": right,
	} {
		if got := c.do(http.MethodGet, c.cloud.URL()+path, nil).header.Get("Date"); got != want {
			t.Errorf("%s: Date %s, want %s", path, got, want)
		}
	}
	oldest := times(-7*24*time.Hour, -6*24*time.Hour)
	c.get("subscriptions/content", "&contentType=Audit.General", oldest).is(t, 400, "AF20055")
	if err := c.cloud.Play(ended(t), past(1, 60)); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(c.cloud.Offered(), func(r Record) bool { return r.ContentCreated.After(noon) }) {
		t.Error("content is not ahead")
	}
	c.put()
	c.token = c.signIn(contoso)
	if got := c.get("subscriptions/content", "&contentType=Audit.General", oldest); got.status != http.StatusOK {
		t.Errorf("once it is right: %d %s", got.status, got.body)
	}
}

func TestAnExhaustedQuotaAnswersWhoeverWaits(t *testing.T) {
	c := start(t, Config{States: States{QuotaExhausted}})
	for i, step := range []struct {
		wait time.Duration
		want int
	}{{0, 403}, {time.Minute, 403}, {rest - time.Second, 403}, {rest, 200}, {time.Second, 403}, {3 * rest, 200}} {
		if c.clock.move(step.wait); c.get("subscriptions/list").status != step.want {
			t.Errorf("request %d: want %d", i, step.want)
		}
	}
	c.get("subscriptions/list").is(t, 403, "AF429")
}

func TestStatesAreNamed(t *testing.T) {
	if got, err := ParseStates(" no-consent, skewed-clock,"); err != nil || !slices.Equal(got, States{NoConsent, SkewedClock}) {
		t.Errorf("%v, error %v", got, err)
	}
	if got, err := ParseStates(""); err != nil || got != nil {
		t.Errorf("%v, error %v", got, err)
	}
	if _, err := ParseStates("no-consnet"); err == nil || !strings.Contains(err.Error(), "auditing-off, no-consent,") {
		t.Errorf("error %v", err)
	}
	for _, cfg := range []Config{{States: States{"asleep"}}, {Tenants: []Tenant{{ID: contoso, Domain: "contoso.example", States: States{"asleep"}}}}} {
		if _, err := New(cfg); err == nil {
			t.Error("a tenant can be asleep")
		}
	}
	c, err := New(Config{States: States{NoDefender}, Tenants: []Tenant{{ID: contoso, Domain: "contoso.example", States: States{SkewedClock}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Tenants()[0].States; !slices.Equal(got, States{NoDefender, SkewedClock}) {
		t.Errorf("begins in %v", got)
	}
	if c.SetStates("nobody.example", nil) == nil || c.SetStates(contoso, States{"asleep"}) == nil {
		t.Error("set states of nobody, or a state that there is none of")
	}
}
