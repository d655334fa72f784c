package kafka

import (
	"context"
	"errors"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// assignment is a partition in one generation of a group, worked on at least once. What it holds is dropped with the
// generation.
type assignment struct {
	cursor
	stage     Stage
	commits   *commits
	transform Transform
	attrs     []any // of log lines
}

func newAssignment(m *member, commits *commits, a kafka.PartitionAssignment) *assignment {
	lost := func(from, to int64) {
		if m.stage.Lost != nil {
			m.stage.Lost(a.ID, from, to)
		}
	}
	at := m.c.cursor(m.stage.From, a.ID, a.Offset)
	at.lost = lost
	return &assignment{
		cursor: at,
		stage:  m.stage, commits: commits, transform: m.stage.New(a.ID),
		attrs: []any{"stage", m.stage.Group, "topic", m.stage.From.Name(m.c.cfg.Prefix), "partition", a.ID},
	}
}

// run works batch by batch. It returns only when fetching has ended: trouble is retried inside, because returning
// would take all of the member's partitions down.
func (a *assignment) run(fetching, finishing context.Context) {
	end, err := a.keep(fetching, a.Offset)
	defer end()
	if err != nil {
		return
	}
	for {
		from := a.Offset
		batch, err := a.next(fetching)
		if err != nil {
			return
		}
		if a.Offset == from {
			continue
		}
		if err := a.deliver(finishing, batch); err != nil {
			return
		}
	}
}

// deliver processes, writes and commits, in this order, each until it succeeds.
func (a *assignment) deliver(ctx context.Context, batch []schemas.Message) error {
	if len(batch) > 0 {
		out, err := a.process(ctx, batch)
		if err != nil {
			return err
		}
		if err := a.write(ctx, out); err != nil {
			return err
		}
		a.transform.Done()
	}
	return a.commit(ctx)
}

// process gives what to write for a batch, which may be empty.
func (a *assignment) process(ctx context.Context, batch []schemas.Message) (out []schemas.Message, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	err = a.c.persist(ctx, "stage cannot process a batch", append(a.attrs, "offset", batch[0].Offset), func() (err error) {
		out, err = a.transform.Process(ctx, batch)
		return err
	})
	return out, err
}

// write produces a batch's output. Of a message that is too large only its replacement is tried again, as all
// others are written by then.
func (a *assignment) write(ctx context.Context, out []schemas.Message) error {
	return a.c.persist(ctx, "stage cannot write", a.attrs, func() error {
		_, err := a.c.Produce(ctx, out)
		if big, ok := errors.AsType[*TooLargeError](err); ok {
			out = big.Messages
			if a.stage.TooLarge != nil {
				for i := range out {
					out[i] = a.stage.TooLarge(out[i])
				}
			}
		}
		return err
	})
}

// commit moves the group's offset to what was delivered.
func (a *assignment) commit(ctx context.Context) error {
	return a.c.persist(ctx, "stage cannot commit", a.attrs, func() error { return a.commits.commit(a.Partition, a.Offset) })
}
