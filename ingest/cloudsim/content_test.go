package cloudsim

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestListingRefusesWindows(t *testing.T) {
	c := start(t, Config{})
	at := func(d time.Duration) string { return noon.Add(d).Format("2006-01-02T15:04:05") }
	const day = 24 * time.Hour
	for name, test := range map[string]struct{ start, end, code string }{
		"start alone":         {at(-time.Hour), "", "AF20030"},
		"end alone":           {"", at(0), "AF20030"},
		"start after end":     {at(0), at(-time.Hour), "AF20055"},
		"start equals end":    {at(0), at(0), "AF20055"},
		"more than 24 hours":  {at(-day - time.Second), at(0), "AF20055"},
		"more than 7 days":    {at(-7*day - time.Second), at(-7 * day), "AF20055"},
		"no time":             {"yesterday", at(0), "AF20002"},
		"end is no time":      {at(0), "2026-13-01", "AF20002"},
		"offset other than Z": {"2026-03-14T11:00:00+01:00", at(0), "AF20002"},
	} {
		t.Run(name, func(t *testing.T) {
			query := url.Values{"contentType": {"Audit.General"}, "startTime": {test.start}, "endTime": {test.end}}
			c.get("subscriptions/content", "&", query.Encode()).is(t, 400, test.code)
			c.get("subscriptions/notifications", "&", query.Encode()).is(t, 400, test.code)
		})
	}
}

