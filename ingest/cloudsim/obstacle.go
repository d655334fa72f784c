package cloudsim

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// startAgain is how long a client has to wait before it starts the same subscription again, as Microsoft asks. No
// fault takes a subscription away sooner, or a client would be kept from its content for longer than it has done wrong.
const startAgain = 15 * time.Minute

// retryAfter is what faults send in Retry-After, in seconds.
const retryAfter = 1

// obstructed gives the fault that stands between a call and its operation, or nil.
func (c *Cloud) obstructed(r *call, op operation) error {
	if len(c.odds.faults) == 0 {
		return nil
	}
	for _, lasts := range lasting {
		if err := lasts(c, r); err != nil {
			return err
		}
	}
	for _, o := range passing {
		if r.turn.strikes(o.fault) {
			if err := o.meet(c, r, op); err != nil {
				return err
			}
		}
	}
	return nil
}

// passing are the faults of single requests. One that a call does not concern gives nil.
var passing = []struct {
	fault string
	meet  func(*Cloud, *call, operation) error
}{
	{Throttle403, func(_ *Cloud, r *call, op operation) error { return throttled(r, op, http.StatusForbidden, 0) }},
	{Throttle403After, func(_ *Cloud, r *call, op operation) error { return throttled(r, op, http.StatusForbidden, retryAfter) }},
	{Throttle429, func(_ *Cloud, r *call, op operation) error { return throttled(r, op, http.StatusTooManyRequests, 0) }},
	{Throttle429After, func(_ *Cloud, r *call, op operation) error {
		return throttled(r, op, http.StatusTooManyRequests, retryAfter)
	}},
	{InternalError, func(*Cloud, *call, operation) error { return fail("AF50000") }},
	{InternalError5, func(*Cloud, *call, operation) error { return fail("AF50005") }},
	{InternalError6, func(*Cloud, *call, operation) error { return fail("AF50006") }},
	{Timeout, func(*Cloud, *call, operation) error { return gateway(http.StatusRequestTimeout) }},
	{Unavailable, func(*Cloud, *call, operation) error { return gateway(http.StatusServiceUnavailable) }},
	{TokenRefused, func(*Cloud, *call, operation) error { return errUnauthorized }},
	{AlreadyEnabled, alreadyEnabled},
	{NotYet, notYet},
}

// lasting are the faults that stay until a client does something about them, or for good.
var lasting = []func(*Cloud, *call) error{revoked, lapses, withdrawn}

// noPublisher stands for a client that names none.
const noPublisher = "00000000-0000-0000-0000-000000000000"

func throttled(r *call, op operation, status, wait int) error {
	publisher := cmp.Or(r.query.Get("publisheridentifier"), noPublisher)
	f := fail("AF429", op.name, publisher)
	f.status, f.wait = status, wait
	return f
}

// alreadyEnabled lets a start take effect and answers as if it had been unnecessary.
func alreadyEnabled(c *Cloud, r *call, op operation) error {
	if op.name != startName {
		return nil
	}
	return cmp.Or(op.serve(c, unheard{}, r), error(fail("AF20024")))
}

// unheard takes an answer that nobody gets.
type unheard struct{}

func (unheard) Header() http.Header         { return http.Header{} }
func (unheard) Write(p []byte) (int, error) { return len(p), nil }
func (unheard) WriteHeader(int)             {}

// notYet answers the first askings for a blob.
func notYet(_ *Cloud, r *call, _ operation) error {
	if id := r.contentID(); id != "" && r.turn.n < 2 {
		return fail("AF20052", id)
	}
	return nil
}

// contentID gives the blob that a call asks for, or "".
func (r *call) contentID() string {
	id, ok := strings.CutPrefix(r.operation, "audit/")
	if !ok {
		return ""
	}
	return id
}

// revoked ends a token before its time, one to three minutes after it was issued.
func revoked(c *Cloud, r *call) error {
	concerns := []any{r.tenant.ID, r.issued.Unix()}
	if !c.odds.strikes(TokenRevoked, concerns...) {
		return nil
	}
	if life := c.odds.dice(TokenRevoked, concerns...).seconds(60, 180); r.now.Sub(r.issued) < life {
		return nil
	}
	return errUnauthorized
}

// lapses takes a subscription away from the client, not from its content: what is offered meanwhile is there once it
// is started again. In reality that would be lost, and no client could do anything about it.
func lapses(c *Cloud, r *call) error {
	kind, ok := c.kindOf(r)
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := r.tenant.subscription(kind)
	if s == nil || s.Status != enabled || r.now.Sub(s.started) < startAgain {
		return nil
	}
	switch {
	case r.turn.strikes(Unsubscribed):
		s.Status, s.lapsed = absent, true
	case r.turn.strikes(Disabled):
		s.Status, s.lapsed = disabled, true
	}
	return nil // the operation finds out
}

// kindOf gives the content type whose content a call asks for.
func (c *Cloud) kindOf(r *call) (string, bool) {
	if r.operation == "subscriptions/content" {
		return contentType(r.query.Get("contenttype"))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.shelf.byID[r.contentID()]
	if b == nil {
		return "", false
	}
	return b.kind, true
}

// withdrawn refuses a blob for good.
func withdrawn(c *Cloud, r *call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.shelf.byID[r.contentID()]; b != nil && b.tenant == r.tenant.ID && b.refusal != "" {
		return fail(b.refusal, b.id)
	}
	return nil
}
