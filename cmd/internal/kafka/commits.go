package kafka

import (
	"sync"

	"github.com/segmentio/kafka-go"
)

// commits moves a generation's offsets with one request at a time; what partitions ask for meanwhile goes together
// in the next. All commits of a generation share one connection, and kafka-go's callers that wait there at once
// keep a processor busy with waiting.
type commits struct {
	send  func(map[int]int64) error
	turn  sync.Mutex // held while a request is under way
	mu    sync.Mutex
	round *round // what goes into the next request; nil for nothing yet
}

// round is one request and those who wait for it.
type round struct {
	offsets map[int]int64 // by partition
	sent    chan struct{} // closed when err is known
	err     error
}

// newCommits commits through the generation, so that a member that lost a partition cannot move it back.
func newCommits(gen *kafka.Generation, topic string) *commits {
	return &commits{send: func(offsets map[int]int64) error {
		return gen.CommitOffsets(map[string]map[int]int64{topic: offsets})
	}}
}

// commit returns once the offset is committed. A partition commits one offset at a time.
func (c *commits) commit(partition int, offset int64) error {
	r := c.join(partition, offset)
	c.turn.Lock()
	if c.take(r) {
		r.err = c.send(r.offsets)
		close(r.sent)
	}
	c.turn.Unlock()
	<-r.sent
	return r.err
}

// join puts the offset into the next request.
func (c *commits) join(partition int, offset int64) *round {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round == nil {
		c.round = &round{offsets: map[int]int64{}, sent: make(chan struct{})}
	}
	c.round.offsets[partition] = offset
	return c.round
}

// take says whether the round is still to be sent; it is the caller's then, and nobody joins it any more.
func (c *commits) take(r *round) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round != r {
		return false
	}
	c.round = nil
	return true
}
