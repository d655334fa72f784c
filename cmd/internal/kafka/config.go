package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"ualstream/schemas"
)

// Config says which Kafka to use and how.
type Config struct {
	Brokers    []string     // bootstrap addresses, host:port
	Prefix     string       // of topics and groups; schemas.DefaultPrefix if empty
	ClientID   string       // how the brokers' logs and quotas name this program; "ualstream" if empty
	TLS        *tls.Config  // nil for plain connections
	SASL       *SASL        // nil for none
	Guarantee  Guarantee    // of the stages; ExactlyOnce if empty
	Partitions int          // of topics that Prepare creates; schemas.DefaultPartitions if 0
	Logger     *slog.Logger // outages, refusals and losses; nil for silence
	// Damaged, if set, is asked what to do at a batch that cannot be decoded, again and again as long as its answer is 0:
	// that the partition waits there. Else it is the offset to go on with. An error is logged.
	Damaged func(ctx context.Context, d Damage) (to int64, err error)
	// Session is how long a silent member of a group keeps its partitions: 10 s if 0. Brokers refuse less than their
	// group.min.session.timeout.ms.
	Session time.Duration
	// Dial connects to a broker, below TLS; nil is Go's own way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	folder string // of an embedded broker
}

// Mechanisms lists the SASL mechanisms that there are.
var Mechanisms = []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}

// SASL is how to log in to Kafka.
type SASL struct {
	Mechanism string // one of Mechanisms
	Username  string
	Password  string
}

// String leaves the password out, so that no log can show it.
func (s SASL) String() string { return s.Mechanism + " as " + s.Username }

// legalPrefix is what Kafka allows in a topic's name; topic names are at most 249 long.
var legalPrefix = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,200}$`)

func (c *Config) complete() error {
	if len(c.Brokers) == 0 {
		return errors.New("no Kafka brokers given: want at least one host:port")
	}
	for _, b := range c.Brokers {
		host, port, err := net.SplitHostPort(b)
		if n, notNumber := strconv.ParseUint(port, 10, 16); err != nil || host == "" || notNumber != nil || n == 0 {
			return fmt.Errorf("kafka broker %q: want host:port, with a port from 1 to 65535", b)
		}
	}
	if c.Prefix == "" {
		c.Prefix = schemas.DefaultPrefix
	}
	if !legalPrefix.MatchString(c.Prefix) {
		return fmt.Errorf("topic prefix %q: use up to 200 letters, digits, dots, dashes and underscores", c.Prefix)
	}
	if c.ClientID == "" {
		c.ClientID = "ualstream"
	}
	if c.Partitions == 0 {
		c.Partitions = schemas.DefaultPartitions
	}
	if c.Session == 0 {
		c.Session = sessionTimeout
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if c.Guarantee == "" {
		c.Guarantee = ExactlyOnce
	}
	if err := c.Guarantee.check(); err != nil {
		return err
	}
	if c.Partitions < 0 {
		return fmt.Errorf("partitions %d: want at least 1", c.Partitions)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func (s *SASL) mechanism() (sasl.Mechanism, error) {
	if s == nil {
		return nil, nil
	}
	if s.Username == "" || s.Password == "" {
		return nil, fmt.Errorf("SASL %s: user name and password must not be empty", s.Mechanism)
	}
	switch s.Mechanism {
	case "PLAIN":
		return plain.Mechanism{Username: s.Username, Password: s.Password}, nil
	case "SCRAM-SHA-256":
		return s.scram(scram.SHA256)
	case "SCRAM-SHA-512":
		return s.scram(scram.SHA512)
	default:
		return nil, fmt.Errorf("SASL mechanism %q is not known: use one of %s", s.Mechanism, strings.Join(Mechanisms, ", "))
	}
}

// scram leaves out what went wrong exactly: the error that it gets quotes the password.
func (s *SASL) scram(algorithm scram.Algorithm) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(algorithm, s.Username, s.Password)
	if err != nil {
		return nil, fmt.Errorf("SASL %s: user name or password holds a character that SCRAM does not allow (RFC 4013), such as a line break", s.Mechanism)
	}
	return m, nil
}
