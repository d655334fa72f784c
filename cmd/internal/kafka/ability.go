package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// TooOldError says that Kafka lacks requests that exactly-once needs. Waiting does not help.
type TooOldError struct {
	Brokers []string
	Lacks   []string // requests
}

// Error says what to do instead.
func (e *TooOldError) Error() string {
	return fmt.Sprintf("kafka at %s is too old for exactly-once: it lacks %s; use Apache Kafka 2.5 or newer, or --guarantee at-least-once",
		strings.Join(e.Brokers, ","), strings.Join(e.Lacks, ", "))
}

// needed are the requests of a transaction and the oldest version of each that does what is needed: of TxnOffsetCommit
// the one with the generation, of OffsetFetch the one with RequireStable (both KIP-447).
var needed = []struct {
	key     protocol.ApiKey
	version int
}{
	{protocol.InitProducerId, 0}, {protocol.AddPartitionsToTxn, 0}, {protocol.AddOffsetsToTxn, 0}, {protocol.EndTxn, 0},
	{protocol.TxnOffsetCommit, 3}, {protocol.OffsetFetch, 7},
}

// able returns a *TooOldError or a *SettingsError where Kafka, or what this user may do there, does not suffice for the
// guarantee.
func (c *Cluster) able(ctx context.Context, fresh *fresh) error {
	if c.cfg.Guarantee != ExactlyOnce {
		return nil
	}
	known, err := fresh.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err == nil {
		err = known.Error
	}
	if err != nil {
		return fmt.Errorf("ask Kafka what it can do: %w", c.explain(err))
	}
	newest := map[int]int{}
	for _, k := range known.ApiKeys {
		newest[k.ApiKey] = k.MaxVersion + 1
	}
	var lacks []string
	for _, n := range needed {
		if newest[int(n.key)] <= n.version {
			lacks = append(lacks, fmt.Sprintf("%s version %d", n.key, n.version))
		}
	}
	if len(lacks) > 0 {
		return &TooOldError{c.cfg.Brokers, lacks}
	}
	refusals, err := c.closedTransactions(ctx, fresh)
	if err == nil && len(refusals) > 0 {
		return &SettingsError{refusals}
	}
	return err
}

// closedTransactions gives what keeps this user from transactions. Asking for the coordinator of a transactional.id
// changes nothing, and is refused to who may not use it. IdempotentWrite is not asked for: Kafka wants it of producers
// without a transactional.id only.
func (c *Cluster) closedTransactions(ctx context.Context, fresh *fresh) ([]Refusal, error) {
	if c.cfg.Guarantee != ExactlyOnce {
		return nil, nil
	}
	found, err := fresh.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: c.group("doctor"), KeyType: kafka.CoordinatorKeyTypeTransaction})
	if err != nil {
		return nil, fmt.Errorf("ask for transactions: %w", c.explain(err))
	}
	if !errors.Is(found.Error, kafka.TransactionalIDAuthorizationFailed) {
		return nil, nil // what else it may be passes, as when the coordinators are not up yet
	}
	refusal := c.denied([]string{c.group("*")}, "use")
	refusal.Problem += " (transactional.id)"
	return []Refusal{refusal}, nil
}
