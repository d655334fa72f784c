package ingest

import "time"

// patience ends a fetch that takes too long to bring anything. It runs only while the blob itself is waited for, not
// while the quota or the sink is. A nil one does nothing. It belongs to one goroutine.
type patience struct {
	whole, left time.Duration
	since       time.Time
	timer       *time.Timer
}

// newPatience gives one that rests; end is called when it is used up.
func newPatience(d time.Duration, end func()) *patience {
	p := &patience{whole: d, left: d, timer: time.AfterFunc(d, end)}
	p.timer.Stop()
	return p
}

func (p *patience) run() {
	if p != nil {
		p.since = time.Now()
		p.timer.Reset(p.left)
	}
}

func (p *patience) rest() {
	if p != nil && p.timer.Stop() {
		p.left -= time.Since(p.since)
	}
}

// renew makes it whole again. It must rest.
func (p *patience) renew() { p.left = p.whole }
