package o365

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Quota spaces a tenant's requests. It is safe for concurrent use.
type Quota interface {
	// Wait returns nil once a request may be sent, or ctx's error once ctx ends. It is called before each request,
	// also where that repeats one.
	Wait(ctx context.Context) error
	// Throttled is told of an answer that there were too many requests: when that request was sent, and for how
	// long none should be, which is what the answer asked for (an hour at most) or the caller's own spacing.
	Throttled(sent time.Time, pause time.Duration)
}

// unlimited is the quota of a client that has none: each call spaces its own repeats and no others.
type unlimited struct{}

func (unlimited) Wait(ctx context.Context) error     { return ctx.Err() }
func (unlimited) Throttled(time.Time, time.Duration) {}

// counted takes a permit of the quota for what net/http sends again by itself: a request whose connection, an
// idle one, breaks before the answer begins. The first sending has its permit already.
func (c *Client) counted(req *http.Request) *http.Request {
	sendings := 0
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if sendings++; sendings > 1 {
				_ = c.quota.Wait(req.Context()) // its error is that the request has ended
			}
		},
	}))
}

// met is told of a failure after which a call is repeated.
func (c *Client) met(err error, wait time.Duration) {
	c.trouble.met(err, wait)
	if answer, ok := errors.AsType[*Error](err); ok && answer.Action() == Throttle {
		c.quota.Throttled(answer.sent, wait)
	}
}
