package kafka

import (
	"context"
	"errors"
	"fmt"

	"ualstream/schemas"
)

// ErrUnclean is in the error of a transaction that did not end cleanly: it is committed, or it is not, and its
// transactional.id has to be taken again to know.
var ErrUnclean = errors.New("the transaction did not end cleanly")

// Transact takes the transactional.id prefix.name and then calls work, which writes with what it is given: each call of
// write is one transaction of its own, without a group's offsets. By taking the id it ends what an earlier user left
// open, waits until all that was committed can be read, and keeps that user from writing any more: what work then reads
// of a topic is all that any user of the id ever wrote there. Messages of one call must be so few that they may be held
// back together: some megabytes. After an error of write nothing more can be written; it wraps ErrUnclean where the
// transaction may be committed. Transact returns work's error. While Kafka is away it waits for the id, and for nothing
// else.
func (c *Cluster) Transact(ctx context.Context, name string, work func(write func(context.Context, []schemas.Message) error) error) error {
	p := &producer{c: c, name: c.group(name)}
	attrs := []any{"transactional_id", p.name}
	if err := c.persist(ctx, "cannot take a transactional.id", attrs, func() error { return p.renew(ctx) }); err != nil {
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
	if err := p.end(ctx, true); err != nil {
		return fmt.Errorf("%w: %w", ErrUnclean, err)
	}
	return nil
}
