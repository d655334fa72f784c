package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

const (
	// transactionTimeout is when the broker aborts a transaction whose producer is gone. Until then readers wait.
	transactionTimeout = 30 * time.Second
	// busyWait and busyLimit are for a coordinator that is still ending the transaction before.
	busyWait, busyLimit = 2 * time.Millisecond, 10 * time.Second
)

// producer writes the transactions of one transactional.id, one after the other. After anything but a clean commit it
// must be renewed: the broker would take the next transaction's records for repeats of the aborted one's, and drop
// them.
type producer struct {
	c         *Cluster
	name      string // the transactional.id, without the embedded broker's boot number
	id        string // the transactional.id
	pid       int64
	epoch     int16
	sequences map[laneKey]*int32 // of the next record, counted from the renewal
	added     map[laneKey]bool   // partitions of the transaction in work
	open      bool               // the broker may know of a transaction in work
}

// position is where a member of a group stands in the partition that it consumes.
type position struct {
	group, member string
	generation    int32
	topic         string
	partition     int
	offset        int64 // of the next message
}

// renew ends what an earlier user of the transactional.id left open, keeps that user from writing any more, and counts
// from the beginning.
func (p *producer) renew(ctx context.Context) error {
	id, err := p.c.cfg.transactionalID(p.name)
	if err != nil {
		return err
	}
	p.id = id
	p.sequences, p.added = map[laneKey]*int32{}, map[laneKey]bool{}
	if err := p.begin(ctx, id); err != nil {
		return err
	}
	p.open = false
	return nil
}

// begin takes a transactional.id over, by which the broker ends what is open under it.
func (p *producer) begin(ctx context.Context, id string) error {
	p.c.coordinators.forget(ofTransaction(id))
	err := p.whileBusy(ctx, func() error {
		res, err := p.c.client.InitProducerID(ctx, &kafka.InitProducerIDRequest{
			TransactionalID: id, TransactionTimeoutMs: int(transactionTimeout.Milliseconds()), ProducerID: -1, ProducerEpoch: -1,
		})
		if err != nil {
			return withoutCall(err)
		}
		p.pid, p.epoch = int64(res.Producer.ProducerID), int16(res.Producer.ProducerEpoch)
		return res.Error
	})
	if err != nil {
		return fmt.Errorf("begin as transactional.id %s: %w", id, err)
	}
	return nil
}

// transact writes the messages and commits the position in one transaction. Of messages that are larger than their
// topic accepts it writes what replace makes of them, and leaves that in msgs. An error means that the transaction is
// committed, or not, or never will be: renew tells.
func (p *producer) transact(ctx context.Context, msgs []schemas.Message, at position, replace func(schemas.Message) schemas.Message) error {
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
	var tooLarge []*schemas.Message
	working, within := errgroup.WithContext(ctx)
	working.Go(func() error { return p.addGroup(within, at.group) })
	working.Go(func() (err error) {
		tooLarge, err = p.write(within, lanes)
		return err
	})
	if err := working.Wait(); err != nil {
		return err
	}
	if err := p.substitute(ctx, tooLarge, replace); err != nil {
		return err
	}
	if err := p.commitOffset(ctx, at); err != nil {
		return fmt.Errorf("add offset %d to the transaction: %w", at.offset, err)
	}
	if err := p.current(); err != nil {
		return err
	}
	return p.end(ctx, true)
}

// substitute writes replacements for messages that are too large.
func (p *producer) substitute(ctx context.Context, tooLarge []*schemas.Message, replace func(schemas.Message) schemas.Message) error {
	if len(tooLarge) == 0 {
		return nil
	}
	if replace == nil {
		return &TooLargeError{[]schemas.Message{*tooLarge[0]}}
	}
	for _, m := range tooLarge {
		*m = replace(*m)
	}
	lanes, err := p.lanes(ctx, tooLarge)
	if err != nil {
		return err
	}
	if err := p.addPartitions(ctx, lanes); err != nil {
		return fmt.Errorf("add partitions to the transaction: %w", err)
	}
	still, err := p.write(ctx, lanes)
	if err == nil && len(still) > 0 {
		return &TooLargeError{[]schemas.Message{*still[0]}}
	}
	return err
}

