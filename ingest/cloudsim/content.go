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

// listContent lists the blobs whose contentCreated is in the window, a page at a time, in the order in which they
// became available. The next page's address is stable: it names a place in that order, which never changes.
func (c *Cloud) listContent(w http.ResponseWriter, r *call) error {
	kind, span, from, err := c.listing(r)
	if err != nil {
		return err
	}
	page, next := c.page(r, kind, span, from)
	if next > 0 {
		// Written as the service writes it; http.Header would make it Nextpageuri.
		w.Header()["NextPageUri"] = []string{c.nextPage(r.tenant.ID, kind, span, next)}
	}
	reply(w, http.StatusOK, page)
	return nil
}

// listing makes the checks of every listing: a type that is subscribed to, a window, a place in it.
func (c *Cloud) listing(r *call) (kind string, span window, from int, err error) {
	if kind, err = r.contentType(); err != nil {
		return
	}
	if err = c.subscribed(r.tenant, kind); err != nil {
		return
	}
	if span, err = r.window(); err != nil {
		return
	}
	from, err = c.place(r, span)
	return
}

// page gives the blobs of one page, from a place on the shelf, and the next page's place, or 0.
func (c *Cloud) page(r *call, kind string, span window, from int) (page []listed, next int) {
	root := c.URL() + "/api/v1.0/" + r.tenant.ID + "/activity/feed/audit/"
	page = []listed{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.shelf.blobs[from:] {
		if b.tenant != r.tenant.ID || b.kind != kind || !span.holds(b.created) || !r.now.Before(b.expires()) {
			continue
		}
		if len(page) == c.cfg.PageSize {
			return page, b.seq
		}
		page = append(page, listed{kind, b.id, root + b.id, b.created.Format(instant), b.expires().Format(instant)})
	}
	return page, 0
}

func (c *Cloud) nextPage(tenant, kind string, span window, next int) string {
	query := url.Values{"contentType": {kind}, "startTime": {span.start}, "endTime": {span.end}, "nextPage": {pageToken(span, next)}}
	return c.URL() + "/api/v1.0/" + tenant + "/activity/feed/subscriptions/content?" + query.Encode()
}

// pageToken names a place on the shelf: the window's first hour, R, and the blob's number.
func pageToken(span window, seq int) string {
	return fmt.Sprintf("%sR%012d", span.from.Format("2006010215"), seq)
}

var tokenForm = regexp.MustCompile(`^[0-9]{10}R[0-9]{12}$`)

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
	if err != nil || seq >= blobs || pageToken(span, seq) != token {
		return 0, fail("AF20031", token)
	}
	return seq, nil
}
