package ingest

import (
	"context"
	"sync"
	"time"
)

// DefaultQuota is Microsoft's baseline: requests a minute and tenant, of all content types together.
const DefaultQuota = 2000

// The pace. Microsoft counts requests when they arrive, and says neither when its minutes begin nor how it counts,
// so the quota must hold in every minute, wherever it begins.
//
// Permits are spaced by (minute + catchUp + jitter) / quota, and one that is late may be made up for, by catchUp at
// most. Then less than a quota and one, which is to say a quota at most, are given in any span of minute + jitter.
// Requests that arrive within one minute were sent within a minute and as much more as their ways differ in length,
// so that a difference of one second changes nothing. What is more than that late is at most what is under way at
// once: at the default quota the spare second is worth 33 requests, more than a collector sends at a time.
//
// The price is two percent of the quota.
const (
	minute  = time.Minute
	catchUp = 200 * time.Millisecond
	jitter  = time.Second
)

// How throttling is answered. A server that counts is met with fewer requests and then with ever more, until it
// throttles again.
const (
	lowerTo      = 0.8             // of what the quota was, after answers that there were too many requests
	moment       = 5 * time.Second // such answers within one are one
	floor        = 0.1             // of the configured quota, which is never gone below
	regainWithin = 5 * time.Minute // a lowered quota grows by so much that all of it would be back after that
)

// Quota spaces the requests of one tenant, which Microsoft counts together: all content types, listings, blobs,
// subscriptions and repeats. In no minute are there more than configured; where there is enough to do, 98 percent of
// that are used. Who goes first says line. It is safe for concurrent use and implements o365.Quota.
type Quota struct {
	configured float64 // a minute

	mu        sync.Mutex
	line      line
	free      time.Time // when the next permit is due
	paused    time.Time // no permit before that
	current   float64   // a minute
	regained  time.Time // up to when current has grown
	lowered   time.Time // when it was last lowered
	throttled uint64
	used      lastMinute
	timer     *time.Timer
}

// NewQuota gives a quota of so many requests a minute, DefaultQuota where that is not positive.
func NewQuota(perMinute int) *Quota {
	if perMinute <= 0 {
		perMinute = DefaultQuota
	}
	return &Quota{configured: float64(perMinute), current: float64(perMinute)}
}

// Wait returns nil when a request may be sent, or ctx's error when ctx ends before. A permit is for one request, at
// once.
func (q *Quota) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := errandOf(ctx)
	e.patience.rest()
	defer e.patience.run()
	q.mu.Lock()
	w := q.line.join(e.class, "")
	q.serve()
	q.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		q.abandon(w)
		return ctx.Err()
	}
}

// abandon takes a waiter away. The permit that it may have got in this moment goes to another.
func (q *Quota) abandon(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.line.leave(w) {
		q.used.add(time.Now(), -1)
		q.free = q.free.Add(-spacing(q.configured)) // which is no more than was added
		q.serve()
	}
}

// serve gives the permits that are due and comes back for the next. The caller holds the lock.
func (q *Quota) serve() {
	now := time.Now()
	q.regain(now)
	for len(q.line.waiting) > 0 {
		if wait := latest(q.free.Add(-catchUp), q.paused).Sub(now); wait > 0 {
			q.wake(wait)
			return
		}
		q.free = latest(q.free, now).Add(spacing(q.current))
		q.used.add(now, 1)
		q.line.next(anyone)
	}
}

func (q *Quota) wake(in time.Duration) {
	if q.timer != nil {
		q.timer.Reset(in)
		return
	}
	q.timer = time.AfterFunc(in, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.serve()
	})
}

// spacing is what lies between two permits.
func spacing(perMinute float64) time.Duration {
	return time.Duration(float64(minute+catchUp+jitter) / perMinute)
}

// Throttled is told of an answer that there were too many requests: when that request was sent, and for how long no
// other is to be. All of the tenant's requests wait, because all of them are counted together. The quota is lowered
// by a fifth, once for all answers of a moment, and not for those to requests from before that.
func (q *Quota) Throttled(sent time.Time, pause time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.throttled++
	q.paused = latest(q.paused, now.Add(pause))
	q.regain(now)
	if now.Sub(q.lowered) < moment || sent.Before(q.lowered) {
		return
	}
	q.lowered = now
	q.current = max(q.current*lowerTo, q.configured*floor)
}

// regain has a lowered quota grow by the time that has passed.
func (q *Quota) regain(now time.Time) {
	if q.current < q.configured && !q.regained.IsZero() {
		share := float64(now.Sub(q.regained)) / float64(regainWithin)
		q.current = min(q.configured, q.current+share*q.configured)
	}
	q.regained = now
}

// QuotaStats is what a quota looks like at a moment.
type QuotaStats struct {
	Configured float64       // requests a minute
	Current    float64       // requests a minute, less than configured after throttling
	Used       int           // requests of the last minute, to a second
	Throttled  uint64        // answers that there were too many requests, since the start
	Waiting    int           // requests that want a permit
	Paused     time.Duration // for how long none is given, 0 where it is not so
}

// Stats gives the quota as it is now.
func (q *Quota) Stats() QuotaStats {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.regain(time.Now())
	return QuotaStats{
		Configured: q.configured, Current: q.current, Used: q.used.sum(time.Now()), Throttled: q.throttled,
		Waiting: len(q.line.waiting), Paused: max(0, time.Until(q.paused)),
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
