package verify

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// census compares the records of the raw topic with what became of them. It holds eight bytes for each event and reject
// of the period, and nothing of a raw record but where something is wrong.
type census struct {
	cluster         *kafka.Cluster
	start           time.Time
	only            string        // tenant, "" for all
	read            *atomic.Int64 // messages
	events, rejects seen

	mu     sync.Mutex
	counts map[feedKey]counts
	doubts doubts
}

// counts are what there is of a feed.
type counts struct{ raw, events, rejects, neither int }

// take compares. How far normalize has come is asked first: what it wrote up to there can be read then.
func (c *census) take(ctx context.Context) (r Records, err error) {
	behind, err := c.cluster.Progress(ctx, "normalize", schemas.TopicRaw)
	if err != nil {
		return r, err
	}
	r.NotNormalized = behind.Lag()
	at, err := c.cluster.Positions(ctx, "normalize", schemas.TopicRaw)
	if err != nil {
		return r, err
	}
	written, err := c.outcomes(ctx)
	if err != nil {
		return r, err
	}
	twice := c.events.seal()
	c.rejects.seal()
	if at == nil {
		at = map[int]int64{}
	}
	if _, err = c.scan(ctx, kafka.Scan{Topic: schemas.TopicRaw, Since: c.start, Until: at}, c.raw); err != nil {
		return r, err
	}
	if err = c.settle(ctx, written); err != nil {
		return r, err
	}
	r.Neither, r.Unnamed = c.doubts.left(c.lose)
	r.Repeated, err = c.repeated(ctx, twice)
	return r, err
}

// outcomes reads the events and rejects of the period, and gives where it began in each partition.
func (c *census) outcomes(ctx context.Context) (began map[schemas.Topic][]kafka.Stretch, err error) {
	var events, rejects []kafka.Stretch
	reading, within := errgroup.WithContext(ctx)
	reading.Go(func() (err error) {
		events, err = c.scan(within, kafka.Scan{Topic: schemas.TopicEvents, Since: c.start}, c.event)
		return err
	})
	reading.Go(func() (err error) {
		rejects, err = c.scan(within, kafka.Scan{Topic: schemas.TopicRejects, Since: c.start}, c.reject)
		return err
	})
	err = reading.Wait()
	return map[schemas.Topic][]kafka.Stretch{schemas.TopicEvents: events, schemas.TopicRejects: rejects}, err
}

// scan has take make the counts of each partition, without a lock.
func (c *census) scan(ctx context.Context, s kafka.Scan, take func(*schemas.Message, map[feedKey]counts)) ([]kafka.Stretch, error) {
	var mu sync.Mutex
	var all []map[feedKey]counts
	parts, err := c.cluster.Scan(ctx, s, func(int) func(schemas.Message) error {
		own := map[feedKey]counts{}
		mu.Lock()
		all = append(all, own)
		mu.Unlock()
		return func(m schemas.Message) error {
			c.read.Add(1)
			take(&m, own)
			return nil
		}
	})
	for _, own := range all {
		c.add(own)
	}
	return parts, err
}

func (c *census) add(own map[feedKey]counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range own {
		sum := c.counts[k]
		c.counts[k] = counts{sum.raw + n.raw, sum.events + n.events, sum.rejects + n.rejects, sum.neither + n.neither}
	}
}

// concerns says whether a record's tenant is looked at.
func (c *census) concerns(n name) bool { return c.only == "" || n.tenant == c.only }

// feedOf gives the feed that a message of a tenant came from.
func feedOf(n name, m *schemas.Message) feedKey {
	return feedKey{n.tenant, strings.Clone(m.Header(schemas.HeaderSource))}
}

func (c *census) event(m *schemas.Message, own map[feedKey]counts) {
	n := nameOfEvent(m)
	if !c.concerns(n) {
		return
	}
	c.events.add(n.hash())
	if m.Time.Before(c.start) { // older ones are among them
		return
	}
	k := feedOf(n, m)
	sum := own[k]
	sum.events++
	own[k] = sum
}

func (c *census) reject(m *schemas.Message, own map[feedKey]counts) {
	n, ok := nameOfReject(m)
	if !ok || !c.concerns(n) {
		return
	}
	c.rejects.add(n.hash())
	if m.Time.Before(c.start) {
		return
	}
	k := feedOf(n, m)
	sum := own[k]
	sum.rejects++
	own[k] = sum
}

// raw looks for what became of a record. One that came again counts once.
func (c *census) raw(m *schemas.Message, own map[feedKey]counts) {
	n := nameOfRaw(m)
	if !c.concerns(n) || m.Time.Before(c.start) {
		return
	}
	h := n.hash()
	has, first := c.events.mark(h)
	if !has {
		has, first = c.rejects.mark(h)
	}
	switch {
	case !has:
		c.doubts.add(h, n, m)
	case first:
		k := feedOf(n, m)
		sum := own[k]
		sum.raw++
		own[k] = sum
	}
}

// lose counts a record that nothing became of, or that is an older one's repeat.
func (c *census) lose(k feedKey, neither bool) {
	sum := c.counts[k]
	sum.raw++
	if neither {
		sum.neither++
	}
	c.counts[k] = sum
}
