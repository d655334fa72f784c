package detect

import (
	"strings"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// tenant is what is known of one tenant. Nothing goes from one to another.
type tenant struct {
	now      time.Time
	trackers map[*sigma.Correlation]*sigma.Tracker
}

func (c *Correlator) tenant(id string) *tenant {
	id = strings.ToLower(id)
	if c.tenants[id] == nil {
		c.tenants[id] = &tenant{trackers: map[*sigma.Correlation]*sigma.Tracker{}}
	}
	return c.tenants[id]
}

func (c *Correlator) tracker(id string, of *sigma.Correlation) *sigma.Tracker {
	t := c.tenant(id)
	if t.trackers[of] == nil {
		o := sigma.TrackerOptions{Lateness: c.options.Lateness, MaxGroups: c.options.MaxGroups, Store: c.store()}
		t.trackers[of] = sigma.NewTracker(of, o)
		if !t.now.IsZero() {
			t.trackers[of].Advance(t.now)
		}
	}
	return t.trackers[of]
}

// tick is how finely event time passes: to forget costs time, too.
const tick = time.Minute

// advance moves a tenant's event time on.
func (c *Correlator) advance(s schemas.Signal, received time.Time) {
	at := s.Time
	if at.After(received) {
		at = received
	}
	t := c.tenant(s.Tenant)
	if at = at.Truncate(tick); !at.After(t.now) {
		return
	}
	t.now = at
	for _, tracker := range t.trackers {
		tracker.Advance(at)
	}
	c.sweep(received)
}

// sweep forgets episodes that nothing can join any more, once an hour of receipt.
func (c *Correlator) sweep(received time.Time) {
	if received.Sub(c.swept) < time.Hour {
		return
	}
	c.swept = received
	for uid, e := range c.episodes {
		if e.Until.Before(c.tenant(e.Tenant).now) {
			delete(c.episodes, uid)
		}
	}
}

// store gives what takes the groups of a tracker that are too many.
func (c *Correlator) store() sigma.Store {
	if c.options.Spill != nil {
		return c.options.Spill()
	}
	return forget{c.options.Forgot}
}

// forget is a store that keeps nothing, and says so.
type forget struct{ forgot func() }

func (f forget) Save(string, []byte, time.Time) {
	if f.forgot != nil {
		f.forgot()
	}
}

func (f forget) Load(string) []byte { return nil }

func (f forget) Expire(time.Time) {}
