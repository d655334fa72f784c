package cloudsim

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// instant is how the API writes times.
const instant = "2006-01-02T15:04:05.000Z"

// listed is one blob in a listing.
type listed struct {
	ContentType string `json:"contentType"`
	ContentID   string `json:"contentId"`
	ContentURI  string `json:"contentUri"`
	Created     string `json:"contentCreated"`
	Expiration  string `json:"contentExpiration"`
}

// listing is one page in the making.
type listing struct {
	kind  string
	span  window
	from  int // the page's place on the shelf
	items []listed
	next  string // address of the next page; "" after the last
}

// listContent lists the blobs whose contentCreated is in the window, a page at a time, in the order in which they
// became available. The next page's address is stable: it names a place in that order, which never changes.
func (c *Cloud) listContent(w http.ResponseWriter, r *call) error {
	l, err := c.listing(r)
	if err != nil {
		return err
	}
	c.deliverDue(r.now)
	items, next := c.page(r, l)
	if l.items = items; next > 0 {
		l.next = c.nextPage(r.tenant.ID, l, next, plainPage)
	}
	c.disturb(r, &l)
	c.markListed(l.items)
	if l.next != "" {
		// Written as the service writes it; http.Header would make it Nextpageuri.
		w.Header()["NextPageUri"] = []string{l.next}
	}
	reply(w, http.StatusOK, l.items)
	return nil
}

// listing makes the checks of every listing: a type that is subscribed to, a window, a place in it.
func (c *Cloud) listing(r *call) (l listing, err error) {
	if l.kind, err = r.contentType(); err != nil {
		return
	}
	if err = c.subscribed(r.tenant, l.kind); err != nil {
		return
	}
	if l.span, err = r.window(); err != nil {
		return
	}
	l.from, err = c.place(r, l.span)
	return
}

// page gives the blobs of one page, from a place on the shelf, and the next page's place, or 0.
func (c *Cloud) page(r *call, l listing) (page []listed, next int) {
	root := c.auditRoot(r.tenant.ID)
	page = []listed{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.shelf.blobs[l.from:] {
		if !b.available(r, l.kind) || !l.span.holds(b.created) {
			continue
		}
		if len(page) == c.cfg.PageSize {
			return page, b.seq
		}
		page = append(page, b.shown(root))
	}
	return page, 0
}

// available says whether a blob can be listed for a caller who asks for that type.
func (b *blob) available(r *call, kind string) bool {
	return b.tenant == r.tenant.ID && b.kind == kind && r.now.Before(b.expires())
}

func (b *blob) shown(root string) listed {
	return listed{b.kind, b.id, root + b.id, b.created.Format(instant), b.expires().Format(instant)}
}

// auditRoot is what a tenant's contentUris begin with.
func (c *Cloud) auditRoot(tenant string) string {
	return c.URL() + "/api/v1.0/" + tenant + "/activity/feed/audit/"
}

func (c *Cloud) markListed(items []listed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range items {
		c.shelf.byID[i.ContentID].listed = true
	}
}

// Pages of a listing are of two sorts: those that come after an empty one are marked, so that its address is not theirs.
const (
	plainPage  = 'R'
	afterEmpty = 'E'
)

func (c *Cloud) nextPage(tenant string, l listing, next int, sort rune) string {
	query := url.Values{"contentType": {l.kind}, "startTime": {l.span.start}, "endTime": {l.span.end}, "nextPage": {pageToken(l.span, next, sort)}}
	return c.URL() + "/api/v1.0/" + tenant + "/activity/feed/subscriptions/content?" + query.Encode()
}

// pageToken names a place on the shelf: the window's first hour, the page's sort, and the blob's number.
func pageToken(span window, seq int, sort rune) string {
	return fmt.Sprintf("%s%c%012d", span.from.Format("2006010215"), sort, seq)
}

var tokenForm = regexp.MustCompile(`^[0-9]{10}[RE][0-9]{12}$`)

// place reads nextPage. A token of another window, or of no blob, is as invalid as one that was never given.
func (c *Cloud) place(r *call, span window) (int, error) {
	token := r.query.Get("nextpage")
	if token == "" {
		return 0, nil
	}
	if !tokenForm.MatchString(token) {
		return 0, fail("AF20031", token)
	}
	seq, err := strconv.Atoi(token[11:])
	c.mu.Lock()
	blobs := len(c.shelf.blobs)
	c.mu.Unlock()
	if err != nil || seq >= blobs || pageToken(span, seq, rune(token[10])) != token {
		return 0, fail("AF20031", token)
	}
	return seq, nil
}
