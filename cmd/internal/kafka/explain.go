package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// AuthError says that Kafka was reached, and that it and this program do not accept each other. Trying again does
// not help.
type AuthError struct {
	Brokers []string
	As      string // mechanism and user, "TLS", or "no TLS"
	Check   string // what to look at
	Err     error
}

// Error names what to check.
func (e *AuthError) Error() string {
	return fmt.Sprintf("kafka at %s refused the login (%s): check %s: %v", strings.Join(e.Brokers, ","), e.As, e.Check, e.Err)
}

// Unwrap gives what kafka-go saw.
func (e *AuthError) Unwrap() error { return e.Err }

// hint is an error and what it is a sign of.
type hint struct {
	says string
	error
}

func (h hint) Error() string { return h.says + ": " + h.error.Error() }
func (h hint) Unwrap() error { return h.error }

// explain says what an error is a sign of where it says too little itself. What is explained stays as it is.
func (c *Cluster) explain(err error) error {
	err = withoutCall(err)
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	onNetwork := errors.As(err, &network)
	switch {
	case isExplained(err):
	case errors.As(err, &certificate):
		return c.refused("TLS", "the CA, the server's name and the clock", err)
	case onNetwork && network.Op == "remote error": // so crypto/tls marks what the broker objects to
		return c.refused("TLS", "the client certificate, and that the brokers trust its CA", err)
	case wantsTLS(err):
		return c.refused("no TLS", "the port, or use TLS", err)
	case errors.Is(err, kafka.SASLAuthenticationFailed), errors.Is(err, kafka.UnsupportedSASLMechanism):
		return c.refusedLogin(err)
	case errors.Is(err, kafka.IllegalSASLState):
		return c.refused(c.cfg.SASL.String(), "the port: this one takes no login", err)
	case c.cfg.TLS != nil && errors.Is(err, io.EOF):
		return hint{"it hung up on the TLS handshake, as brokers do that speak no TLS on this port", err}
	case errors.Is(err, kafka.TransactionalIDAuthorizationFailed):
		return hint{"this user may not write under the transactional.ids that begin with " + c.group("") + " (or use --guarantee at-least-once)", err}
	case fenced(err):
		return hint{"another worker took this partition over, or uses the same --prefix for a deployment of its own", err}
	case errors.Is(err, kafka.UnstableOffsetCommit):
		return hint{"a transaction of this group hangs; it is aborted after " + transactionTimeout.String() + " at the latest", err}
	case errors.Is(err, kafka.InvalidTransactionTimeout):
		return hint{"the brokers' transaction.max.timeout.ms must be at least " + strconv.FormatInt(transactionTimeout.Milliseconds(), 10), err}
	case onNetwork && network.Op == "read" && network.Timeout():
		return hint{"it accepts connections and does not answer", err}
	}
	return err
}

func isExplained(err error) bool {
	_, refused := errors.AsType[*AuthError](err)
	_, hinted := errors.AsType[hint](err)
	return refused || hinted
}

func (c *Cluster) refused(as, check string, err error) error {
	return &AuthError{Brokers: c.cfg.Brokers, As: as, Check: check, Err: err}
}

func (c *Cluster) refusedLogin(err error) error {
	return c.refused(c.cfg.SASL.String(), "user name, password and mechanism", err)
}

// withoutCall leaves out which of kafka-go's methods failed, which tells its users nothing.
func withoutCall(err error) error {
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "kafka.(*Client).") {
		return inner
	}
	return err
}

// wantsTLS says whether a broker answered a plain request with a TLS alert. kafka-go has no error value for that.
func wantsTLS(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) && strings.Contains(err.Error(), "expecting TLS")
}

// dialTo connects to a broker. Brokers name themselves to their clients, and names that only they can resolve are
// a common mistake: what was given to this program works, and nothing else does.
func (c *Cluster) dialTo(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.cfg.Dial(ctx, network, address)
	if err != nil && !slices.Contains(c.cfg.Brokers, address) {
		return nil, hint{fmt.Sprintf("broker %s, which names itself so (advertised.listeners), cannot be reached", address), err}
	}
	return conn, err
}
