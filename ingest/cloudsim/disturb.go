package cloudsim

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// nearNow is how old content is at most that a listing may still lack.
const nearNow = time.Hour

// disturb does to a page what the faults of listings do. They strike in the order of the table.
func (c *Cloud) disturb(r *call, l *listing) {
	if len(c.odds.faults) == 0 {
		return
	}
	l.items = slices.DeleteFunc(l.items, func(i listed) bool { return c.hides(r, i) })
	for _, d := range disturbances {
		if r.turn.strikes(d.fault) {
			d.do(c, r, l, r.turn.dice(d.fault))
		}
	}
	for i := range l.items {
		if t := c.odds.turn("contentUri " + l.items[i].ContentID); t.strikes(ForeignBlob) {
			l.items[i].ContentURI = c.abroad(l.items[i].ContentURI, t.dice(ForeignBlob))
		}
	}
}

var disturbances = []struct {
	fault string
	do    func(*Cloud, *call, *listing, dice)
}{
	{ListedAgain, (*Cloud).listAgain},
	{ListedTwice, func(_ *Cloud, _ *call, l *listing, d dice) {
		if len(l.items) > 0 {
			l.items = append(l.items, pick(d, l.items))
		}
	}},
	{Reordered, func(_ *Cloud, _ *call, l *listing, d dice) {
		d.Shuffle(len(l.items), func(i, j int) { l.items[i], l.items[j] = l.items[j], l.items[i] })
	}},
	{EmptyPage, (*Cloud).emptyPage},
	{PageSpelling, func(_ *Cloud, _ *call, l *listing, d dice) { l.next = pick(d, spellings).Replace(l.next) }},
	{PageV1, func(_ *Cloud, _ *call, l *listing, _ dice) {
		l.next = strings.Replace(l.next, "/api/v1.0/", "/api/v1/", 1)
	}},
	{ForeignPage, func(c *Cloud, r *call, l *listing, d dice) {
		if l.next == "" {
			l.next = c.nextPage(r.tenant.ID, *l, l.from, plainPage)
		}
		l.next = c.abroad(l.next, d)
	}},
}

// spellings are other ways to write the parameters of a listing. Microsoft has changed them before.
var spellings = []*strings.Replacer{
	strings.NewReplacer("contentType=", "contenttype=", "startTime=", "starttime=", "endTime=", "endtime=", "nextPage=", "nextpage="),
	strings.NewReplacer("contentType=", "ContentType=", "startTime=", "StartTime=", "endTime=", "EndTime=", "nextPage=", "NextPage="),
	strings.NewReplacer("nextPage=", "NEXTPAGE="),
}

// hides says whether a listing lacks a blob: the first one to three listings of some that are near now.
func (c *Cloud) hides(r *call, i listed) bool {
	created, _ := time.Parse(instant, i.Created)
	if r.now.Sub(created) >= nearNow || !c.odds.strikes(PartialListing, i.ContentID) {
		return false
	}
	d := c.odds.dice(PartialListing, i.ContentID)
	return c.odds.asked.next("listed "+i.ContentID) < d.between(1, spared-1)
}

// listAgain adds up to three blobs of other windows and pages.
func (c *Cloud) listAgain(r *call, l *listing, d dice) {
	root := c.auditRoot(r.tenant.ID)
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 3 {
		if len(c.shelf.blobs) == 0 {
			return
		}
		if b := pick(d, c.shelf.blobs); b.available(r, l.kind) {
			l.items = append(l.items, b.shown(root))
		}
	}
}

// emptyPage puts an empty page before this one, unless this one comes after such a page. Without content there is no
// place that a next page could name.
func (c *Cloud) emptyPage(r *call, l *listing, _ dice) {
	c.mu.Lock()
	blobs := len(c.shelf.blobs)
	c.mu.Unlock()
	if token := r.query.Get("nextpage"); blobs == 0 || strings.ContainsRune(token, afterEmpty) {
		return
	}
	l.items, l.next = []listed{}, c.nextPage(r.tenant.ID, *l, l.from, afterEmpty)
}

// abroad gives an address at the foreign host, which differs from the cloud's by its port, or by its name as well.
func (c *Cloud) abroad(address string, d dice) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u.Host = pick(d, []string{u.Hostname(), "localhost"}) + ":" + c.foreign.port
	return u.String()
}
