package verify

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// mostNamed is how many records are named that nothing became of.
const mostNamed = 100_000

// again is how long after a record was received a repeat of it gives no event, with an hour for clocks that differ.
const again = 14*day + time.Hour

// doubts are the raw records of the period that gave no event in it. Those that are repeats of older records have an
// older event.
type doubts struct {
	mu  sync.Mutex
	all map[uint64]*doubt // by hash
}

type doubt struct {
	feed    feedKey
	record  *Record // nil for those beyond mostNamed
	settled atomic.Bool
}

func (d *doubts) add(h uint64, n name, m *schemas.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all[h] != nil {
		return
	}
	if d.all == nil {
		d.all = map[uint64]*doubt{}
	}
	one := &doubt{feed: feedOf(n, m)}
	if len(d.all) < mostNamed {
		raw := schemas.RawOf(*m)
		one.record = &Record{
			Tenant: n.tenant, Key: n.id, ContentType: one.feed.contentType, ContentID: raw.ContentID, ContentCreated: raw.ContentCreated,
			Received: m.Time, Partition: m.Partition, Offset: m.Offset,
		}
	}
	d.all[h] = one
}

// settle clears the record of that hash.
func (d *doubts) settle(h uint64) {
	if one := d.all[h]; one != nil {
		one.settled.Store(true)
	}
}

// left gives the records that nothing became of, and how many there are beyond those that can be named. It tells count
// of each, and of each that was settled.
func (d *doubts) left(count func(k feedKey, neither bool)) (named []Record, unnamed int) {
	named = []Record{}
	for _, one := range d.all {
		neither := !one.settled.Load()
		count(one.feed, neither)
		switch {
		case neither && one.record != nil:
			named = append(named, *one.record)
		case neither:
			unnamed++
		}
	}
	slices.SortFunc(named, func(a, b Record) int {
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return named, unnamed
}

// settle looks for the doubtful records among older events and rejects, up to where those of the period began.
func (c *census) settle(ctx context.Context, began map[schemas.Topic][]kafka.Stretch) error {
	if len(c.doubts.all) == 0 {
		return nil
	}
	reading, within := errgroup.WithContext(ctx)
	for topic, parts := range began {
		older := kafka.Scan{Topic: topic, Since: c.start.Add(-again), Until: map[int]int64{}}
		for _, p := range parts {
			older.Until[p.Partition] = p.From
		}
		reading.Go(func() error {
			_, err := c.scan(within, older, func(m *schemas.Message, _ map[feedKey]counts) { c.doubts.settle(nameOfOutcome(m).hash()) })
			return err
		})
	}
	return reading.Wait()
}

// repeated names the events that are there more than once, of those whose hashes are.
func (c *census) repeated(ctx context.Context, twice map[uint64]bool) ([]Repeat, error) {
	found := []Repeat{}
	if len(twice) == 0 {
		return found, nil
	}
	var mu sync.Mutex
	received := map[name][]time.Time{}
	_, err := c.scan(ctx, kafka.Scan{Topic: schemas.TopicEvents, Since: c.start}, func(m *schemas.Message, _ map[feedKey]counts) {
		n := nameOfEvent(m)
		if !c.concerns(n) || !twice[n.hash()] {
			return
		}
		mu.Lock()
		received[n] = append(received[n], m.Time)
		mu.Unlock()
	})
	for n, times := range received {
		if anyWithin(times, again) {
			found = append(found, Repeat{n.tenant, n.id, len(times)})
		}
	}
	slices.SortFunc(found, func(a, b Repeat) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.UID, b.UID)) })
	return found, err
}

// anyWithin says whether any two of the times are no further apart. A record that comes again later than that may become
// another event.
func anyWithin(times []time.Time, apart time.Duration) bool {
	slices.SortFunc(times, time.Time.Compare)
	for i := 1; i < len(times); i++ {
		if times[i].Sub(times[i-1]) <= apart {
			return true
		}
	}
	return false
}