func TestListingTakesWindows(t *testing.T) {
	c := start(t, Config{})
	for name, window := range map[string]string{
		"exactly 24 hours": times(-24*time.Hour, 0), "exactly 7 days back": times(-7*24*time.Hour, -6*24*time.Hour),
		"the future": times(time.Hour, 2*time.Hour), "neither": "",
		"days": "&startTime=2026-03-13&endTime=2026-03-14", "minutes": "&startTime=2026-03-14T10:00&endTime=2026-03-14T11:30",
		"zone and fraction": "&startTime=2026-03-14T10:00:00.25Z&endTime=2026-03-14T11:30:00Z",
		"other case":        "&STARTTIME=2026-03-14T10:00:00&endtime=2026-03-14T11:00:00",
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.get("subscriptions/content", "&contentType=audit.general", window); got.status != 200 || strings.TrimSpace(string(got.body)) != "[]" {
				t.Fatalf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestWindowIsHalfOpenOnContentCreated(t *testing.T) {
	c := start(t, Config{})
	ids := map[time.Duration]string{}
	for _, at := range []time.Duration{-2*time.Hour - time.Millisecond, -2 * time.Hour, -time.Hour - time.Millisecond, -time.Hour} {
		ids[at] = c.offer("Audit.Exchange", at, fmt.Sprintf(`{"Id":"%d","CreationTime":"2020-01-01T00:00:00"}`, at))
	}
	blobs, _ := c.walk("Audit.Exchange", times(-2*time.Hour, -time.Hour))
	if len(blobs) != 2 || blobs[0].ContentID != ids[-2*time.Hour] || blobs[1].ContentID != ids[-time.Hour-time.Millisecond] {
		t.Fatalf("got %+v of %v", blobs, ids)
	}
}

func TestListingWithoutTimesIsTheLastDay(t *testing.T) {
	c := start(t, Config{PageSize: 1})
	c.offer("Audit.Exchange", -24*time.Hour-time.Millisecond, `{}`)
	first, second := c.offer("Audit.Exchange", -24*time.Hour, `{}`), c.offer("Audit.Exchange", -time.Millisecond, `{}`)
	blobs, pages := c.walk("Audit.Exchange", "")
	if pages != 2 || len(blobs) != 2 || blobs[0].ContentID != first || blobs[1].ContentID != second {
		t.Fatalf("%d pages, %+v", pages, blobs)
	}
	next := c.get("subscriptions/content", "&contentType=Audit.Exchange").header.Get("NextPageUri")
	for _, part := range []string{"startTime=2026-03-13T12%3A00%3A00.000Z", "endTime=2026-03-14T12%3A00%3A00.000Z", "contentType=Audit.Exchange", "nextPage="} {
		if !strings.Contains(next, part) {
			t.Errorf("%s lacks %s", next, part)
		}
	}
}

func TestPagesHoldEveryBlobOnceInOrderOfAvailability(t *testing.T) {
	c := start(t, Config{PageSize: 7})
	var want []string
	for i := range 50 {
		want = append(want, c.offer("Audit.SharePoint", -time.Duration(1+i*7%50)*time.Minute, `{"Id":"x"}`))
		c.offer("Audit.General", -time.Minute, `{"Id":"other type"}`)
	}
	blobs, pages := c.walk("Audit.SharePoint", times(-time.Hour, 0))
	var got []string
	for _, b := range blobs {
		got = append(got, b.ContentID)
	}
	if pages != 8 || !slices.Equal(got, want) {
		t.Fatalf("%d pages with %d blobs, want 8 with %d in order", pages, len(got), len(want))
	}
}

func TestNextPageIsStableAndHeldByTheHost(t *testing.T) {
	c := start(t, Config{PageSize: 2})
	for range 5 {
		c.offer("Audit.General", -time.Hour, `{}`)
	}
	first := c.get("subscriptions/content", "&contentType=Audit.General", times(-2*time.Hour, 0))
	next := first.header.Get("NextPageUri")
	if !strings.HasPrefix(next, c.cloud.URL()+"/api/v1.0/"+contoso+"/activity/feed/subscriptions/content?") {
		t.Fatalf("next page %q", next)
	}
	before := c.do(http.MethodGet, next, nil)
	c.offer("Audit.General", -time.Hour, `{}`)
	after := c.do(http.MethodGet, next, nil)
	if string(before.body) != string(after.body) {
		t.Fatalf("page changed from %s to %s", before.body, after.body)
	}
}

func TestNextPageThatWasNeverGivenIsRefused(t *testing.T) {
	c := start(t, Config{})
	c.offer("Audit.General", -time.Hour, `{}`)
	for name, token := range map[string]string{
		"junk": "2", "of another window": "2026031401R000000000000", "of no blob": "2026031410R000000000009", "signed": "2026031410R-00000000001",
	} {
		t.Run(name, func(t *testing.T) {
			c.get("subscriptions/content", "&contentType=Audit.General", times(-2*time.Hour, 0), "&nextPage="+token).is(t, 400, "AF20031")
		})
	}
}

func TestListedBlobHasTheRealForm(t *testing.T) {
	c := start(t, Config{})
	for _, kind := range contentTypes {
		id := c.offer(kind, -90*time.Minute-123*time.Millisecond, `{}`)
		blobs, _ := c.walk(kind, times(-2*time.Hour, 0))
		if len(blobs) != 1 {
			t.Fatalf("%s: %d blobs", kind, len(blobs))
		}
		want := listed{kind, id, c.cloud.URL() + "/api/v1.0/" + contoso + "/activity/feed/audit/" + id,
			"2026-03-14T10:29:59.877Z", "2026-03-21T10:29:59.877Z"}
		if blobs[0] != want {
			t.Errorf("got %+v, want %+v", blobs[0], want)
		}
		name := strings.ReplaceAll(kind, ".", "_")
		form := `^20260314102959877\d{6}\$20260314102959877\d{6}\$` + strings.ToLower(name) + `\$` + name + `(\$na0014)?$`
		if !regexp.MustCompile(form).MatchString(id) {
			t.Errorf("contentId %s", id)
		}
	}
}

func TestExpiredBlobsAreNotListed(t *testing.T) {
	c := start(t, Config{})
	c.offer("Audit.General", -7*24*time.Hour, `{}`)
	c.offer("Audit.General", -7*24*time.Hour+time.Second, `{}`)
	if blobs, _ := c.walk("Audit.General", times(-7*24*time.Hour, -6*24*time.Hour)); len(blobs) != 1 {
		t.Fatalf("%d blobs, want the one that has not expired", len(blobs))
	}
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	all := tenants()
	all[1].Enabled = contentTypes
	c := start(t, Config{Tenants: all})
	id, err := c.cloud.Offer("fabrikam.example", "Audit.General", noon.Add(-time.Minute), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if blobs, _ := c.walk("Audit.General", ""); len(blobs) != 0 {
		t.Fatalf("listed %+v", blobs)
	}
	c.get("audit/"+id).is(t, 404, "AF20050")
}

func TestNotificationsAreListedWithTheSameRules(t *testing.T) {
	c := start(t, Config{})
	if got := c.get("subscriptions/notifications", "&contentType=Audit.General"); got.status != 200 || strings.TrimSpace(string(got.body)) != "[]" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c.get("subscriptions/notifications", "&contentType=Audit.General&nextPage=x").is(t, 400, "AF20031")
}

func TestSensitiveTypesTakeOneLanguage(t *testing.T) {
	c := start(t, Config{})
	ask := func(language string) answer {
		return c.do(http.MethodGet, c.feed("resources/dlpSensitiveTypes"), map[string]string{"Accept-Language": language})
	}
	var got []sensitiveType
	ask("de-DE").into(t, &got)
	if len(got) == 0 || got[0] != (sensitiveType{"50842eb7-edc8-4019-85dd-5a5c1f2bb085", "CreditCardNumber"}) {
		t.Fatalf("got %v", got)
	}
	ask("de-DE,en-US").is(t, 400, "AF20053")
	ask("german!").is(t, 400, "AF20054")
}
