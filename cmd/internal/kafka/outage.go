package kafka

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// How long to wait between attempts, and between log lines about the same outage.
const (
	firstWait, longestWait = 50 * time.Millisecond, 2 * time.Second
	firstLine, longestLine = 10 * time.Second, 5 * time.Minute
	// grace is how long something may fail before it is called an outage. After a broker's restart idle
	// connections break, leaders move, and a new topic takes some hundred milliseconds to be led: all of that
	// mends itself.
	grace = 2 * time.Second
)

// persist repeats try until it succeeds, ctx ends, or it returns a backoff.Permanent error. There is no time at
// which it gives up: an outage may last for days, and what waits is not lost.
func (c *Cluster) persist(ctx context.Context, what string, attrs []any, try func() error) error {
	var since time.Time // of the first failure
	logged := false
	err := backoff.RetryNotify(try, waits(ctx), func(err error, _ time.Duration) {
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) >= c.outages.grace {
			c.outages.failed(what, attrs, c.explain(err), since, !logged)
			logged = true
		}
	})
	c.outages.left(what, logged, err == nil)
	return err
}

// waits are how long to wait between attempts, without an end other than ctx's.
func waits(ctx context.Context) backoff.BackOff {
	return backoff.WithContext(backoff.NewExponentialBackOff(backoff.WithInitialInterval(firstWait),
		backoff.WithMaxInterval(longestWait), backoff.WithMaxElapsedTime(0)), ctx)
}

// outages writes one line when something begins to fail, further ones at growing intervals, and one when it is
// over, however many partitions it hits.
type outages struct {
	log   *slog.Logger
	grace time.Duration
	mu    sync.Mutex
	at    map[string]*outage
}

type outage struct {
	waiting int // how many are failing now
	since   time.Time
	next    time.Time // when to write the next line
	wait    time.Duration
}

func (o *outages) failed(what string, attrs []any, err error, since time.Time, joins bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	one := o.at[what]
	if one == nil {
		if o.at == nil {
			o.at = map[string]*outage{}
		}
		one = &outage{since: since, next: now, wait: firstLine}
		o.at[what] = one
	}
	if joins {
		one.waiting++
	}
	if now.Before(one.next) {
		return
	}
	level := slog.LevelWarn
	if now.Sub(one.since) > firstLine/2 {
		level = slog.LevelError
		one.wait = min(2*one.wait, longestLine)
	}
	one.next = now.Add(one.wait)
	attrs = append([]any{"error", err, "for", now.Sub(one.since).Round(time.Second)}, attrs...)
	o.log.Log(context.Background(), level, "kafka: "+what+", retrying", attrs...)
}

// left is told that somebody does not try any more, who had been waiting or not, and whether it went well. Who gave
// up says nothing of Kafka: the next success tells the end.
func (o *outages) left(what string, waited, well bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	one := o.at[what]
	if one == nil {
		return
	}
	if waited {
		one.waiting--
	}
	if one.waiting == 0 && well {
		delete(o.at, what)
		o.log.Info("kafka: "+what+": over", "after", time.Since(one.since).Round(time.Millisecond))
	}
}
