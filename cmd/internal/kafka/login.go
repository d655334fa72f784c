package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// AuthError says that Kafka was reached and would not let this program in. Trying again does not help.
type AuthError struct {
	Brokers []string
	As      string // mechanism and user, or "TLS"
	Err     error
}

// Error names what to check.
func (e *AuthError) Error() string {
	what := "user name, password and mechanism"
	if e.As == "TLS" {
		what = "the CA, the server's name and the clock"
	}
	return fmt.Sprintf("kafka at %s refused the login (%s): check %s: %v", strings.Join(e.Brokers, ","), e.As, what, e.Err)
}

// Unwrap gives what kafka-go saw.
func (e *AuthError) Unwrap() error { return e.Err }

// fresh is a connection pool for one purpose, so that what it reports is what the brokers say now.
type fresh struct {
	c *Cluster
	*kafka.Client
	transport *kafka.Transport
	login     *login
}

func (c *Cluster) dial() *fresh {
	f := &fresh{c: c, login: &login{Mechanism: c.sasl}}
	var mechanism sasl.Mechanism
	if c.sasl != nil {
		mechanism = f.login
	}
	f.transport = c.newTransport(mechanism)
	f.Client = c.newClient(f.transport)
	return f
}

func (f *fresh) close() { f.transport.CloseIdleConnections() }

// metadata gives brokers and the contract's topics.
func (f *fresh) metadata(ctx context.Context) (*kafka.MetadataResponse, error) {
	found, err := f.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, f.explain(err)
	}
	return found, nil
}

// explain turns what a refused login looks like into an AuthError. Many brokers just hang up on a wrong password,
// which kafka-go reports as "unexpected EOF".
func (f *fresh) explain(err error) error {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return &AuthError{Brokers: f.c.cfg.Brokers, As: "TLS", Err: err}
	case f.c.sasl == nil:
	case errors.Is(err, kafka.SASLAuthenticationFailed), errors.Is(err, kafka.UnsupportedSASLMechanism),
		f.login.refused():
		return &AuthError{Brokers: f.c.cfg.Brokers, As: f.c.cfg.SASL.String(), Err: err}
	}
	return fmt.Errorf("reach kafka at %s: %w", strings.Join(f.c.cfg.Brokers, ","), err)
}

// login watches a mechanism: a login that began and never ended was refused.
type login struct {
	sasl.Mechanism
	begun, done atomic.Bool
}

func (l *login) refused() bool { return l.begun.Load() && !l.done.Load() }

// Start begins a login.
func (l *login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, first, err := l.Mechanism.Start(ctx)
	l.begun.Store(true)
	return exchange{m, l}, first, err
}

type exchange struct {
	sasl.StateMachine
	login *login
}

// Next answers the broker's challenge.
func (e exchange) Next(ctx context.Context, challenge []byte) (bool, []byte, error) {
	done, answer, err := e.StateMachine.Next(ctx, challenge)
	if done && err == nil {
		e.login.done.Store(true)
	}
	return done, answer, err
}
