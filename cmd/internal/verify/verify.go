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

// Gather reads what there is and says what is missing. Its errors are *UnknownTenantError, ErrWhose, kafka.ErrStalled where
// Kafka gives nothing any more, a *schemas.VersionError where the topics hold what a later program wrote, and ctx's. Memory
// grows by eight bytes for each event of the period, and by some tens for each blob that the ledger has.
func Gather(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now().UTC()
	g := &gathering{cluster: cluster, o: o, now: now, start: now.Add(-o.Since), patience: kafka.Patience, book: newBook(), tenants: newRoster(o.Tenants)}
	return g.gather(ctx)
}

// gathering is one Gather.
type gathering struct {
	cluster    *kafka.Cluster
	o          Options
	now, start time.Time
	patience   time.Duration // how long nothing may be read
	read       atomic.Int64  // messages

	tenants  roster
	book     *book
	only     string // tenant ID, "" for all
	whose    string // tenant ID of the export
	listings []listing
	counted  map[feedKey]counts
}

// gather takes the steps in their order. The ledger is read again after Microsoft's listings: what was listed may be
// settled by then.
func (g *gathering) gather(ctx context.Context) (r Report, err error) {
	r = Report{At: g.now, Since: g.start}
	if err = g.moving(ctx, g.known); err != nil {
		return r, err
	}
	if err = g.choose(); err != nil {
		return r, err
	}
	if g.o.Lister != nil {
		g.listings = relist(ctx, g.wanted(), g.o.Lister)
	}
	if err = g.moving(ctx, g.ledger); err != nil {
		return r, err
	}
	if err = g.moving(ctx, func(ctx context.Context) error { return g.count(ctx, &r) }); err != nil {
		return r, err
	}
	if err = g.moving(ctx, func(ctx context.Context) error { return g.match(ctx, &r) }); err != nil {
		return r, err
	}
	g.fill(&r)
	return r, nil
}

// moving reads, as long as there is something to read.
func (g *gathering) moving(ctx context.Context, read func(context.Context) error) error {
	return g.cluster.Moving(ctx, g.patience, &g.read, []schemas.Topic{schemas.TopicEvents, schemas.TopicRejects}, read)
}

// choose finds the tenants that are asked for.
func (g *gathering) choose() (err error) {
	if g.only, err = g.tenants.find(g.o.Tenant, g.book); err == nil && g.o.Export != nil {
		g.whose, err = g.o.Export.tenant(g.only)
	}
	return err
}

// count compares the records with what became of them.
func (g *gathering) count(ctx context.Context, r *Report) (err error) {
	g.read.Store(0)
	begun := time.Now()
	c := &census{cluster: g.cluster, start: g.start, only: g.only, read: &g.read, counts: map[feedKey]counts{}}
	r.Records, err = c.take(ctx)
	r.Records.Read, r.Records.Seconds = g.read.Load(), time.Since(begun).Seconds()
	g.counted = c.counts
	return err
}

// match compares the export, where there is one, with what is here.
func (g *gathering) match(ctx context.Context, r *Report) error {
	if g.o.Export == nil {
		return nil
	}
	m := &matching{export: g.o.Export, tenant: g.whose, read: &g.read}
	c, err := m.compare(ctx, g.cluster)
	r.Against = &c
	return err
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
