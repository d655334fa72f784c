// Package verify says whether everything is there that Microsoft offered: it reads the ledger, the records and what
// became of them, and on demand Microsoft's listings or an exported log, and names what is missing.
//
// It takes a Kafka and, from its caller, what lists a tenant's content and an export. It gives a Report, and that as text
// for people. What is judged is judged by functions of what was read, apart from the reading. It reads topics as a
// read_committed consumer does; it joins no group, writes nothing and makes no topic. It must not know how a record is
// normalized, nor the command line.
package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Options say what is looked at.
type Options struct {
	Tenants []schemas.Tenant                    // those of a configuration. They go before the entries of the tenants topic.
	Tenant  string                              // the ID or the name of the only one that is looked at; "" is all
	Since   time.Duration                       // how far back
	Lister  func(tenant string) (Lister, error) // nil compares with no listing
	Export  *Export                             // nil compares with none
	Unread  *Unread                             // what the cluster's readers could not decode; nil is nothing
	Now     func() time.Time                    // nil is time.Now
}

// Gather reads what there is and says what is missing. Its errors are *UnknownTenantError, ErrWhose, ErrStalled where Kafka
// gives nothing any more, a *schemas.VersionError where the topics hold what a later program wrote, and ctx's. Memory
// grows by eight bytes for each event of the period, and by some tens for each blob that the ledger has.
func Gather(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now().UTC()
	g := &gathering{cluster: cluster, o: o, now: now, start: now.Add(-o.Since), book: newBook(), tenants: newRoster(o.Tenants)}
	return g.gather(ctx)
}

// gathering is one Gather.
type gathering struct {
	cluster    *kafka.Cluster
	o          Options
	now, start time.Time
	read       atomic.Int64 // messages

	tenants roster
	book    *book
	only    string // tenant ID, "" for all
}

func (g *gathering) gather(ctx context.Context) (r Report, err error) {
	if err := g.moving(ctx, g.known); err != nil {
		return r, err
	}
	if g.only, err = g.tenants.find(g.o.Tenant, g.book); err != nil {
		return r, err
	}
	whose := ""
	if g.o.Export != nil {
		if whose, err = g.o.Export.tenant(g.only); err != nil {
			return r, err
		}
	}
	var listings []listing
	if g.o.Lister != nil {
		listings = relist(ctx, g.wanted(), g.o.Lister)
	}
	if err := g.moving(ctx, g.ledger); err != nil { // once more: what was listed may be settled by now
		return r, err
	}
	count := &census{
		cluster: g.cluster, start: g.start, only: g.only, read: &g.read, counts: map[feedKey]counts{},
	}
	r = Report{At: g.now, Since: g.start}
	begun := time.Now()
	err = g.moving(ctx, func(ctx context.Context) (err error) {
		g.read.Store(0)
		r.Records, err = count.take(ctx)
		r.Records.Read, r.Records.Seconds = g.read.Load(), time.Since(begun).Seconds()
		return err
	})
	if err != nil {
		return r, err
	}
	if g.o.Export != nil {
		m := &matching{export: g.o.Export, tenant: whose, read: &g.read}
		err = g.moving(ctx, func(ctx context.Context) error {
			c, err := m.compare(ctx, g.cluster)
			r.Against = &c
			return err
		})
		if err != nil {
			return r, err
		}
	}
	g.fill(&r, count.counts, listings)
	return r, nil
}

// known reads which tenants there are, and the ledger.
func (g *gathering) known(ctx context.Context) error {
	err := g.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicTenants}, func(m schemas.Message) error {
		g.read.Add(1)
		return g.tenants.take(m)
	})
	if err != nil {
		return fmt.Errorf("read the tenants: %w", err)
	}
	return g.ledger(ctx)
}

// ledger reads the ledger from where it was read to.
func (g *gathering) ledger(ctx context.Context) error {
	err := g.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicLedger, From: kafka.From(g.book.next)}, func(m schemas.Message) error {
		g.read.Add(1)
		return g.book.take(m)
	})
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	return nil
}

// wanted gives the feeds that are to be watched now, of the tenants that are looked at, and those that the ledger knows of
// a tenant that is named.
func (g *gathering) wanted() (feeds []feedKey) {
	for id, m := range g.tenants {
		for _, t := range m.types() {
			if g.only == "" || g.only == id {
				feeds = append(feeds, feedKey{id, t})
			}
		}
	}
	for _, f := range g.book.feeds {
		if g.only == f.tenant && g.tenants[f.tenant].ID == "" {
			feeds = append(feeds, f)
		}
	}
	slices.SortFunc(feeds, byFeed)
	return slices.Compact(feeds)
}

func byFeed(a, b feedKey) int {
	if d := strings.Compare(a.tenant, b.tenant); d != 0 {
		return d
	}
	return strings.Compare(a.contentType, b.contentType)
}

// skips gives what stages passed over, in the order of the offsets.
func (g *gathering) skips() (list []schemas.Skip) {
	for _, s := range g.book.skips {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b schemas.Skip) int {
		if d := strings.Compare(a.Topic, b.Topic); d != 0 {
			return d
		}
		if a.Partition != b.Partition {
			return a.Partition - b.Partition
		}
		return int(a.From - b.From)
	})
	return list
}
