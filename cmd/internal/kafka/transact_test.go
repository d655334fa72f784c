package kafka

import (
	"context"
	"errors"
	"testing"

	"github.com/segmentio/kafka-go/protocol"

	"ualstream/schemas"
)

type writing = func(context.Context, []schemas.Message) error

func TestEachCallOfWriteIsATransaction(t *testing.T) {
	c := ready(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		for round := range 5 {
			if err := write(within(t), numbered(schemas.TopicThreats, 100*round, 100)); err != nil {
				return err
			}
			once(t, c, 100*(round+2), threats)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// ready gives a cluster where transactions work at once: a new topic may need a moment until it takes any.
func ready(t *testing.T) *Cluster {
	t.Helper()
	c := prepared(t)
	until(t, "a transaction", func() bool {
		return c.Transact(within(t), "replay", func(write writing) error {
			return write(within(t), numbered(schemas.TopicThreats, 5000, 100))
		}) == nil
	})
	return c
}

// What became of a transaction that the broker's answer is missing for, the next one who takes the id sees: all of it, or
// nothing, for good.
func TestTheNextWriterKnowsWhatTheLastHasWritten(t *testing.T) {
	for _, key := range []protocol.ApiKey{protocol.EndTxn, protocol.Produce, protocol.AddPartitionsToTxn} {
		c, network := ready(t), &lossy{}
		first := again(t, c)
		network.through(first)
		err := first.Transact(within(t), "replay", func(write writing) error {
			network.set(key, 1)
			err := write(within(t), numbered(schemas.TopicThreats, 0, 100))
			if after := write(within(t), numbered(schemas.TopicThreats, 1000, 100)); after == nil {
				t.Errorf("%v: it went on writing after an error", key)
			}
			return err
		})
		if err == nil || errors.Is(err, ErrTaken) {
			t.Errorf("%v: %v", key, err)
		}
		err = again(t, c).Transact(within(t), "replay", func(write writing) error {
			there, _ := scanned(t, c, Scan{Topic: schemas.TopicThreats})
			if committed := len(there) == 200; committed != (key == protocol.EndTxn) || !committed && len(there) != 100 {
				t.Errorf("%v: %d of 100 messages are there", key, len(there)-100)
			}
			return write(within(t), numbered(schemas.TopicThreats, len(there)-100, 300-len(there)))
		})
		if err != nil {
			t.Errorf("%v: %v", key, err)
		}
		once(t, c, 300, threats)
	}
}

func TestWhoeverTakesTheIDEndsTheOneBefore(t *testing.T) {
	c := ready(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		err := again(t, c).Transact(within(t), "replay", func(write writing) error {
			return write(within(t), numbered(schemas.TopicThreats, 0, 30))
		})
		if err != nil {
			t.Error(err)
		}
		_ = write(within(t), numbered(schemas.TopicThreats, 1000, 30))
		return write(within(t), numbered(schemas.TopicThreats, 2000, 30))
	})
	if !errors.Is(err, ErrTaken) {
		t.Errorf("the older writer's error is %v", err)
	}
	once(t, c, 130, threats)
}

func TestATransactionWithAMessageThatIsTooLargeIsNotCommitted(t *testing.T) {
	c := ready(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		return write(within(t), append(numbered(schemas.TopicThreats, 0, 30), schemas.Message{Topic: schemas.TopicThreats, Value: make([]byte, largestMessage+1)}))
	})
	if _, large := errors.AsType[*TooLargeError](err); !large {
		t.Error(err)
	}
	once(t, c, 100, threats)
}
