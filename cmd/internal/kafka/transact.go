package kafka

import (
	"context"
	"errors"
	"fmt"

	"ualstream/schemas"
)

// ErrTaken is in the error of a writer whose transactional.id another one has taken.
var ErrTaken = errors.New("another writer has taken over")

// Transact takes the transactional.id prefix.name and then calls work, which writes with what it is given: each call of
// write is one transaction of its own, without a group's offsets. By taking the id it ends what an earlier user left
// open, waits until what that one committed is decided, and keeps it from writing any more: what a Scan then gives of a
// topic is all that any earlier user of the id ever wrote there. Messages of one call must be so few that they may be held
// back together: some megabytes.
//
// Nothing is retried but the taking of the id, for which it waits while Kafka is away. After an error of write nothing
// more can be written: the transaction may be committed or not, and who takes the id again can find out. It wraps ErrTaken
// where another user has taken the id, and is a *TooLargeError where a message is larger than its topic accepts; in both
// cases nothing is committed. Transact returns work's error.
func (c *Cluster) Transact(ctx context.Context, name string, work func(write func(context.Context, []schemas.Message) error) error) error {
	p := &producer{c: c, name: c.group(name)}
	if err := c.persist(ctx, "cannot take a transactional.id", []any{"transactional_id", p.name}, func() error { return p.renew(ctx) }); err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		p.abort(ending)
	}()
	var broken error
	return work(func(ctx context.Context, msgs []schemas.Message) error {
		if broken == nil {
			broken = p.alone(ctx, msgs)
		}
		if fenced(broken) && !errors.Is(broken, ErrTaken) {
			broken = fmt.Errorf("%w: %w", ErrTaken, broken)
		}
		return broken
	})
}

// alone writes the messages in a transaction that commits no offset.
func (p *producer) alone(ctx context.Context, msgs []schemas.Message) error {
	if err := p.current(); err != nil {
		return err
	}
	p.open = true
	lanes, err := p.lanes(ctx, pointers(msgs))
	if err != nil {
		return err
	}
	if err := p.addPartitions(ctx, lanes); err != nil {
		return fmt.Errorf("add partitions to the transaction: %w", err)
	}
	tooLarge, err := p.write(ctx, lanes)
	if err != nil {
		return err
	}
	if len(tooLarge) > 0 {
		return &TooLargeError{[]schemas.Message{*tooLarge[0]}}
	}
	if err := p.current(); err != nil {
		return err
	}
	return p.end(ctx, true)
}
