package ingest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// startEvery is how long Microsoft asks to wait before the same subscription is started again.
const startEvery = 15 * time.Minute

// gate starts a subscription, and never twice within startEvery.
type gate struct {
	mu   sync.Mutex
	last time.Time
	err  error // what became of the last start
}

// start is asked for because of a request that was sent at some time. Where the subscription was started after that,
// the request deserves another try. It goes by this machine's running time: a clock that is set changes nothing.
func (g *gate) start(ctx context.Context, w *watch, sent time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last.After(sent) {
		return g.err
	}
	if wait := time.Until(g.last.Add(startEvery)); !g.last.IsZero() && wait > 0 {
		if g.err != nil {
			return fmt.Errorf("start again in %s: %w", wait.Round(time.Second), g.err)
		}
		return fmt.Errorf("subscription %s was started and is not listed yet: start again in %s",
			w.contentType, wait.Round(time.Second))
	}
	g.last = time.Now()
	g.err = w.c.cfg.Feed.Start(ctx, w.contentType)
	return g.err
}

// subscribe makes sure that the subscription exists. One that does is left alone.
func (w *watch) subscribe(ctx context.Context) error {
	asked := time.Now()
	subs, err := w.c.cfg.Feed.Subscriptions(ctx)
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
