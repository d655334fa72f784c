package o365

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// request is one call of the API. op names it in errors and holds no query.
type request struct{ op, method, uri string }

// call sends a request and gives the answer, a success, whose body the caller closes. A token that is not
// accepted is replaced once.
func (c *Client) call(ctx context.Context, r request) (*http.Response, error) {
	resp, err := c.send(ctx, r, c.tokens.current)
	if refused, ok := errors.AsType[*Error](err); ok && refused.Action() == Renew {
		return c.send(ctx, r, c.tokens.renew)
	}
	return resp, err
}

// send sends a request with the token that is given to it, once the quota lets it.
func (c *Client) send(ctx context.Context, r request, tokenOf func(context.Context) (string, error)) (*http.Response, error) {
	token, err := c.admit(ctx, tokenOf)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.op, err)
	}
	req, err := http.NewRequest(r.method, r.uri, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.op, withoutURL(err))
	}
	req.Header.Set("Authorization", "Bearer "+token)
	sent := time.Now()
	resp, err := c.do(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.op, without(token, err))
	}
	c.skew.observe(resp.Header, sent, time.Now())
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		answer := errorOf(r.op, token, resp)
		answer.sent = sent
		return nil, answer
	}
	return resp, nil
}

// longWait is a wait for the quota after which the token may have expired.
const longWait = time.Minute

// admit gives the token once the quota lets a request be sent. The token comes first: a login that takes long
// would otherwise stand between the permit and the request.
func (c *Client) admit(ctx context.Context, tokenOf func(context.Context) (string, error)) (string, error) {
	token, err := tokenOf(ctx)
	if err != nil {
		return "", err
	}
	began := time.Now()
	if err := c.quota.Wait(ctx); err != nil {
		return "", broken(ctx, err)
	}
	if time.Since(began) < longWait {
		return token, nil
	}
	return c.tokens.current(ctx)
}

// do sends a request whose answer must keep moving: a connection that died without a word would otherwise hold
// its caller for ever. There is no limit on how long a moving answer takes.
func (c *Client) do(ctx context.Context, req *http.Request) (*http.Response, error) {
	own, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	resp, err := c.http.Do(c.counted(req.WithContext(own)))
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, broken(own, err)
	}
	resp.Body = &body{ReadCloser: resp.Body, ctx: own, cancel: cancel, timer: timer, stall: c.stall}
	return resp, nil
}

// body is an answer's body that must keep moving while it is read.
type body struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

func (b *body) Read(p []byte) (int, error) {
	b.timer.Reset(b.stall)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	// A server that sees its caller go may end the answer in order, and that end may still arrive.
	if err != nil && (err != io.EOF || b.ctx.Err() != nil) { //nolint:errorlint // a wrapped EOF is trouble, not the end
		err = broken(b.ctx, err)
	}
	return n, err
}

// within has the body end in some time, whether or not it moves.
func (b *body) within(d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, func() { b.cancel(errStalled) }).Stop
}

func (b *body) Close() error {
	b.timer.Stop()
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

var errStalled = errors.New("the answer stands still")

// netError is a failure to carry a request or its answer.
type netError struct{ err error }

// Error is cut: some failures quote what the other side sent.
func (e *netError) Error() string { return shorten(e.err.Error()) }
func (e *netError) Unwrap() error { return e.err }

func broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &netError{withoutURL(err)}
}

// withoutURL drops the address that net/http puts into its errors: its query is nobody's business.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// without gives a failure that does not quote the token: the other side may send back what it was sent.
func without(token string, err error) error {
	if hide(token, err.Error()) == err.Error() {
		return err
	}
	return &netError{errors.New(hide(token, err.Error()))}
}

// retry repeats op while it fails for reasons that pass by themselves, until ctx ends.
func retry[T any](ctx context.Context, c *Client, op func() (T, error)) (T, error) {
	space := &spacing{ExponentialBackOff: c.pace()}
	return backoff.RetryNotifyWithData(func() (T, error) {
		v, err := op()
		if err != nil && (ctx.Err() != nil || !transient(err)) {
			return v, backoff.Permanent(err)
		}
		if err == nil {
			c.trouble.over()
		}
		if answer, ok := errors.AsType[*Error](err); ok {
			space.least = answer.RetryAfter
		}
		return v, err
	}, backoff.WithContext(space, ctx), c.met)
}

// spacing waits at least as long as the API asks.
type spacing struct {
	*backoff.ExponentialBackOff
	least time.Duration
}

func (s *spacing) NextBackOff() time.Duration {
	wait := max(s.ExponentialBackOff.NextBackOff(), s.least)
	s.least = 0
	return wait
}

// transient says whether the failure passes by itself. A certificate that does not fit the host does not.
func transient(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if answer, ok := errors.AsType[*Error](err); ok {
		return answer.Action() == Retry || answer.Action() == Throttle
	}
	_, ok := errors.AsType[*netError](err)
	return ok
}
