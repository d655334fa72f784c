package kafka

import (
	"context"
	"fmt"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// coordinators remembers which broker looks after which group and which transactional.id. It forgets one after any
// failure, because it may have moved.
type coordinators struct {
	mu sync.Mutex
	at map[coordinated]int32
}

// coordinated is a group or a transactional.id.
type coordinated struct {
	kind kafka.CoordinatorKeyType
	key  string
}

func ofGroup(id string) coordinated { return coordinated{kafka.CoordinatorKeyTypeConsumer, id} }
func ofTransaction(id string) coordinated {
	return coordinated{kafka.CoordinatorKeyTypeTransaction, id}
}

// ask sends the request that to makes for the broker that looks after of.
func ask[T protocol.Message](ctx context.Context, c *Cluster, of coordinated, to func(destination) protocol.Message) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	at, err := c.coordinator(ctx, of)
	if err != nil {
		return answer, fmt.Errorf("find the coordinator of %s: %w", of.key, err)
	}
	res, err := c.transport.RoundTrip(ctx, c.addr, to(destination{at}))
	if err != nil {
		c.coordinators.forget(of)
		return answer, err
	}
	answer, ok := res.(T)
	if !ok {
		return answer, fmt.Errorf("want a %T, got a %T", answer, res)
	}
	return answer, nil
}

func (c *Cluster) coordinator(ctx context.Context, of coordinated) (int32, error) {
	c.coordinators.mu.Lock()
	at, known := c.coordinators.at[of]
	c.coordinators.mu.Unlock()
	if known {
		return at, nil
	}
	found, err := c.client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: of.key, KeyType: of.kind})
	if err == nil {
		err = found.Error
	}
	if err != nil {
		return 0, err
	}
	c.coordinators.mu.Lock()
	defer c.coordinators.mu.Unlock()
	if c.coordinators.at == nil {
		c.coordinators.at = map[coordinated]int32{}
	}
	c.coordinators.at[of] = int32(found.Coordinator.NodeID)
	return c.coordinators.at[of], nil
}

func (c *coordinators) forget(of ...coordinated) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range of {
		delete(c.at, one)
	}
}
