package cloudsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// open gives a page of the login service. The client follows no redirect.
func (c *client) open(method, path string, query url.Values, form url.Values) answer {
	c.t.Helper()
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequest(method, c.cloud.URL()+path+"?"+query.Encode(), strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

// asked is a request for consent, with more of a query.
func asked(more ...string) url.Values {
	q := url.Values{"client_id": {DefaultClientID}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

func TestAnAdministratorLetsTheAppIn(t *testing.T) {
	for _, path := range []string{"/contoso.example/adminconsent", "/" + contoso + "/v2.0/adminconsent", "/common/adminconsent", "/organizations/v2.0/adminconsent"} {
		c := start(t, Config{Tenants: tenants()[:1]})
		c.put(SkewedClock, NoConsent)
		shown := c.open(http.MethodGet, path, asked(), nil)
		if shown.status != http.StatusOK || !strings.HasPrefix(shown.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, shown.status, shown.header)
		}
		for _, want := range []string{"Permissions requested", "Accept for contoso.example", "ActivityFeed.Read<", DefaultClientID, `value="` + contoso + `"`} {
			if !strings.Contains(string(shown.body), want) {
				t.Errorf("%s: no %q in %s", path, want, shown.body)
			}
		}
		c.ask(contoso).declined(t, 400, "unauthorized_client", "AADSTS700016") // a look at the page is no consent
		if done := c.open(http.MethodPost, path, asked(), nil); done.status != http.StatusOK || !strings.Contains(string(done.body), "Consent is given for contoso.example.") {
			t.Errorf("%s: %d %s", path, done.status, done.body)
		}
		if got := c.ask(contoso); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := c.cloud.Tenants()[0].States; len(got) != 1 || got[0] != SkewedClock {
			t.Errorf("%s: other states became %v", path, got)
		}
	}
}

func TestConsentIsToldToTheApp(t *testing.T) {
	c := start(t, Config{Tenants: tenants()[:1]})
	c.put(NoConsent)
	q := asked("redirect_uri", "https://app.example/back?page=1", "state", "a&b", "scope", manageResource+"/.default")
	for _, test := range []struct {
		form url.Values
		want url.Values
	}{
		{url.Values{"cancel": {"cancel"}}, url.Values{"error": {"access_denied"}}},
		{url.Values{"tenant": {contoso}}, url.Values{"admin_consent": {"True"}, "tenant": {contoso}, "scope": {manageResource + "/.default"}}},
	} {
		got := c.open(http.MethodPost, "/common/v2.0/adminconsent", q, test.form)
		to, err := url.Parse(got.header.Get("Location"))
		if err != nil || got.status != http.StatusFound || to.Host != "app.example" || to.Path != "/back" {
			t.Fatalf("%d to %q: %v", got.status, got.header.Get("Location"), err)
		}
		test.want["page"], test.want["state"] = []string{"1"}, []string{"a&b"}
		for name, want := range test.want {
			if to.Query().Get(name) != want[0] {
				t.Errorf("%s: %q, want %q in %s", name, to.Query().Get(name), want, to)
			}
		}
		if (to.Query().Get("error") != "") != (c.ask(contoso).status != http.StatusOK) {
			t.Errorf("told %s, and it is not so", to)
		}
	}
}

func TestConsentIsForTheTenantThatIsChosen(t *testing.T) {
	c := start(t, Config{})
	for _, name := range []string{contoso, fabrikam} {
		if err := c.cloud.SetStates(name, States{NoConsent}); err != nil {
			t.Fatal(err)
		}
	}
	for _, form := range []url.Values{nil, {"tenant": {publisher}}} {
		if got := c.open(http.MethodPost, "/common/adminconsent", asked(), form); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", form, got.status, got.body)
		}
	}
	if got := c.open(http.MethodPost, "/"+fabrikam+"/adminconsent", asked(), url.Values{"tenant": {contoso}}); got.status != http.StatusBadRequest {
		t.Errorf("another tenant than the address names: %d %s", got.status, got.body)
	}
	c.open(http.MethodPost, "/common/adminconsent", asked(), url.Values{"tenant": {fabrikam}})
	if got := c.ask(fabrikam); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	c.ask(contoso).declined(t, 400, "unauthorized_client", "AADSTS700016")
	c.put(WrongCloud)
	if got := c.open(http.MethodGet, "/common/adminconsent", asked(), nil); strings.Contains(string(got.body), "contoso.example") {
		t.Errorf("a tenant of another cloud is shown: %s", got.body)
	}
}

func TestWhatNobodyCanConsentToIsRefused(t *testing.T) {
	c := start(t, Config{})
	for _, test := range []struct{ path, name, value, want string }{
		{contoso, "client_id", publisher, "AADSTS700016"},
		{contoso, "client_id", "", "AADSTS900144"},
		{publisher, "state", "", "AADSTS90002"},
		{"<b>nobody", "state", "", "AADSTS90002"},
		{contoso, "client_id", "<script>alert(1)</script>", "AADSTS700016"},
		{contoso, "redirect_uri", "javascript:alert(1)", "AADSTS50011"},
		{contoso, "redirect_uri", "http://app.example/", "AADSTS50011"},
		{contoso, "redirect_uri", "https://login@app.example/", "AADSTS50011"},
		{contoso, "redirect_uri", "\"><script>", "AADSTS50011"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := c.open(method, "/"+url.PathEscape(test.path)+"/adminconsent", asked(test.name, test.value), nil)
			body := string(got.body)
			if got.status != http.StatusBadRequest || !strings.Contains(body, test.want+": ") || got.header.Get("Location") != "" {
				t.Errorf("%s %s=%s: %d %s", test.path, test.name, test.value, got.status, body)
			}
			if strings.Contains(body, "<script>") || strings.Contains(body, "<b>") {
				t.Errorf("%s %s=%s is not escaped: %s", test.path, test.name, test.value, body)
			}
		}
	}
	if got := c.open(http.MethodPost, "/"+contoso+"/adminconsent", asked("redirect_uri", "http://localhost:8080/back"), nil); got.status != http.StatusFound {
		t.Errorf("to the own machine: %d %s", got.status, got.body)
	}
}
