// Package kafka is the only part of ualstream that speaks Kafka. It creates and verifies the topics of the
// contract, writes messages until every one is acknowledged, runs stages as consumer groups, reads topics, and
// embeds a broker for those who have none.
//
// It takes and gives schemas.Message. Nothing that was acknowledged is lost. A stage's output is seen once by
// read_committed consumers, as all readers here are: it and the offsets of what it was made of are committed in one
// transaction. Anything else may be repeated. The package must not know what a message says, nor which stages there
// are.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"ualstream/schemas"
)

const (
	// requestTimeout bounds one request, so that a broker that fell silent is noticed. kafka-go gives the broker
	// half of it to gather acknowledgements.
	requestTimeout = 20 * time.Second
	dialTimeout    = 5 * time.Second
	// metadataTTL bounds how long a moved partition leader goes unnoticed.
	metadataTTL = 4 * time.Second
)

// Cluster is a Kafka cluster and the topics of one deployment in it. Its methods may be used concurrently.
type Cluster struct {
	cfg       Config
	sasl      sasl.Mechanism
	log       *slog.Logger
	addr      net.Addr
	transport *kafka.Transport
	client    *kafka.Client
	outages   outages
	session   time.Duration // how soon a dead member's partitions go to others

	ctx    context.Context // ends at Close
	cancel context.CancelFunc

	mu         sync.Mutex
	partitions map[schemas.Topic]int
	lanes      map[laneKey]*lane

	coordinators coordinators
	tally        tallies // of transactions
	stops        stops
}

// Connect checks the configuration. It does no I/O: Ping and Prepare do the first.
func Connect(cfg Config) (*Cluster, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		cfg: cfg, sasl: mechanism, log: cfg.Logger, addr: kafka.TCP(cfg.Brokers...), session: cfg.Session,
		partitions: map[schemas.Topic]int{}, lanes: map[laneKey]*lane{},
	}
	c.outages.log, c.outages.grace = cfg.Logger, grace
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.transport = c.newTransport(mechanism)
	c.client = c.newClient(c.transport)
	return c, nil
}

// Close ends what is under way, without waiting for it, and releases the connections. End Run, Read and
// Produce first by their contexts: a message whose Produce has not returned may be lost.
func (c *Cluster) Close() {
	c.cancel()
	c.transport.CloseIdleConnections()
}

// Ping makes one metadata round trip on a connection of its own, because an answer from kafka-go's cache proves
// nothing. A refused login is an *AuthError.
func (c *Cluster) Ping(ctx context.Context) error {
	fresh := c.dial()
	defer fresh.close()
	_, err := fresh.metadata(ctx)
	return err
}

// Missing makes one round trip, as Ping does, and gives the names of those of schemas.Topics that Kafka does not have.
// It makes none. A *SettingsError names those that Kafka hides from this user.
func (c *Cluster) Missing(ctx context.Context) (names []string, err error) {
	fresh := c.dial()
	defer fresh.close()
	found, err := fresh.metadata(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range schemas.Topics {
		if name := t.Name(c.cfg.Prefix); indexTopic(found, name) < 0 {
			names = append(names, name)
		}
	}
	if err := c.visible(found); err != nil || len(names) > 0 || c.knows(schemas.Topics...) {
		return names, err
	}
	return nil, c.remember(found, schemas.Topics...)
}

// knows says whether the partitions of all these topics are known.
func (c *Cluster) knows(topics ...schemas.Topic) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !slices.ContainsFunc(topics, func(t schemas.Topic) bool { return c.partitions[t] == 0 })
}

func (c *Cluster) newTransport(mechanism sasl.Mechanism) *kafka.Transport {
	names := make([]string, len(schemas.Topics))
	for i, t := range schemas.Topics {
		names[i] = t.Name(c.cfg.Prefix)
	}
	return &kafka.Transport{
		ClientID: c.cfg.ClientID, TLS: c.cfg.TLS, SASL: mechanism, Dial: c.dialTo, DialTimeout: dialTimeout,
		MetadataTTL: metadataTTL, MetadataTopics: names, Context: c.ctx,
	}
}

func (c *Cluster) newClient(t *kafka.Transport) *kafka.Client {
	return &kafka.Client{Addr: c.addr, Timeout: requestTimeout, Transport: t}
}

// newDialer gives what consumer groups connect with: kafka-go's do not use its transport.
func (c *Cluster) newDialer() *kafka.Dialer {
	return &kafka.Dialer{ClientID: c.cfg.ClientID, Timeout: dialTimeout, TLS: c.cfg.TLS, SASLMechanism: c.sasl, DialFunc: c.transport.Dial}
}

// partitionsOf gives the number of partitions that the topic has in Kafka. It waits for the topic to exist:
// partitioning by a guess would split a key's messages.
func (c *Cluster) partitionsOf(ctx context.Context, t schemas.Topic) (int, error) {
	c.mu.Lock()
	n := c.partitions[t]
	c.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	err := c.persist(ctx, "topic is not there", []any{"topic", t.Name(c.cfg.Prefix)}, func() error {
		fresh := c.dial()
		defer fresh.close()
		found, err := fresh.metadata(ctx)
		if err != nil {
			return err
		}
		return c.remember(found, t)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.partitions[t], err
}

// remember keeps the partition counts of these topics, which are fixed for a topic's life.
func (c *Cluster) remember(found *kafka.MetadataResponse, topics ...schemas.Topic) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range topics {
		name := t.Name(c.cfg.Prefix)
		i := indexTopic(found, name)
		if i < 0 {
			return fmt.Errorf("topic %s: %w", name, kafka.UnknownTopicOrPartition)
		}
		if err := found.Topics[i].Error; err != nil {
			return fmt.Errorf("topic %s: %w", name, err)
		}
		if len(found.Topics[i].Partitions) == 0 {
			return fmt.Errorf("topic %s has no partitions yet", name)
		}
		c.partitions[t] = len(found.Topics[i].Partitions)
	}
	// The cached layout may not know these topics yet, and requests would fail until it is renewed.
	c.transport.CloseIdleConnections()
	return nil
}

func indexTopic(found *kafka.MetadataResponse, name string) int {
	for i, t := range found.Topics {
		if t.Name == name && !errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
			return i
		}
	}
	return -1
}
