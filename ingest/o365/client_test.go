package o365

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConfigIsCheckedBeforeAnythingIsSent(t *testing.T) {
	good := Config{Endpoint: "https://manage.office.com", Tenant: tenant, Credential: &credential{}}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"good":                {func(*Config) {}, ""},
		"good, final slash":   {func(c *Config) { c.Endpoint += "/" }, ""},
		"no TLS":              {func(c *Config) { c.Endpoint = "http://manage.office.com" }, "endpoint"},
		"a path":              {func(c *Config) { c.Endpoint += "/api" }, "endpoint"},
		"a user":              {func(c *Config) { c.Endpoint = "https://u:p@manage.office.com" }, "endpoint"},
		"no host":             {func(c *Config) { c.Endpoint = "https://" }, "endpoint"},
		"no endpoint":         {func(c *Config) { c.Endpoint = "" }, "endpoint"},
		"tenant no GUID":      {func(c *Config) { c.Tenant = "contoso.example" }, "tenant"},
		"tenant with a path":  {func(c *Config) { c.Tenant = tenant + "/../x" }, "tenant"},
		"publisher no GUID":   {func(c *Config) { c.Publisher = "contoso" }, "publisher"},
		"nobody to send as":   {func(c *Config) { c.Credential = nil }, "credential"},
		"endpoint with query": {func(c *Config) { c.Endpoint += "?x=1" }, "endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			_, err := New(cfg)
			if got := err == nil; got != (c.want == "") {
				t.Fatalf("error %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "u:p")) {
				t.Errorf("error %q, want it to name the %s and no secret", err, c.want)
			}
		})
	}
}

func TestEveryCallCarriesTokenAndPublisher(t *testing.T) {
	var calls []string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.Method+" "+r.URL.Path)
		if got := r.Header.Get("Authorization"); got != "Bearer "+secret {
			t.Errorf("%s: Authorization %q", r.URL, got)
		}
		if got := r.URL.Query()[publisherKey]; !slices.Equal(got, []string{publisher}) {
			t.Errorf("%s: publisher %q", r.URL, got)
		}
		if r.Method == http.MethodPost && r.Header.Get("Content-Length") != "0" {
			t.Errorf("%s: a start without a body needs Content-Length 0", r.URL)
		}
		reply(w, 200, "[]")
	})
	ctx := t.Context()
	if _, err := c.Subscriptions(ctx); err != nil {
		t.Error(err)
	}
	if err := c.Start(ctx, "Audit.Exchange"); err != nil {
		t.Error(err)
	}
	if err := c.Stop(ctx, "Audit.Exchange"); err != nil {
		t.Error(err)
	}
	if _, err := listed(ctx, c); err != nil {
		t.Error(err)
	}
	for _, uri := range []string{srv.URL + root + "/audit/a$b", "", srv.URL + root + "/audit/c?PublisherIdentifier=" + publisher} {
		if _, errs := fetched(ctx, c, Blob{ID: "d", URI: uri}); errs != nil {
			t.Error(errs)
		}
	}
	want := []string{
		"GET " + root + "/subscriptions/list", "POST " + root + "/subscriptions/start",
		"POST " + root + "/subscriptions/stop", "GET " + root + "/subscriptions/content",
		"GET " + root + "/audit/a$b", "GET " + root + "/audit/d", "GET " + root + "/audit/c",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	if got := c.tokens.cred.(*credential).scopes.Load(); got != srv.URL+"/.default" {
		t.Errorf("scope %q", got)
	}
}

func TestPublisherIsTheTenantUnlessSaid(t *testing.T) {
	c, err := New(Config{Endpoint: "https://manage.office.com", Tenant: tenant, Credential: &credential{}})
	if err != nil || c.publisher != tenant {
		t.Errorf("publisher %q, error %v", c.publisher, err)
	}
}

func TestSubscriptionsAreReadLeniently(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, "\ufeff"+`[{"contentType":"Audit.Exchange","status":"enabled","webhook":null},
			{"contentType":"Audit.General","status":"disabled"},{"contentType":"DLP.All","webhook":{"authId":""}}]`)
	})
	subs, err := c.Subscriptions(t.Context())
	if err != nil || len(subs) != 3 {
		t.Fatalf("%v, %v", subs, err)
	}
	for i, want := range []bool{true, false, true} {
		if subs[i].Enabled() != want {
			t.Errorf("%+v: enabled %v", subs[i], !want)
		}
	}
}

func TestStartingWhatIsStartedIsASuccess(t *testing.T) {
	status, body := 400, `{"error":{"code":"AF20024","message":"The subscription is already enabled. No property change."}}`
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) })
	if err := c.Start(t.Context(), "Audit.Exchange"); err != nil {
		t.Error(err)
	}
	if err := c.Stop(t.Context(), "Audit.Exchange"); err == nil {
		t.Error("AF20024 is a success of a start alone")
	}
	body = `{"error":{"code":"AF20020","message":"The specified content type is not valid."}}`
	if err := c.Start(t.Context(), "Audit.Nothing"); err == nil {
		t.Error("AF20020 is no success")
	}
}

func TestWindowIsSentInUTCSecondsWithoutAZone(t *testing.T) {
	var query string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.Query().Get("startTime") + " " + r.URL.Query().Get("endTime") + " " + r.URL.Query().Get("contentType")
		reply(w, 200, "[]")
	})
	east := time.FixedZone("", 2*3600)
	from := time.Date(2026, 3, 1, 1, 0, 0, 900, east)
	for range c.List(t.Context(), "Audit.Exchange", from, from.Add(time.Hour)) {
		t.Error("an empty listing gives nothing")
	}
	if want := "2026-02-28T23:00:00 2026-03-01T00:00:01 Audit.Exchange"; query != want {
		t.Errorf("sent %q, want %q", query, want)
	}
}
