package cloudsim

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// fresh is a client of a tenant that never had a subscription.
func fresh(t *testing.T) *client {
	return start(t, Config{Tenants: []Tenant{{ID: contoso, Domain: "contoso.example"}}})
}

func TestSubscriptionStartsOnce(t *testing.T) {
	c := fresh(t)
	got := c.post("subscriptions/start", "&contentType=audit.sharepoint")
	if want := `{"contentType":"Audit.SharePoint","status":"enabled","webhook":null}`; got.status != 200 || strings.TrimSpace(string(got.body)) != want {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c.post("subscriptions/start", "&contentType=Audit.SharePoint").is(t, 400, "AF20024")
}

func TestListShowsWhatWasStarted(t *testing.T) {
	c := fresh(t)
	show := func() string { return strings.TrimSpace(string(c.get("subscriptions/list").body)) }
	if got := show(); got != "[]" {
		t.Fatalf("before any start: %s", got)
	}
	c.post("subscriptions/start", "&contentType=DLP.All")
	c.post("subscriptions/start", "&contentType=Audit.General")
	c.post("subscriptions/stop", "&contentType=DLP.All")
	if got := show(); got != `[{"contentType":"DLP.All","status":"disabled","webhook":null},{"contentType":"Audit.General","status":"enabled","webhook":null}]` {
		t.Fatalf("got %s", got)
	}
}

func TestStopAnswersWithNoBody(t *testing.T) {
	c := fresh(t)
	c.post("subscriptions/stop", "&contentType=Audit.General").is(t, 400, "AF20022")
	c.post("subscriptions/start", "&contentType=Audit.General")
	if got := c.post("subscriptions/stop", "&contentType=Audit.General"); got.status != http.StatusOK || len(got.body) != 0 {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestContentTypeIsChecked(t *testing.T) {
	c := fresh(t)
	for _, operation := range []string{"start", "stop"} {
		c.post("subscriptions/"+operation, "").is(t, 400, "AF20001")
		c.post("subscriptions/"+operation, "&contentType=Audit.Everything").is(t, 400, "AF20020")
	}
	for _, operation := range []string{"content", "notifications"} {
		c.get("subscriptions/"+operation).is(t, 400, "AF20001")
		c.get("subscriptions/"+operation, "&contentType=Audit.Everything").is(t, 400, "AF20020")
		c.get("subscriptions/"+operation, "&contentType=Audit.General").is(t, 400, "AF20022")
	}
}

func TestWebhookThatNobodyCallsIsNotValidated(t *testing.T) {
	c := fresh(t)
	for hook, want := range map[string]struct{ code, text string }{
		`{"address":"https://hook.example/","expiration":""}`:                         {"AF20021", "did not return HTTP 200"},
		`{"address":"http://hook.example/"}`:                                          {"AF20021", "must begin with HTTPS"},
		`{"address":"https://hook.example/","expiration":"2001-01-01T00:00:00.000Z"}`: {"AF20003", "2001-01-01"},
	} {
		r, err := http.NewRequest(http.MethodPost, c.feed("subscriptions/start", "&contentType=Audit.General"),
			strings.NewReader(`{"webhook":`+hook+`}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		got := c.send(r)
		if got.is(t, 400, want.code); !strings.Contains(string(got.body), want.text) {
			t.Errorf("%s: %s", hook, got.body)
		}
	}
	if got := string(c.get("subscriptions/list").body); got != "[]" {
		t.Fatalf("a subscription came to be: %q", got)
	}
}

func TestWhatIsOfferedWhileNobodySubscribesIsLost(t *testing.T) {
	c := fresh(t)
	put := func() error {
		_, err := c.cloud.Offer(contoso, "Audit.General", noon.Add(-time.Minute), []byte(`{"Id":"a"}`))
		return err
	}
	if err := put(); !errors.Is(err, ErrNotSubscribed) {
		t.Fatalf("before the start: %v", err)
	}
	c.post("subscriptions/start", "&contentType=Audit.General")
	if err := put(); err != nil {
		t.Fatal(err)
	}
	c.post("subscriptions/stop", "&contentType=Audit.General")
	if err := put(); !errors.Is(err, ErrNotSubscribed) {
		t.Fatalf("after the stop: %v", err)
	}
	id := c.cloud.Offered()[0].ContentID
	c.get("subscriptions/content", "&contentType=Audit.General").is(t, 400, "AF20023")
	c.get("audit/"+id).is(t, 400, "AF20023")
	c.post("subscriptions/start", "&contentType=Audit.General")
	if blobs, _ := c.walk("Audit.General", ""); len(blobs) != 1 || len(c.cloud.Offered()) != 1 {
		t.Fatalf("listed %d, offered %d, want one each", len(blobs), len(c.cloud.Offered()))
	}
}
