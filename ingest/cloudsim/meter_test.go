package cloudsim

import (
	"net/http"
	"testing"
	"time"
)

func TestQuotaHoldsInEveryMinute(t *testing.T) {
	c := start(t, Config{Quota: 3})
	ask := func() int { return c.get("subscriptions/list").status }
	for i, step := range []struct {
		wait time.Duration
		want int
	}{
		{0, 200}, {20 * time.Second, 200}, {20 * time.Second, 200}, {0, 403}, {20*time.Second - time.Millisecond, 403},
		{time.Millisecond, 200}, {0, 403}, {20 * time.Second, 200}, {30 * time.Minute, 200},
	} {
		if c.clock.move(step.wait); ask() != step.want {
			t.Errorf("request %d: want %d", i, step.want)
		}
	}
	c = start(t, Config{Quota: 1})
	ask()
	c.get("resources/dlpSensitiveTypes").is(t, 403, "AF429")
}

func TestEveryRequestIsCountedForItsTenant(t *testing.T) {
	c := start(t, Config{Quota: 2})
	for range 5 {
		c.get("subscriptions/list")
		c.clock.move(15 * time.Second)
	}
	c.token = "none"
	c.get("subscriptions/list")
	times := c.cloud.Requests("contoso.example")
	if len(times) != 6 || !times[0].Equal(noon) || !times[5].Equal(noon.Add(75*time.Second)) {
		t.Fatalf("requests %v", times)
	}
	if got := c.cloud.Busiest(contoso); got != 4 {
		t.Errorf("%d requests in the busiest minute", got)
	}
	if c.cloud.Requests(fabrikam) != nil || c.cloud.Requests("nobody") != nil || c.cloud.Busiest("nobody") != 0 {
		t.Error("others have requests")
	}
}

func TestRequestsOfALongRunTakeBoundedMemory(t *testing.T) {
	var m meter
	for i := range 5 * maxMetered {
		m.arrive(noon.Add(time.Duration(i)))
	}
	if n := len(m.arrived); n < maxMetered || n > 2*maxMetered || !m.arrived[n-1].Equal(noon.Add(5*maxMetered-1)) {
		t.Errorf("remembers %d, the last of %v", n, m.arrived[n-1])
	}
}

func TestAnswersWait(t *testing.T) {
	c := start(t, Config{Latency: time.Hour})
	c.http.Timeout = 50 * time.Millisecond
	if reply, err := c.http.Get(c.feed("subscriptions/list")); err == nil {
		_ = reply.Body.Close()
		t.Error("answered at once")
	}
	c.http.Timeout = 0
	if c.signIn(contoso) == "" { // the login service does not wait
		t.Error("no token")
	}
}

func TestTheCloudsClockIsAhead(t *testing.T) {
	c := start(t, Config{Skew: 10 * time.Minute})
	got := c.get("subscriptions/content", "&contentType=Audit.General", times(-7*24*time.Hour, -6*24*time.Hour))
	got.is(t, 400, "AF20055")
	if want := noon.Add(10 * time.Minute).Format(http.TimeFormat); got.header.Get("Date") != want {
		t.Errorf("Date %s, want %s", got.header.Get("Date"), want)
	}
	if got := c.get("subscriptions/content", "&contentType=Audit.General", times(10*time.Minute-7*24*time.Hour, -6*24*time.Hour)); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if err := c.cloud.Play(ended(t), past(1, 60)); err != nil {
		t.Fatal(err)
	}
	newest := time.Time{}
	for _, r := range c.cloud.Offered() {
		if r.ContentCreated.After(newest) {
			newest = r.ContentCreated
		}
	}
	if !newest.After(noon) {
		t.Errorf("the newest content is of %s", newest)
	}
}
