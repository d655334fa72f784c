package verify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// fill puts the report together.
func (g *gathering) fill(r *Report) {
	r.Skipped, r.Unread, r.Damaged = g.skipped(), g.o.Unread.beside(g.skips()), g.damaged()
	r.Tenants = g.tenantsOf(g.feeds())
	if g.o.Lister != nil {
		r.Deep = &Deep{Listings: []Listing{}}
		for _, l := range g.listings {
			r.Deep.Listings = append(r.Deep.Listings, l.compare(g.book, g.now))
		}
	}
	if r.Against != nil {
		r.Against.BeforeCoverage = before(r.Against.NotHere, coveredSince(r.Tenants, r.Against.Tenant))
	}
	r.sum()
}

// feeds gives everything that is known of each feed: those that are wanted, those of the ledger and those with records.
func (g *gathering) feeds() map[feedKey]*Feed {
	all := g.book.summary(period{g.start, g.now})
	of := func(k feedKey) *Feed {
		if all[k] == nil {
			all[k] = &Feed{ContentType: k.contentType, Losses: []Loss{}, Waiting: []Pending{}}
		}
		return all[k]
	}
	for k, n := range g.counted {
		f := of(k)
		f.Raw, f.Events, f.Rejects, f.Neither = n.raw, n.events, n.rejects, n.neither
	}
	covered := g.book.covered()
	for k := range covered {
		of(k)
	}
	for _, k := range g.wanted() {
		of(k).Wanted = slices.Contains(g.tenants[k.tenant].types(), k.contentType)
	}
	for k, f := range all {
		f.cover(covered[k], g.start, g.begun(k), g.now)
	}
	maps.DeleteFunc(all, func(k feedKey, _ *Feed) bool { return g.only != "" && k.tenant != g.only })
	return all
}

// begun gives since when a feed has to be covered that is not covered at all: since it is wanted, or since the ledger first
// heard of it, or of its tenant.
func (g *gathering) begun(k feedKey) time.Time {
	begun, known := g.tenants[k.tenant].since[k.contentType]
	if !known {
		begun, known = g.book.began[k]
	}
	if !known {
		begun = g.book.began[feedKey{tenant: k.tenant}]
	}
	if begun.Before(g.start) {
		return g.start
	}
	return begun
}

// tenantsOf gives the tenants of feeds: those with names first, in the order of these, and of each the content types in
// the order that all tables have.
func (g *gathering) tenantsOf(feeds map[feedKey]*Feed) []Tenant {
	byID := map[string]*Tenant{}
	for k, f := range feeds {
		t := byID[k.tenant]
		if t == nil {
			m := g.tenants[k.tenant]
			t = &Tenant{ID: k.tenant, Name: m.Name, Connected: m.ID != ""}
			byID[k.tenant] = t
		}
		t.Feeds = append(t.Feeds, *f)
	}
	all := []Tenant{}
	for _, t := range byID {
		slices.SortFunc(t.Feeds, func(a, b Feed) int {
			return cmp.Or(cmp.Compare(place(a.ContentType), place(b.ContentType)), strings.Compare(a.ContentType, b.ContentType))
		})
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Tenant) int {
		return cmp.Or(cmp.Compare(len(b.Name), 0)-cmp.Compare(len(a.Name), 0), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return all
}

func place(contentType string) int {
	if i := slices.Index(schemas.ContentTypes, contentType); i >= 0 {
		return i
	}
	return len(schemas.ContentTypes)
}

// skipped gives what was skipped in the period.
func (g *gathering) skipped() []Skip {
	list := []Skip{}
	for _, s := range g.skips() {
		if !s.At.Before(g.start) {
			list = append(list, Skip{s.Stage, s.Topic, s.Partition, s.From, s.To, s.Reason, s.At.UTC()})
		}
	}
	return list
}

// damaged gives the entries of the ledger that cannot be read, of the tenants that are looked at.
func (g *gathering) damaged() []Damage {
	list := []Damage{}
	for key, d := range g.book.damaged {
		tenant := strings.ToLower(string(schemas.LedgerTenant([]byte(key))))
		if g.only == "" || tenant == g.only || tenant == "deployment" {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b Damage) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// coveredSince gives the first time that anything of a tenant is covered; zero where nothing is.
func coveredSince(tenants []Tenant, id string) (first time.Time) {
	for _, t := range tenants {
		for _, f := range t.Feeds {
			if t.ID == id && !f.CoveredSince.IsZero() && (first.IsZero() || f.CoveredSince.Before(first)) {
				first = f.CoveredSince
			}
		}
	}
	return first
}

// before counts the records that happened before a time, none for the zero time.
func before(lines []Line, t time.Time) (n int) {
	for _, l := range lines {
		if l.Time.Before(t) && !l.Time.IsZero() {
			n++
		}
	}
	return n
}
