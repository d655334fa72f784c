package cloudsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// struck is a cloud in which one fault always happens.
func struck(t *testing.T, faults ...string) *client {
	t.Helper()
	cfg := Config{Faults: Faults{}, LargeBlob: 300_000}
	for _, f := range faults {
		cfg.Faults[f] = 1
	}
	return start(t, cfg)
}

func TestRequestsAreRefusedForAWhile(t *testing.T) {
	for fault, want := range map[string]struct {
		status int
		body   string
		after  string
	}{
		Throttle403:      {403, `{"error":{"code":"AF429","message":"Too many requests. Method=ListSubscriptions, PublisherId=` + publisher + `."}}`, ""},
		Throttle403After: {403, `"AF429"`, "1"},
		Throttle429:      {429, `"AF429"`, ""},
		Throttle429After: {429, `"AF429"`, "1"},
		InternalError:    {500, `{"error":{"code":"AF50000","message":"An internal error occurred. Retry the request."}}`, ""},
		InternalError5:   {500, `"AF50005"`, ""},
		InternalError6:   {500, `"AF50006"`, ""},
		Timeout:          {408, `<h1>408 Request Timeout</h1>`, ""},
		Unavailable:      {503, `<h1>503 Service Unavailable</h1>`, ""},
		TokenRefused:     {401, `{"Message":"Authorization has been denied for this request."}`, ""},
	} {
		t.Run(fault, func(t *testing.T) {
			c := struck(t, fault)
			for range spared - 1 {
				got := c.get("subscriptions/list")
				if got.status != want.status || !strings.Contains(string(got.body), want.body) || got.header.Get("Retry-After") != want.after {
					t.Fatalf("%d %s, Retry-After %q", got.status, got.body, got.header.Get("Retry-After"))
				}
				if html := strings.Contains(want.body, "<h1>"); html != (got.header.Get("Content-Type") == "text/html") {
					t.Fatalf("content type %s", got.header.Get("Content-Type"))
				}
			}
			if got := c.get("subscriptions/list"); got.status != http.StatusOK {
				t.Fatalf("after %d refusals: %d %s", spared-1, got.status, got.body)
			}
		})
	}
}

func TestATokenIsRevokedAndItsSuccessorIsTaken(t *testing.T) {
	c := struck(t, TokenRevoked)
	ask := func() int { return c.get("subscriptions/list").status }
	c.clock.move(time.Minute - time.Second)
	if got := ask(); got != http.StatusOK {
		t.Fatalf("within a minute: %d", got)
	}
	c.clock.move(2*time.Minute + time.Second)
	for range 2 * spared {
		if got := ask(); got != http.StatusUnauthorized {
			t.Fatalf("after three minutes: %d", got)
		}
	}
	c.token = c.signIn(contoso)
	if got := ask(); got != http.StatusOK {
		t.Fatalf("a new token: %d", got)
	}
}

func TestASubscriptionLapsesUntilItIsStartedAndItsContentGoesOn(t *testing.T) {
	for fault, want := range map[string]struct{ code, shown string }{
		Unsubscribed: {"AF20022", ""}, Disabled: {"AF20023", `{"contentType":"Audit.General","status":"disabled","webhook":null}`},
	} {
		t.Run(fault, func(t *testing.T) {
			c := struck(t, fault)
			id := c.offer("Audit.General", -2*time.Minute, `{"Id":"before"}`)
			for range spared + 1 { // it does not pass by itself
				c.get("subscriptions/content", "&contentType=Audit.General").is(t, 400, want.code)
				c.get("audit/"+id).is(t, 400, want.code)
			}
			shown := string(c.get("subscriptions/list").body)
			if absent := want.shown == ""; strings.Contains(shown, "Audit.General") == absent || !strings.Contains(shown, want.shown) || !strings.Contains(shown, "DLP.All") {
				t.Errorf("listed as %s", shown)
			}
			c.offer("Audit.General", -time.Minute, `{"Id":"meanwhile"}`)

			if got := c.post("subscriptions/start", "&contentType=Audit.General"); got.status != http.StatusOK || !strings.Contains(string(got.body), `"enabled"`) {
				t.Fatalf("start: %d %s", got.status, got.body)
			}
			if blobs, _ := c.walk("Audit.General", ""); len(blobs) != 2 {
				t.Errorf("%d blobs after the start", len(blobs))
			}
			c.clock.move(startAgain - time.Second)
			if blobs, _ := c.walk("Audit.General", ""); len(blobs) != 2 {
				t.Errorf("%d blobs while no client may start again", len(blobs))
			}
		})
	}
}

func TestAStartTakesEffectAndIsAnsweredAsUnnecessary(t *testing.T) {
	c := start(t, Config{Tenants: []Tenant{{ID: contoso, Domain: "contoso.example"}}, Faults: Faults{AlreadyEnabled: 1}})
	c.post("subscriptions/start", "&contentType=Audit.General").is(t, 400, "AF20024")
	if got := c.get("subscriptions/content", "&contentType=Audit.General"); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestJustListedContentIsRefusedAtFirst(t *testing.T) {
	c := struck(t, NotYet)
	id := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	c.get("audit/"+id).is(t, 400, "AF20052")
	c.get("audit/"+id).is(t, 400, "AF20052")
	if got := c.get("audit/" + id); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestListedContentIsWithdrawnForGood(t *testing.T) {
	for fault, want := range map[string]struct {
		status int
		code   string
	}{Expired: {400, "AF20051"}, Vanished: {404, "AF20050"}} {
		t.Run(fault, func(t *testing.T) {
			c := struck(t, fault)
			id := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
			if blobs, _ := c.walk("Audit.General", ""); len(blobs) != 1 || blobs[0].ContentID != id {
				t.Fatalf("listed %v", blobs)
			}
			for range spared + 1 {
				c.get("audit/"+id).is(t, want.status, want.code)
			}
			if k := c.cloud.Reckon(); k.Lost[id] != Gone || k.Missing[contoso+"/a"] != Gone || len(k.Events)+len(k.Unlisted) != 0 {
				t.Errorf("reckoned %+v", k)
			}
		})
	}
}
