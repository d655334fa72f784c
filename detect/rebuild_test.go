package detect_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"ualstream/detect"
	"ualstream/schemas"
)

// kinds are correlations of each kind, one of which counts what another one finds.
const kinds = `title: Many
id: 11111111-2222-4333-8444-000000000011
name: many
correlation:
  type: event_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 30m
  generate: true
  condition: {gte: 4}
---
title: Spray
id: 11111111-2222-4333-8444-000000000012
correlation:
  type: value_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 20m
  condition: {field: derived.actor_id, gte: 3}
---
title: Again and again
id: 11111111-2222-4333-8444-000000000013
correlation:
  type: event_count
  rules: [many]
  group-by: [derived.address]
  timespan: 6h
  condition: {gte: 2}
---
title: Few
id: 11111111-2222-4333-8444-000000000014
correlation:
  type: event_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 10m
  condition: {eq: 2}
`

// entry is one of a partition of signals: a signal, or that something fired.
type entry struct {
	received time.Time
	signal   schemas.Signal
	fired    *schemas.Fired
}

// partition is one of signals, in order, with what a correlator that runs through adds to it.
type partition struct {
	lateness time.Duration
	entries  []entry
}

// take has a correlator count the entry at an offset.
func (p *partition) take(c *detect.Correlator, offset int) detect.Correlated {
	e := p.entries[offset]
	if e.fired != nil {
		return detect.Correlated{}
	}
	return c.Add(e.signal, int64(offset), e.received)
}

// write appends what came of the newest entry.
func (p *partition) write(found detect.Correlated, received time.Time) {
	for _, f := range found.Fired {
		p.entries = append(p.entries, entry{received: received, fired: &f})
	}
	for _, s := range found.Signals {
		p.entries = append(p.entries, entry{received: received, signal: s})
	}
}

// rebuilt gives a correlator as a worker makes it that goes on at an offset, from what was received since then.
func (p *partition) rebuilt(c *detect.Correlator, committed int, since time.Time) *detect.Correlator {
	from := slices.IndexFunc(p.entries, func(e entry) bool { return !e.received.Before(since) })
	var fired []schemas.Fired
	for _, e := range p.entries[from:] {
		if e.fired != nil && e.fired.Offset < int64(committed) {
			fired = append(fired, *e.fired)
		}
	}
	c.Restore(fired)
	for offset := from; offset < committed; offset++ {
		if e := p.entries[offset]; e.fired == nil {
			c.Replay(e.signal, int64(offset), e.received)
		}
	}
	return c
}

// clock gives the event time of the tenant that is farthest behind, of those with a signal shortly before an offset.
func (p *partition) clock(committed int) time.Time {
	clocks := map[string]time.Time{}
	for _, e := range p.entries[max(0, committed-1000):committed] {
		if e.fired == nil && e.signal.Time.After(clocks[e.signal.Tenant]) {
			clocks[e.signal.Tenant] = e.signal.Time
		}
	}
	oldest := p.entries[committed-1].received
	for _, at := range clocks {
		if at.Before(oldest) {
			oldest = at
		}
	}
	return oldest
}

// TestARebuildAtAnyPlaceGoesOnAsOneThatRanThrough has signals come in any order, as late as they may be, and builds
// correlators at places in it from what a worker reads.
func TestARebuildAtAnyPlaceGoesOnAsOneThatRanThrough(t *testing.T) {
	const lateness = 5 * time.Hour
	set := ruleSet(t, wrongPassword, kinds)
	o := detect.CorrelatorOptions{Lateness: lateness}
	reach := detect.Reach(set, lateness) - time.Hour // which is for partitions that are not in the order of receipt
	made := templates(t, wrongPassword, kinds)
	told, cut := 0, 0
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		p, through := &partition{lateness: lateness}, detect.NewCorrelator(set, o)
		var others []*detect.Correlator
		now := time.Date(2026, 2, 12, 0, 0, 0, 0, time.UTC)
		for offset := range 2500 {
			if offset == len(p.entries) {
				now = now.Add(time.Duration(rnd.ExpFloat64() * float64(time.Duration(1+seed)*time.Minute)))
				p.entries = append(p.entries, random(rnd, made, now, lateness)...)
			}
			if rnd.IntN(250) == 0 && offset > 0 {
				since := p.clock(offset).Add(-reach)
				if since.After(p.entries[0].received) {
					cut++
				}
				others = append(others, p.rebuilt(detect.NewCorrelator(set, o), offset, since))
			}
			found := p.take(through, offset)
			told += len(found.Threats)
			for i, other := range others {
				if got := p.take(other, offset); !reflect.DeepEqual(got, found) {
					t.Fatalf("seed %d, rebuild %d, offset %d: %s\n%+v\nwant %s\n%+v", seed, i, offset, got.Threats, got, found.Threats, found)
				}
			}
			p.write(found, now)
		}
	}
	if told < 300 || cut < 5 {
		t.Errorf("%d findings, %d rebuilds that lacked the beginning", told, cut)
	}
}

