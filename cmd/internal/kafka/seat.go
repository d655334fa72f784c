package kafka

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	heartbeat      = 500 * time.Millisecond // how soon a rebalance is noticed
	sessionTimeout = 10 * time.Second       // how long a silent member keeps its partitions
	joinBackoff    = 500 * time.Millisecond
	// rebalanceTimeout is how long those that join wait for the other members, who need a second or two for the batch in
	// flight. Who has no answer groupTimeout later gives up, and joins as a new one: with that the embedded broker begins
	// to wait anew, so that members who give up one after the other, as soon as it waits, would keep it waiting for ever.
	rebalanceTimeout = 10 * time.Second
	groupTimeout     = 10 * time.Second // of other requests to the group's broker
)

// seat is this process in a group that shares out the partitions of a topic.
type seat struct {
	c     *Cluster
	name  string // of the group
	topic string // whose partitions it shares out
	group *kafka.ConsumerGroup
	claim *claim
	id    string // of this process in the group, while it is in it
}

// group gives a consumer group's name.
func (c *Cluster) group(name string) string { return c.cfg.Prefix + "." + name }

// join takes a seat. It does no I/O: next does the first.
func (c *Cluster) join(group string, b balancer) (*seat, error) {
	joined, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: c.group(group), Brokers: c.cfg.Brokers, Topics: []string{b.topic},
		GroupBalancers:    []kafka.GroupBalancer{b},
		Dialer:            c.newDialer(),
		HeartbeatInterval: heartbeat, SessionTimeout: c.session, RebalanceTimeout: rebalanceTimeout, Timeout: groupTimeout,
		JoinGroupBackoff: joinBackoff, StartOffset: kafka.FirstOffset,
	})
	return &seat{c: c, name: c.group(group), topic: b.topic, group: joined, claim: b.claim}, err
}

// next waits for the group's next generation, in which this process is a member. While Kafka is away it waits; its only
// error is ctx's.
func (s *seat) next(ctx context.Context) (gen *kafka.Generation, err error) {
	err = s.c.persist(ctx, "cannot join group", []any{"group", s.name}, func() (err error) {
		gen, err = s.group.Next(ctx)
		s.forgotten(ctx, err)
		return err
	})
	if err == nil {
		s.id = gen.MemberID
	}
	return gen, err
}

// leave gives the partitions back once the work on them has ended. kafka-go may be stuck in a join or on a dead network,
// and leaving then has to be left to the session timeout.
func (s *seat) leave(ended func()) {
	left := make(chan struct{})
	go func() {
		ended()
		_ = s.group.Close() // it never fails
		close(left)
	}()
	select {
	case <-left:
	case <-time.After(2 * drain):
	}
}
