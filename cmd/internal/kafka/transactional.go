package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// A transaction takes what arrives until it has so many bytes, or for so long. It is opened only when all that goes
// into it is there: while it is open, every reader of the topics that it writes to waits.
const (
	transactionBytes = 1 << 20
	transactionWait  = 50 * time.Millisecond
)

// errMoved says that somebody else moved the group's offset.
var errMoved = errors.New("the group's offset was moved")

// transactional is an assignment whose output and offsets go in one transaction.
type transactional struct {
	*assignment
	at        position
	producer  *producer
	committed int64 // the group's offset, -1 for none
	// clean says that the broker and this member agree: nothing is under way, and committed is the group's offset.
	// It is false from a transaction's begin to its clean commit.
	clean bool
}

func newTransactional(m *member, gen *kafka.Generation, partition int) *transactional {
	a := newAssignment(m, nil, kafka.PartitionAssignment{ID: partition})
	topic := m.stage.From.Name(m.c.cfg.Prefix)
	return &transactional{
		assignment: a,
		at:         position{group: gen.GroupID, member: gen.MemberID, generation: gen.ID, topic: topic, partition: partition},
		producer:   &producer{c: m.c, name: fmt.Sprintf("%s.%s.%d", m.c.group(m.stage.Group), topic, partition)},
	}
}

// run works transaction by transaction until fetching ends. It retries everything but the one thing that no retry
// mends: the partition went to another member.
func (t *transactional) run(fetching, finishing context.Context) {
	defer t.leave()
	err := t.work(fetching, finishing)
	for errors.Is(err, errMoved) {
		t.transform = t.stage.New(t.Partition)
		err = t.work(fetching, finishing)
	}
	if elsewhere(err) {
		t.c.log.Info("kafka: the partition went to another member in the middle of a batch, which is theirs now", t.attrs...)
	}
}

// work goes on from where the group stands until an error that no retry mends.
func (t *transactional) work(fetching, finishing context.Context) error {
	if err := t.begin(fetching); err != nil {
		return err
	}
	end, err := t.keep(fetching, t.committed)
	defer end()
	for err == nil {
		err = t.transaction(fetching, finishing)
	}
	return err
}

// transaction waits for messages and delivers them. It has none where there is nothing new.
func (t *transactional) transaction(fetching, finishing context.Context) error {
	from := t.Offset
	batch, err := t.gather(fetching)
	if err != nil || t.Offset == from {
		return err
	}
	return t.deliver(finishing, batch)
}

// begin ends what an earlier owner left open and starts where the group stands. An offset that was read before that
// may be older than what that owner's last transaction committed.
func (t *transactional) begin(ctx context.Context) error {
	err := t.c.persist(ctx, "stage cannot begin", t.attrs, func() error { return t.recover(ctx) })
	t.Offset = t.committed
	if t.committed < 0 {
		t.Offset = kafka.FirstOffset
	}
	return err
}

// recover takes the transactional.id, by which whatever was open ends, and asks where the group stands then. What this
// member has open it aborts first: Kafka 4.4.0 has been seen to take half a minute to end what it has to end itself.
func (t *transactional) recover(ctx context.Context) error {
	t.clean = false
	t.producer.abort(ctx)
	if err := t.producer.renew(ctx); err != nil {
		return err
	}
	t.c.tally.closed(t.producer)
	offsets, err := t.c.groupOffsets(ctx, t.at.group, t.at.topic, []int{t.Partition}, true)
	if err != nil {
		return err
	}
	t.committed = -1
	if at, ok := offsets[t.Partition]; ok {
		t.committed = at
	}
	t.clean = true
	return nil
}

// gather waits for messages and gives those of the next transaction.
func (t *transactional) gather(ctx context.Context) ([]schemas.Message, error) {
	batch, err := t.next(ctx)
	if err != nil || len(batch) == 0 {
		return batch, err
	}
	size := 0
	for i := range batch {
		size += messageSize(&batch[i])
	}
	if size >= transactionBytes {
		return batch, nil
	}
	// What cannot be read now is the next transaction's matter: nothing that is here waits for it.
	more, _ := t.Fetch(ctx, transactionBytes, transactionWait)
	return append(batch, more...), ctx.Err()
}

// deliver processes a batch, and writes and commits it in one transaction, until that is done.
func (t *transactional) deliver(ctx context.Context, batch []schemas.Message) error {
	out, err := t.process(ctx, batch)
	if err != nil {
		return err
	}
	t.at.offset = t.Offset
	out = slices.Clone(out) // what is too large is replaced in it
	before := t.committed
	err = t.c.persist(ctx, "stage cannot write", t.attrs, func() error {
		if !t.clean {
			if err := t.recover(ctx); err != nil {
				return err
			}
			switch t.committed {
			case t.at.offset:
				return nil // it was committed after all
			case before: // it was not
			default:
				return backoff.Permanent(errMoved)
			}
		}
		return t.attempt(ctx, out)
	})
	switch {
	case errors.Is(err, errMoved):
		t.c.log.Warn("kafka: the group's offset is not where this member left it, going on from there",
			append(t.attrs, "offset", before, "now", t.committed)...)
	case err == nil && len(batch) > 0:
		t.transform.Done()
	}
	return err
}

// attempt makes one transaction.
func (t *transactional) attempt(ctx context.Context, out []schemas.Message) error {
	t.clean = false
	t.c.tally.opened(t.producer)
	err := t.producer.transact(ctx, out, t.at, t.stage.TooLarge)
	if err == nil {
		t.c.tally.committed(t.producer)
		t.clean, t.committed = true, t.at.offset
		return nil
	}
	t.c.tally.failed(err)
	t.c.coordinators.forget(ofGroup(t.at.group), ofTransaction(t.producer.id))
	if elsewhere(err) {
		return backoff.Permanent(err)
	}
	return err
}

// leave gives up what is open, so that no reader waits for it.
func (t *transactional) leave() {
	if !t.clean {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.c.ctx), drain)
		defer cancel()
		t.producer.abort(ctx)
	}
	t.c.tally.closed(t.producer)
}
