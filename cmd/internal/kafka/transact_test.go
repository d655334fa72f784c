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
	c := prepared(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		for round := range 5 {
			if err := write(within(t), numbered(schemas.TopicThreats, 100*round, 100)); err != nil {
				return err
			}
			once(t, c, 100*(round+1), threats) // it can be read at once
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What becomes of a transaction of which the broker's answer is lost, the next who takes the id finds out: it can read
// all of it, or it never will.
func TestTheNextWriterKnowsWhatTheLastHasWritten(t *testing.T) {
	for _, key := range []protocol.ApiKey{protocol.EndTxn, protocol.Produce, protocol.AddPartitionsToTxn} {
		c, network := prepared(t), &lossy{}
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
		if err == nil || errors.Is(err, ErrUnclean) != (key == protocol.EndTxn) {
			t.Errorf("%v: %v", key, err)
		}
		err = again(t, c).Transact(within(t), "replay", func(write writing) error {
			there, _ := scanned(t, c, Scan{Topic: schemas.TopicThreats})
			if (len(there) == 100) != (key == protocol.EndTxn) || len(there) != 0 && len(there) != 100 {
				t.Errorf("%v: %d of 100 messages are there", key, len(there))
			}
			return write(within(t), numbered(schemas.TopicThreats, len(there), 200-len(there)))
		})
		if err != nil {
			t.Errorf("%v: %v", key, err)
		}
		once(t, c, 200, threats)
	}
}

func TestWhoeverTakesTheIDEndsTheOneBefore(t *testing.T) {
	c := prepared(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		err := again(t, c).Transact(within(t), "replay", func(write writing) error {
			return write(within(t), numbered(schemas.TopicThreats, 0, 30))
		})
		if err != nil {
			t.Error(err)
		}
		return write(within(t), numbered(schemas.TopicThreats, 1000, 30))
	})
	if !fenced(err) {
		t.Errorf("the older writer's error is %v", err)
	}
	once(t, c, 30, threats)
}

func TestATransactionWithAMessageThatIsTooLargeIsNotCommitted(t *testing.T) {
	c := prepared(t)
	err := c.Transact(within(t), "replay", func(write writing) error {
		return write(within(t), append(numbered(schemas.TopicThreats, 0, 30), schemas.Message{Topic: schemas.TopicThreats, Value: make([]byte, largestMessage+1)}))
	})
	if _, large := errors.AsType[*TooLargeError](err); !large {
		t.Error(err)
	}
	once(t, c, 0, threats)
}
