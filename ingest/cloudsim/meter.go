package cloudsim

import (
	"slices"
	"sync"
	"time"
)

// maxMetered is how many requests of a tenant are remembered.
const maxMetered = 100_000

// meter counts a tenant's requests.
type meter struct {
	mu       sync.Mutex
	arrived  []time.Time // the latest, in the order of arrival
	answered []time.Time // those of the last minute that the quota let through
}

func (m *meter) arrive(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.arrived) == 2*maxMetered {
		m.arrived = slices.Delete(m.arrived, 0, maxMetered)
	}
	m.arrived = append(m.arrived, now)
}

// admits says whether the minute that ends now has room for one more request under a quota, and takes it.
func (m *meter) admits(now time.Time, quota int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answered = slices.DeleteFunc(m.answered, func(t time.Time) bool { return !t.After(now.Add(-time.Minute)) })
	if len(m.answered) >= quota {
		return false
	}
	m.answered = append(m.answered, now)
	return true
}

// rest is how long a tenant has to be left alone in the state QuotaExhausted before a request is answered. Microsoft
// documents no time: this one is as long as a client has to wait at least, whose quota of a minute others use up.
const rest = 2 * time.Minute

// rested says whether the request that arrived now is the only one in a while, and not the first of all.
func (m *meter) rested(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.arrived)
	return n > 1 && now.Sub(m.arrived[n-2]) >= rest
}

// Requests gives when a tenant's requests of the Management API arrived, by the cloud's clock, in the order of arrival:
// all of them, whatever they were answered. Of a long run it gives the latest 100,000 at least.
func (c *Cloud) Requests(tenant string) []time.Time {
	m := c.meterOf(tenant)
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.arrived)
}

// Busiest gives the most of those requests that arrived within any 60 seconds, the last instant excluded.
func (c *Cloud) Busiest(tenant string) int {
	times, most, first := c.Requests(tenant), 0, 0
	slices.SortFunc(times, time.Time.Compare) // the clock may have been set back
	for i, t := range times {
		for t.Sub(times[first]) >= time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// meterOf finds a tenant's by its ID or domain, or gives nil.
func (c *Cloud) meterOf(name string) *meter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.tenant(name); t != nil {
		return &t.meter
	}
	return nil
}
