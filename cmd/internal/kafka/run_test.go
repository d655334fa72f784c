package kafka

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"ualstream/schemas"
)

func TestStageWritesOnceWhatItConsumes(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 1000))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 1000)
	produce(t, c, numbered(schemas.TopicEvents, 1000, 1000))
	seen.wait(t, 2000)
	stop()
	settled(t, c, schemas.TopicThreats)
	if got := read(t, c, schemas.TopicThreats); len(got) != 2000 {
		t.Errorf("%d messages written, want 2000: nothing failed, so nothing repeats", len(got))
	}
	caughtUp(t, c, "copy")
}

func lag(t *testing.T, c *Cluster, group string) int64 {
	t.Helper()
	n, err := c.Lag(within(t), group, schemas.TopicEvents)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// caughtUp waits until the group has committed everything: a coordinator answers before it is done with a transaction.
func caughtUp(t *testing.T, c *Cluster, group string) {
	t.Helper()
	until(t, "lag 0", func() bool { return lag(t, c, group) == 0 })
}

func TestLagOfAGroupThatNeverRanIsTheTopic(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 42))
	if got := lag(t, c, "unknown"); got != 42 {
		t.Errorf("lag %d, want 42", got)
	}
}

func TestOffsetsAreCommittedOnlyOnceTheOutputIsWritten(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	processed, seen := newTally(), newTally()
	stage := copying(seen)
	stage.New = func(int) Transform {
		return transform{
			process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
				processed.add(in...)
				return []schemas.Message{{Topic: schemas.TopicRaw, Key: []byte("big"), Value: incompressible(9 << 20)}}, nil
			},
			done: func() { t.Error("Done was called for output that cannot be written") },
		}
	}
	stop := start(t, c, stage)
	processed.wait(t, 30)
	stop()
	if got := lag(t, c, "copy"); got != 30 {
		t.Errorf("lag %d, want all 30: nothing was written", got)
	}
	stop = start(t, again(t, c), copying(seen))
	seen.wait(t, 30)
	stop()
	caughtUp(t, c, "copy")
}

func TestTooLargeOutputIsReplaced(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	done := newTally()
	stage := copying(done)
	stage.New = func(int) Transform {
		var batch []schemas.Message
		return transform{
			process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
				batch = in
				out := slices.Clone(in)
				for i := range out {
					out[i].Topic = schemas.TopicRaw
				}
				out[0].Value = incompressible(9 << 20)
				return out, nil
			},
			done: func() { done.add(batch...) },
		}
	}
	stage.TooLarge = func(m schemas.Message) schemas.Message {
		return schemas.Message{Topic: schemas.TopicRejects, Key: m.Key, Value: m.Value[:10]}
	}
	stop := start(t, c, stage)
	done.wait(t, 30)
	stop()
	settled(t, c, schemas.TopicRaw)
	settled(t, c, schemas.TopicRejects)
	raw, rejects := read(t, c, schemas.TopicRaw), read(t, c, schemas.TopicRejects)
	if len(raw)+len(rejects) != 30 || len(rejects) == 0 {
		t.Errorf("%d messages and %d replacements, want 30 in all", len(raw), len(rejects))
	}
}

func TestDoneComesOnceTheOutputIsAcknowledged(t *testing.T) {
	c := prepared(t)
	c.cfg.Guarantee = AtLeastOnce
	produce(t, c, numbered(schemas.TopicEvents, 0, 300))
	done := newTally()
	stage := copying(done)
	inner := stage.New
	stage.New = func(partition int) Transform {
		copying := inner(partition)
		var batch []schemas.Message
		return transform{
			process: func(ctx context.Context, in []schemas.Message) ([]schemas.Message, error) {
				batch = in
				return copying.Process(ctx, in)
			},
			done: func() {
				written := map[string]bool{}
				for _, m := range read(t, c, schemas.TopicThreats) {
					written[string(m.Key)] = true
				}
				for _, m := range batch {
					if !written[string(m.Key)] {
						t.Errorf("Done, and %s is not written", m.Key)
					}
				}
				copying.Done()
			},
		}
	}
	stop := start(t, c, stage)
	done.wait(t, 300)
	stop()
}

func TestBatchThatFailsIsProcessedAgainAndNeverSkipped(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 90))
	delivered := newTally()
	var failures atomic.Int32
	stage := Stage{Group: "deliver", From: schemas.TopicEvents, New: func(int) Transform {
		var first string
		return transform{process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
			if first == "" {
				first = string(in[0].Key)
				failures.Add(1)
				return nil, errors.New("the receiver is away")
			}
			if got := string(in[0].Key); first != "passed" && got != first {
				t.Errorf("after a failure at %s came %s", first, got)
			}
			first = "passed"
			delivered.add(in...)
			return nil, nil
		}}
	}}
	stop := start(t, c, stage)
	delivered.wait(t, 90)
	stop()
	if failures.Load() == 0 {
		t.Error("nothing failed, and the test shows nothing")
	}
}
