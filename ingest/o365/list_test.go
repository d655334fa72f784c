package o365

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func items(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(`{"contentType":"audit.exchange","contentId":%q,"contentUri":"https://manage.example/%s",
			"contentCreated":"2026-03-01T18:00:51.748Z","contentExpiration":"2026-03-08T18:00:51.748Z"}`, id, id))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestListingFollowsEveryPageVerbatim(t *testing.T) {
	var targets []string
	var self string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		targets = append(targets, r.RequestURI)
		switch len(targets) {
		case 1: // the parameters' case is the API's own business, and so is /api/v1/
			w.Header().Set("NextPageUri", self+"/api/v1/x/content?NEXTPAGE=2015$a%2fB&contenttype=Audit.Exchange")
			reply(w, 200, items("a", "b"))
		case 2: // an empty page does not end a listing
			w.Header().Set("NextPageUri", self+"/third?publisheridentifier=zz&n=3")
			reply(w, 200, "[]")
		default:
			reply(w, 200, items("c"))
		}
	})
	self = srv.URL
	ids, err := listed(t.Context(), c)
	if err != nil || !slices.Equal(ids, []string{"a", "b", "c"}) {
		t.Errorf("ids %q, error %v", ids, err)
	}
	want := []string{
		"/api/v1/x/content?NEXTPAGE=2015$a%2fB&contenttype=Audit.Exchange&PublisherIdentifier=" + publisher,
		"/third?publisheridentifier=zz&n=3",
	}
	if !slices.Equal(targets[1:], want) {
		t.Errorf("followed %q, want %q", targets[1:], want)
	}
}

func TestListingReadsItems(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, `[{"contentId":"a","contentUri":"u","contentCreated":"2026-03-01T18:00:51.748Z","contentExpiration":"2026-03-08T18:00:51"},
			{"contentUri":"https://h/audit/x$y?PublisherIdentifier=1","contentCreated":"soon"}]`)
	})
	var got []Blob
	for b, err := range c.List(t.Context(), "Audit.Exchange", day.from, day.to) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b)
	}
	created := time.Date(2026, 3, 1, 18, 0, 51, 748e6, time.UTC)
	want := []Blob{
		{"Audit.Exchange", "a", "u", created, created.Add(7*24*time.Hour - 748*time.Millisecond)},
		{ContentType: "Audit.Exchange", ID: "x$y", URI: "https://h/audit/x$y?PublisherIdentifier=1"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestListingDoesNotGoInCircles(t *testing.T) {
	for name, steps := range map[string][]string{"itself": {"/p1", "/p1"}, "by two pages": {"/p1", "/p2", "/p1"}} {
		t.Run(name, func(t *testing.T) {
			var self string
			n := 0
			c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("NextPageUri", self+steps[min(n, len(steps)-1)])
				n++
				reply(w, 200, items(fmt.Sprint(n)))
			})
			self = srv.URL
			if _, err := listed(t.Context(), c); err == nil || !strings.Contains(err.Error(), "circles") {
				t.Errorf("error %v", err)
			}
			if n > len(steps) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestListingDoesNotGoOnForEver(t *testing.T) {
	var self string
	n := 0
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("NextPageUri", self+fmt.Sprint("/", n))
		reply(w, 200, "[]")
	})
	self, c.pages = srv.URL, 20
	if _, err := listed(t.Context(), c); err == nil || !strings.Contains(err.Error(), "more than 20 pages") || n != 20 {
		t.Errorf("error %v after %d requests", err, n)
	}
}

func TestAPageThatOnlyDripsIsAskedForAgain(t *testing.T) {
	n := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			reply(w, 200, items("a"))
			return
		}
		for drip := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-r.Context().Done():
				return
			case <-drip.C:
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
			}
		}
	})
	c.stall = 100 * time.Millisecond
	if ids, err := listed(t.Context(), c); err != nil || len(ids) != 1 || n < 2 { // more where this machine itself is slow
		t.Errorf("ids %q, error %v, %d requests", ids, err, n)
	}
}

func TestAPageThatCannotBeReadIsAnError(t *testing.T) {
	for _, body := range []string{"", "{}", "[{", "<html>", `[{"contentType":"x"}]`, `[1]`} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) })
		if ids, err := listed(t.Context(), c); err == nil || ids != nil {
			t.Errorf("%q: ids %q, error %v", body, ids, err)
		}
	}
}

func TestAPageThatCannotBeUsedIsAskedForAgain(t *testing.T) {
	for name, bad := range map[string]func(w http.ResponseWriter){
		"no JSON": func(w http.ResponseWriter) { reply(w, 200, `[{"contentId":`) },
		"a foreign next page": func(w http.ResponseWriter) {
			w.Header().Set("NextPageUri", "https://elsewhere.example/2")
			reply(w, 200, items("a"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var self string
			asked := map[string]int{}
			c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked[r.URL.Path]++
				switch {
				case r.URL.Path == "/2":
					reply(w, 200, items("b"))
				case asked[r.URL.Path] < pageTries:
					bad(w)
				default:
					w.Header().Set("NextPageUri", self+"/2")
					reply(w, 200, items("a"))
				}
			})
			self = srv.URL
			ids, err := listed(t.Context(), c)
			if err != nil || !slices.Equal(ids, []string{"a", "b"}) || asked["/2"] != 1 {
				t.Errorf("ids %q, error %v, asked %v", ids, err, asked)
			}
		})
	}
}

func TestAPageThatStaysDamagedHidesNeitherItsOtherItemsNorThePagesBehindIt(t *testing.T) {
	for name, page := range map[string]string{
		"an item":      `[{"contentId":"a"},{"contentId":"x" "contentUri":"y"},{"contentId":"b"}]`,
		"a broken end": `[{"contentId":"a"},{"contentId":"b"},{"contentI`,
	} {
		t.Run(name, func(t *testing.T) {
			var self string
			c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/2" {
					reply(w, 200, items("c"))
					return
				}
				w.Header().Set("NextPageUri", self+"/2")
				reply(w, 200, page)
			})
			self = srv.URL
			if ids, err := listed(t.Context(), c); err == nil || !slices.Equal(ids, []string{"a", "b", "c"}) {
				t.Errorf("ids %q, error %v", ids, err)
			}
		})
	}
}

func TestItemsBesideANamelessOneAreGivenAndThoseOfLaterPages(t *testing.T) {
	var self string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2" {
			reply(w, 200, items("c"))
			return
		}
		w.Header().Set("NextPageUri", self+"/2")
		reply(w, 200, `[{},{"contentId":"a"},{"contentId":"b","contentUri":7,"contentCreated":5}]`)
	})
	self = srv.URL
	if ids, err := listed(t.Context(), c); err == nil || !slices.Equal(ids, []string{"a", "b", "c"}) {
		t.Errorf("ids %q, error %v", ids, err)
	}
}
