package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ualstream/schemas"
)

// ErrClosed is returned by what was under way when the Cluster was closed.
var ErrClosed = errors.New("kafka: the cluster was closed")

// TooLargeError names the messages that are larger than their topic accepts (max.message.bytes). Retrying cannot
// help; the caller must record them in another form.
type TooLargeError struct {
	Messages []schemas.Message
}

// Error names the first message.
func (e *TooLargeError) Error() string {
	m := e.Messages[0]
	return fmt.Sprintf("message %q of %d bytes is larger than topic %s accepts (%d such in this call)",
		m.Key, len(m.Value), m.Topic, len(e.Messages))
}

// TooLargeKey gives the key of the first message, for callers that know no more of Kafka than that.
func (e *TooLargeError) TooLargeKey() []byte { return e.Messages[0].Key }

// Produce writes the messages and returns once all in-sync replicas have each of them. Messages of one partition
// are written in the order given, and concurrent calls share batches. Whatever goes wrong is retried until ctx
// ends, except that a message larger than its topic accepts is left out and reported by a *TooLargeError after all
// others were written.
//
// The result holds the last offset written in each partition; it says something only if all messages are of one
// topic. A message may be written more than once. After an error other than *TooLargeError any of them may be
// written or not, and may still be read by Produce, so that the caller must not reuse their bytes.
func (c *Cluster) Produce(ctx context.Context, msgs []schemas.Message) (map[int]int64, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	call := &call{ctx: ctx, left: len(msgs), done: make(chan struct{}), offsets: map[int]int64{}}
	byLane := map[*lane][]parcel{}
	for i := range msgs {
		n, err := c.partitionsOf(ctx, msgs[i].Topic)
		if err != nil {
			return nil, err
		}
		l := c.lane(msgs[i].Topic, partition(msgs[i].Topic, msgs[i].Key, n))
		byLane[l] = append(byLane[l], parcel{&msgs[i], call})
	}
	for l, parcels := range byLane {
		l.push(parcels)
	}
	select {
	case <-call.done:
		return call.result()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ctx.Done():
		return nil, ErrClosed
	}
}

// call is one call of Produce.
type call struct {
	ctx  context.Context
	done chan struct{} // closed when nothing is left

	mu       sync.Mutex
	left     int
	offsets  map[int]int64
	tooLarge []schemas.Message
}

func (c *call) acknowledged(partition int, offset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offsets[partition] = max(offset, c.offsets[partition])
	c.settle()
}

func (c *call) refused(m *schemas.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tooLarge = append(c.tooLarge, *m)
	c.settle()
}

func (c *call) settle() {
	if c.left--; c.left == 0 {
		close(c.done)
	}
}

func (c *call) result() (map[int]int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tooLarge) > 0 {
		return c.offsets, &TooLargeError{c.tooLarge}
	}
	return c.offsets, nil
}