// TestWhateverTheTimesARebuildTellsNothingTwice has a correlator be rebuilt again and again among signals that come
// later than they may, or before their time.
func TestWhateverTheTimesARebuildTellsNothingTwice(t *testing.T) {
	const lateness = time.Hour
	set := ruleSet(t, wrongPassword, kinds)
	o := detect.CorrelatorOptions{Lateness: lateness}
	made := templates(t, wrongPassword, kinds)
	rnd := rand.New(rand.NewPCG(4, 3))
	p, c := &partition{lateness: lateness}, detect.NewCorrelator(set, o)
	now := time.Date(2026, 2, 12, 0, 0, 0, 0, time.UTC)
	updates, late := map[string]int{}, 0
	for offset := range 6000 {
		if offset == len(p.entries) {
			now = now.Add(time.Duration(rnd.ExpFloat64() * float64(2*time.Minute)))
			p.entries = append(p.entries, random(rnd, made, now.Add(time.Duration(rnd.Int64N(int64(lateness)))), 10*lateness)...)
			for i := offset; i < len(p.entries); i++ {
				p.entries[i].received = now
			}
		}
		if rnd.IntN(40) == 0 && offset > 0 {
			c = p.rebuilt(detect.NewCorrelator(set, o), offset, p.clock(offset).Add(-detect.Reach(set, lateness)))
		}
		found := p.take(c, offset)
		p.write(found, now)
		if found.Late {
			late++
		}
		for _, f := range found.Fired {
			if before, known := updates[f.UID]; known == (f.Update == 0) || known && f.Update != before+1 {
				t.Fatalf("offset %d: update %d of %s follows %d (%v)", offset, f.Update, f.UID, before, known)
			}
			updates[f.UID] = f.Update
		}
	}
	if len(updates) < 100 || late < 5 {
		t.Errorf("%d findings, %d late", len(updates), late)
	}
}

// TestWhatFiresInARebuildAloneIsTakenBack replays hits that are known to have fired nothing, as some of them were late
// when more was known.
func TestWhatFiresInARebuildAloneIsTakenBack(t *testing.T) {
	c := newCounting(t, sprayed)
	for user := range 4 {
		c.Replay(c.signal(user, time.Duration(user)*time.Second), int64(user), c.noon)
	}
	c.offset = 10
	found := c.hit(4, time.Minute)
	if len(found.Fired) != 1 || found.Fired[0].Update != 0 || found.Fired[0].Count != 5 || len(found.Threats) != 1 {
		t.Errorf("%+v", found)
	}
}

// TestAnUpdateIsToldWhenAnHourHasPassed has hits go on slowly, of which the first, the second, the fourth would be told.
func TestAnUpdateIsToldWhenAnHourHasPassed(t *testing.T) {
	c := newCounting(t, sprayed)
	count := 0
	for i := range 60 {
		at := c.noon.Add(time.Duration(i) * 5 * time.Minute)
		s := c.signal(i, time.Duration(i)*5*time.Minute)
		for _, f := range c.Add(s, int64(i), at).Fired {
			count = f.Count
		}
		if i >= 3 && i+1-count > 12 {
			t.Fatalf("of %d hits %d are told", i+1, count)
		}
	}
	if count < 48 {
		t.Errorf("%d hits are told", count)
	}
}

// templates gives a signal for each correlation that counts sign-ins.
func templates(t *testing.T, documents ...string) []schemas.Signal {
	t.Helper()
	engine := detect.New(detect.Options{Rules: ruleSet(t, documents...)})
	event := normalized(t, []byte(`{"OrganizationId":"00000000-0000-4000-8000-000000000001","Id":"e","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"UserId":"u@contoso.example","UserKey":"k","ClientIP":"192.0.2.7","CreationTime":"2026-02-12T12:00:00"}`))
	_, found := engine.Detect(event)
	return engine.Outgoing("", event, found)
}

// random gives what an event becomes that is received now.
func random(rnd *rand.Rand, made []schemas.Signal, now time.Time, lateness time.Duration) (all []entry) {
	late := min(time.Duration(rnd.ExpFloat64()*float64(10*time.Minute)), lateness)
	if rnd.IntN(10) == 0 {
		late = time.Duration(rnd.Int64N(int64(lateness)))
	}
	user, address := rnd.IntN(6), rnd.IntN(4)
	for _, s := range made {
		s.Time, s.Ref = now.Add(-late).Truncate(time.Second), fmt.Sprint(now.UnixNano())
		s.Tenant = fmt.Sprint("tenant ", address/3)
		s.Group = []string{fmt.Sprint("192.0.2.", address)}
		if len(s.Values) > 0 {
			s.Values = []string{fmt.Sprint("k", user)}
		}
		s.Event.Actor = fmt.Sprint("u", user)
		all = append(all, entry{received: now, signal: s})
	}
	return all
}
