package cloudsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// page asks for one page of a listing of Audit.General.
func (c *client) page(address string) (ids []string, items []listed, next string) {
	c.t.Helper()
	got := c.do(http.MethodGet, address, nil)
	if got.status != http.StatusOK {
		c.t.Fatalf("%d %s", got.status, got.body)
	}
	got.into(c.t, &items)
	for _, i := range items {
		ids = append(ids, i.ContentID)
	}
	return ids, items, got.header.Get("NextPageUri")
}

func (c *client) firstPage(window string) string {
	return c.feed("subscriptions/content", "&contentType=Audit.General", window)
}

func TestContentNearNowIsListedLaterThanItsNeighbours(t *testing.T) {
	c := struck(t, PartialListing)
	old, young := c.offer("Audit.General", -time.Hour, `{"Id":"a"}`), c.offer("Audit.General", -time.Minute, `{"Id":"b"}`)
	missed := 0
	for ; missed < spared; missed++ {
		ids, _, _ := c.page(c.firstPage(""))
		if !slices.Contains(ids, old) {
			t.Fatalf("the old one is not in %v", ids)
		}
		if slices.Contains(ids, young) {
			break
		}
		if k := c.cloud.Reckon(); !k.Unlisted[contoso+"/b"] || k.Events[contoso+"/b"] {
			t.Errorf("reckoned %+v", k)
		}
	}
	if missed < 1 || missed > spared-1 {
		t.Errorf("missing from %d listings", missed)
	}
	for range spared {
		if ids, _, _ := c.page(c.firstPage("")); !slices.Contains(ids, young) {
			t.Error("listed, and not listed again")
		}
	}
}

func TestContentIsListedInOtherWindowsAndTwice(t *testing.T) {
	c := struck(t, ListedAgain)
	inside := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	outside := c.offer("Audit.General", -30*time.Hour, `{"Id":"b"}`)
	c.offer("Audit.Exchange", -time.Minute, `{"Id":"c"}`)
	seen := map[string]bool{}
	for range 2 * spared {
		ids, items, _ := c.page(c.firstPage(times(-time.Hour, 0)))
		for i, id := range ids {
			seen[id] = true
			if id == outside && items[i].Created != noon.Add(-30*time.Hour).Format(instant) {
				t.Errorf("listed with another time: %+v", items[i])
			}
		}
	}
	if len(seen) != 2 || !seen[inside] || !seen[outside] {
		t.Errorf("listed %v", seen)
	}

	c = struck(t, ListedTwice)
	id := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	if ids, _, _ := c.page(c.firstPage("")); !slices.Equal(ids, []string{id, id}) {
		t.Errorf("listed %v", ids)
	}
}

func TestPagesAreInNoOrder(t *testing.T) {
	c := struck(t, Reordered)
	var want []string
	for range 20 {
		want = append(want, c.offer("Audit.General", -time.Minute, `{"Id":"a"}`))
	}
	ids, _, _ := c.page(c.firstPage(""))
	if slices.Equal(ids, want) {
		t.Error("in order")
	}
	if slices.Sort(ids); !slices.Equal(ids, want) {
		t.Errorf("listed %v", ids)
	}
}

func TestAnEmptyPageLeadsToItsContent(t *testing.T) {
	c := start(t, Config{Faults: Faults{EmptyPage: 1}, PageSize: 2})
	if ids, _, next := c.page(c.firstPage("")); len(ids) != 0 || next != "" {
		t.Fatalf("without content: %v, next %q", ids, next)
	}
	var want, got []string
	for range 5 {
		want = append(want, c.offer("Audit.General", -time.Minute, `{"Id":"a"}`))
	}
	empty, seen := 0, map[string]bool{}
	for next := c.firstPage(times(-time.Hour, 0)); next != ""; {
		if seen[next] {
			t.Fatalf("the pages go in circles at %s", next)
		}
		seen[next] = true
		ids, _, following := c.page(next)
		if got = append(got, ids...); len(ids) == 0 && following != "" {
			empty++
		}
		next = following
	}
	if !slices.Equal(got, want) || empty < 2 {
		t.Errorf("%d empty pages, listed %v", empty, got)
	}
}

func TestNextPagesAreSpelledOtherwiseAndWork(t *testing.T) {
	for fault, change := range map[string]func(*url.URL) bool{
		PageSpelling: func(u *url.URL) bool { return !u.Query().Has("nextPage") },
		PageV1:       func(u *url.URL) bool { return strings.HasPrefix(u.Path, "/api/v1/") },
	} {
		t.Run(fault, func(t *testing.T) {
			c := start(t, Config{Faults: Faults{fault: 1}, PageSize: 1})
			var want, got []string
			changed, pages := 0, 0
			for range 10 {
				want = append(want, c.offer("Audit.General", -time.Minute, `{"Id":"a"}`))
			}
			for next := c.firstPage(""); next != ""; pages++ {
				ids, _, following := c.page(next)
				got = append(got, ids...)
				if u, err := url.Parse(following); err != nil {
					t.Fatal(err)
				} else if following != "" && change(u) {
					changed++
				}
				next = following
			}
			if !slices.Equal(got, want) || changed != pages-1 {
				t.Errorf("%d of %d addresses changed, listed %v", changed, pages, got)
			}
		})
	}
}

func TestForeignHostsTakeTokensAndTell(t *testing.T) {
	c := struck(t, ForeignPage, ForeignBlob)
	c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	_, items, next := c.page(c.firstPage(""))
	for n, address := range []string{next, items[0].ContentURI} {
		if strings.HasPrefix(address, c.cloud.URL()) || !strings.HasPrefix(address, "https://") {
			t.Fatalf("not foreign: %s", address)
		}
		if got := c.do(http.MethodGet, address, nil); got.status != http.StatusOK {
			t.Fatalf("the foreign host answers %d", got.status)
		}
		if requests, withToken := c.cloud.Foreign(); requests != 2*n+1 || withToken != n+1 {
			t.Errorf("%d requests, %d with a token", requests, withToken)
		}
		reply, err := c.http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close()
	}
	home := 0
	for range spared {
		if _, items, next = c.page(c.firstPage("")); next == "" && strings.HasPrefix(items[0].ContentURI, c.cloud.URL()) {
			home++
		}
	}
	if home != 1 {
		t.Errorf("%d of %d pages are spared", home, spared)
	}
}

func TestWithoutItsFaultsThereIsNoForeignHost(t *testing.T) {
	c := struck(t, CutBody)
	if requests, withToken := c.cloud.Foreign(); c.cloud.foreign != nil || requests != 0 || withToken != 0 {
		t.Errorf("%d requests, %d with a token", requests, withToken)
	}
}
