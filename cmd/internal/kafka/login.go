package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

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
	if err != nil && f.login.refused() { // or it was about to stop: who refuses a login does so again
		again := f.c.dial()
		defer again.close()
		if found, err = again.Metadata(ctx, &kafka.MetadataRequest{}); err != nil {
			return nil, again.explain(err)
		}
	}
	if err != nil {
		return nil, f.explain(err)
	}
	return found, nil
}

// explain is the Cluster's explain for a first contact, where a broker that hangs up means something. On a wrong
// password some just do that.
func (f *fresh) explain(err error) error {
	clear := f.c.explain(err)
	if _, refused := errors.AsType[*AuthError](clear); refused {
		return clear
	}
	if f.login.refused() {
		return f.c.refusedLogin(clear)
	}
	if f.c.sasl == nil && errors.Is(err, io.ErrUnexpectedEOF) {
		clear = hint{"it hung up, as brokers do that want TLS or a login, or that are about to stop", clear}
	}
	return fmt.Errorf("reach kafka at %s: %w", strings.Join(f.c.cfg.Brokers, ","), clear)
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
