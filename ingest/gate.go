package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// gate starts a subscription, and never twice within schemas.StartEvery, whoever started it.
type gate struct {
	mu   sync.Mutex
	last time.Time
	err  error // what became of the last start
}

// gateAfter gives a gate for a subscription that was started before, perhaps by another machine, whose clock may be ahead.
func gateAfter(s schemas.Start, ever bool) *gate {
	g := &gate{}
	if now := time.Now(); ever && s.Recent(now) {
		g.last = now.Add(-max(0, now.Sub(s.At))) // by this machine's running time
		if s.Refused != "" {
			g.err = errors.New(s.Refused)
		}
	}
	return g
}

// errStarted says that a subscription was started a short time ago, which is all that can be done.
var errStarted = errors.New("it was started and is not listed yet")

// start is asked for because of a request that was sent at some time. Where the subscription was started after that,
// the request deserves another try. It goes by this machine's running time: a clock that is set changes nothing.
func (g *gate) start(ctx context.Context, w *watch, sent time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last.After(sent) {
		return g.err
	}
	if wait := time.Until(g.last.Add(schemas.StartEvery)); !g.last.IsZero() && wait > 0 {
		if g.err != nil {
			return fmt.Errorf("start again in %s: %w", wait.Round(time.Second), g.err)
		}
		return fmt.Errorf("subscription %s: %w: start again in %s", w.contentType, errStarted, wait.Round(time.Second))
	}
	g.last = time.Now()
	g.err = inTime(ctx, func(ctx context.Context) error { return w.c.cfg.Feed.Start(ctx, w.contentType) })
	return g.err
}

// inTime asks the service for something that must be answered in answerIn, the quota's waits aside.
func inTime(ctx context.Context, ask func(context.Context) error) error {
	asked, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := newPatience(answerIn, func() { cancel(errUnanswered) })
	defer p.rest()
	p.run()
	if err := ask(withErrand(asked, errand{class: errandOf(ctx).class, patience: p})); err != nil {
		return cmp.Or(context.Cause(asked), err)
	}
	return nil
}

// subscribe makes sure that the subscription exists. One that does is left alone.
func (w *watch) subscribe(ctx context.Context) error {
	asked := time.Now()
	var subs []o365.Subscription
	err := inTime(ctx, func(ctx context.Context) (err error) {
		subs, err = w.c.cfg.Feed.Subscriptions(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range subs {
		if strings.EqualFold(s.ContentType, w.contentType) && s.Enabled() {
			return nil
		}
	}
	return w.gate.start(ctx, w, asked)
}
