package cloudsim

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Day says what Play makes happen in a tenant. Its zero value is a day on which nothing happens.
type Day struct {
	Tenant string // tenant ID or domain; "" means every tenant

	History   time.Duration // how far back the audit log goes when Play starts
	PerHour   int           // background events an hour in the history; most leave one record, few leave several
	PerSecond float64       // background events a second while Play runs

	// StoryAt is when the intruder comes, counted from Play's start; a negative one came before. Where nobody subscribes
	// to anything then, it is counted from five seconds after the first start, so that the story can be seen. StoryStep is
	// the time between the story's eleven steps; 0 means that no intruder comes.
	StoryAt   time.Duration
	StoryStep time.Duration

	Delay time.Duration // from an event to its blob; Microsoft's own is an hour and more
	Tick  time.Duration // how often blobs become available while Play runs; default 500 ms
}

// DemoDay is a day to look at: two hours of history, a few records a second, and an intruder who begins at once and
// is done within twelve seconds.
func DemoDay() Day {
	return Day{
		History: 2 * time.Hour, PerHour: 90, PerSecond: 3,
		StoryStep: time.Second, Tick: 500 * time.Millisecond,
	}
}

// Play makes a day happen: the history is there when it begins, and life goes on until ctx ends. Content of a type
// that the tenant has no enabled subscription of is lost, as in reality. The end of ctx is no error, and a ctx that has
// ended already gives the history alone.
//
// The history's blobs are as old as its events; a clock that stands still has a history and no life after it. No
// record is from the future, and no order is promised.
func (c *Cloud) Play(ctx context.Context, d Day) error {
	players, err := c.players(d)
	if err != nil {
		return err
	}
	for _, p := range players {
		if err := p.past(); err != nil {
			return err
		}
	}
	if d.Tick <= 0 {
		d.Tick = 500 * time.Millisecond
	}
	tick := time.NewTicker(d.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, p := range players {
			if err := p.offer(c.clockOf(p.org.id).UTC()); err != nil {
				return err
			}
		}
	}
}

// past offers everything that happened before the start, and what happens at the start itself.
func (p *player) past() error {
	for at := p.start.Add(-p.day.History); at.Before(p.start); at = at.Add(historyStep) {
		if err := p.offer(at); err != nil {
			return err
		}
	}
	return p.offer(p.start)
}

func (c *Cloud) players(d Day) ([]*player, error) {
	var out []*player
	for _, t := range c.Tenants() {
		if d.Tenant == "" || strings.EqualFold(d.Tenant, t.ID) || strings.EqualFold(d.Tenant, t.Domain) {
			out = append(out, c.newPlayer(t, d, c.clockOf(t.ID).UTC()))
		}
	}
	if out == nil {
		return nil, fmt.Errorf("play a day of tenant %s: no such tenant", d.Tenant)
	}
	return out, nil
}
