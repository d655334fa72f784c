package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// Stage is a consumer group that turns the messages of one topic into messages of others.
type Stage struct {
	Group string        // "normalize" makes the group prefix.normalize
	From  schemas.Topic // what it consumes
	// New makes the transform of a partition, each time the partition is assigned. What an earlier assignment knew
	// of its place in the partition is void: another member may have gone on from there.
	New func(partition int) Transform
	// TooLarge gives what to write instead of a message that its topic refuses for its size. Without it such a
	// message stops the partition, with an error in the log.
	TooLarge func(schemas.Message) schemas.Message
	// AtLeastOnce is for a stage that delivers elsewhere, where no transaction of Kafka's reaches.
	AtLeastOnce bool
	// Lost, if set, is told of offsets from up to but not including to that Kafka deleted before they were read.
	Lost func(partition int, from, to int64)
	// Begun, if set, is asked before all else whether the stage may begin a partition where the group has committed that
	// offset, negative for none. While it gives an error the partition stands still, and the error is logged and Begun
	// asked again at growing intervals.
	Begun func(ctx context.Context, partition int, committed int64) error
}

// Transform is a stage's work on one partition. Its methods are called by one goroutine.
type Transform interface {
	// Process gives what to write for a batch, possibly nothing. A stage that delivers elsewhere does so here.
	// An error stops the partition: it is logged and Process is called again with the same batch, at growing
	// intervals up to two seconds, until it succeeds or the partition goes to another member. It must return soon
	// after ctx ends. It may keep the messages, and must not change them.
	Process(ctx context.Context, batch []schemas.Message) ([]schemas.Message, error)
	// Done is called when all of what Process gave for the batch is committed. With AtLeastOnce it is called when that
	// is acknowledged, before the batch's offsets are committed: where another member takes over between the two, the
	// batch is processed again.
	Done()
}

// drain is how long the batch in flight may take to finish when the member leaves or loses its partitions.
const drain = time.Second

// Run consumes as a member of the stage's group until ctx ends, then finishes or drops the batch in flight, leaves
// the group and returns nil, within about two seconds. Any number of members may run; each partition is with one of
// them. For each batch it calls Process, and writes what that gave and commits the offsets in one transaction, so that
// a read_committed consumer sees each message's output once. With AtLeastOnce it commits once all is acknowledged, so
// that a crash repeats a batch and never skips one. A partition that was never consumed starts at its beginning.
// The topics must have been prepared: kafka-go's group leader creates a missing topic with the brokers' defaults.
func (c *Cluster) Run(ctx context.Context, s Stage) error {
	partitions, err := c.partitionsOf(ctx, s.From)
	if err != nil {
		return nil // ctx ended
	}
	seat, err := c.join(s.Group, newBalancer(s.From.Name(c.cfg.Prefix), partitions))
	if err != nil {
		return err
	}
	m := &member{seat: seat, stage: s}
	for ctx.Err() == nil {
		m.generation(ctx)
	}
	m.leave(m.working.Wait)
	return nil
}

// member is this process in a stage's group.
type member struct {
	*seat
	stage   Stage
	working sync.WaitGroup // partitions with a batch that may be in flight
}

// generation waits for an assignment and starts its partitions.
func (m *member) generation(ctx context.Context) {
	gen, err := m.next(ctx)
	if err != nil {
		return
	}
	topic := m.stage.From.Name(m.c.cfg.Prefix)
	m.claim.took(gen.ID, gen.Assignments[topic])
	commits := newCommits(gen, topic)
	for _, a := range gen.Assignments[topic] {
		m.working.Add(1)
		gen.Start(func(generation context.Context) {
			m.consume(ctx, generation, m.assigned(gen, commits, a))
			m.working.Done()
			// A function that returns ends the generation for all partitions of this member.
			<-generation.Done()
		})
	}
}

// runner is the work on a partition: it takes batches until fetching ends, and may finish the last until finishing does.
type runner interface {
	run(fetching, finishing context.Context)
}

// assigned gives the work on a partition, by the guarantee.
func (m *member) assigned(gen *kafka.Generation, commits *commits, a kafka.PartitionAssignment) runner {
	if m.stage.AtLeastOnce || m.c.cfg.Guarantee == AtLeastOnce {
		return newAssignment(m, commits, a)
	}
	return newTransactional(m, gen, a.ID)
}

// consume works on a partition until ctx or the generation ends.
func (m *member) consume(ctx, generation context.Context, work runner) {
	fetching, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(generation, stop)()
	finishing, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(fetching, func() { time.AfterFunc(drain, abandon) })()
	work.run(fetching, finishing)
}