// abort gives up a transaction that an attempt left open, so that no reader waits for it until it times out. It is a
// courtesy, and its failures change nothing.
func (p *producer) abort(ctx context.Context) {
	if p.open {
		_ = p.end(ctx, false)
	}
}

// current returns an error when the embedded broker was started anew since the renewal: it has forgotten what was in
// the transaction.
func (p *producer) current() error {
	id, err := p.c.cfg.transactionalID(p.name)
	if err == nil && p.id != id {
		err = errors.New("the embedded broker was started anew")
	}
	return err
}

func (p *producer) addPartitions(ctx context.Context, lanes map[laneKey][]*schemas.Message) error {
	topics := map[string][]int32{}
	for key := range lanes {
		if !p.added[key] {
			p.added[key] = true
			name := key.topic.Name(p.c.cfg.Prefix)
			topics[name] = append(topics[name], int32(key.partition))
		}
	}
	if len(topics) == 0 {
		return nil
	}
	return p.whileBusy(ctx, func() error {
		res, err := ask[*addPartitionsResponse](ctx, p.c, ofTransaction(p.id), func(to destination) protocol.Message {
			req := &addPartitionsRequest{destination: to, TransactionalID: p.id, ProducerID: p.pid, ProducerEpoch: p.epoch}
			for name, partitions := range topics {
				req.Topics = append(req.Topics, addedTopic{name, partitions})
			}
			return req
		})
		if err != nil {
			return err
		}
		for _, t := range res.Topics {
			for _, p := range t.Partitions {
				if p.ErrorCode != 0 && p.ErrorCode != operationNotAttempted {
					return fmt.Errorf("%s/%d: %w", t.Name, p.Partition, kafka.Error(p.ErrorCode))
				}
			}
		}
		return nil
	})
}

func (p *producer) addGroup(ctx context.Context, group string) error {
	err := p.whileBusy(ctx, func() error {
		res, err := ask[*addOffsetsResponse](ctx, p.c, ofTransaction(p.id), func(to destination) protocol.Message {
			return &addOffsetsRequest{destination: to, TransactionalID: p.id, ProducerID: p.pid, ProducerEpoch: p.epoch, GroupID: group}
		})
		if err != nil {
			return err
		}
		return failure(res.ErrorCode)
	})
	if err != nil {
		return fmt.Errorf("add group %s to the transaction: %w", group, err)
	}
	return nil
}

// commitOffset puts the position into the transaction. The broker refuses it to a member whose generation is over,
// because the partition is another's by then.
func (p *producer) commitOffset(ctx context.Context, at position) error {
	res, err := ask[*commitOffsetsResponse](ctx, p.c, ofGroup(at.group), func(to destination) protocol.Message {
		return &commitOffsetsRequest{
			destination: to, TransactionalID: p.id, GroupID: at.group, ProducerID: p.pid, ProducerEpoch: p.epoch,
			Generation: at.generation, MemberID: at.member,
			Topics: []committedTopics{{Name: at.topic, Partitions: []committedPartition{{
				Partition: int32(at.partition), Offset: at.offset, LeaderEpoch: -1,
			}}}},
		}
	})
	if err != nil {
		return err
	}
	if len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return errors.New("want one partition in the answer")
	}
	return failure(res.Topics[0].Partitions[0].ErrorCode)
}

func (p *producer) end(ctx context.Context, commit bool) error {
	res, err := ask[*endResponse](ctx, p.c, ofTransaction(p.id), func(to destination) protocol.Message {
		return &endRequest{destination: to, TransactionalID: p.id, ProducerID: p.pid, ProducerEpoch: p.epoch, Commit: commit}
	})
	if err == nil {
		err = failure(res.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("end the transaction: %w", err)
	}
	clear(p.added)
	p.open = false
	return nil
}

// whileBusy repeats what the coordinator refuses because it is still ending the transaction before. Nothing has
// happened then.
func (p *producer) whileBusy(ctx context.Context, try func() error) error {
	for deadline := time.Now().Add(busyLimit); ; {
		err := try()
		if !errors.Is(err, kafka.ConcurrentTransactions) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(busyWait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// operationNotAttempted is the code for a partition that was refused because another one was. kafka-go has another
// name for it.
const operationNotAttempted = 55

// failure gives the error for a code of Kafka's protocol.
func failure(code int16) error {
	if code == 0 {
		return nil
	}
	return kafka.Error(code)
}
