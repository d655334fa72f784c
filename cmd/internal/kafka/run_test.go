package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

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
	if got := read(t, c, schemas.TopicThreats); len(got) != 2000 {
		t.Errorf("%d messages written, want 2000: nothing failed, so nothing repeats", len(got))
	}
	if lag := lag(t, c, "copy"); lag != 0 {
		t.Errorf("lag %d after the stage ended in peace, want 0", lag)
	}
}

func lag(t *testing.T, c *Cluster, group string) int64 {
	t.Helper()
	n, err := c.Lag(within(t), group, schemas.TopicEvents)
	if err != nil {
		t.Fatal(err)
	}
	return n
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
	if got := lag(t, c, "copy"); got != 0 {
		t.Errorf("lag %d, want 0", got)
	}
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
	raw, rejects := read(t, c, schemas.TopicRaw), read(t, c, schemas.TopicRejects)
	if len(raw)+len(rejects) != 30 || len(rejects) == 0 {
		t.Errorf("%d messages and %d replacements, want 30 in all", len(raw), len(rejects))
	}
}

func TestDoneComesAfterTheCommit(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 300))
	done := newTally()
	stage := copying(done)
	stage.New = func(partition int) Transform {
		var batch []schemas.Message
		return transform{
			process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
				batch = in
				return nil, nil
			},
			done: func() {
				if got, want := committed(t, c, "copy", partition), batch[len(batch)-1].Offset+1; got < want {
					t.Errorf("partition %d: Done with committed offset %d, want %d", partition, got, want)
				}
				done.add(batch...)
			},
		}
	}
	stop := start(t, c, stage)
	done.wait(t, 300)
	stop()
}

func committed(t *testing.T, c *Cluster, group string, partition int) int64 {
	t.Helper()
	name := schemas.TopicEvents.Name(c.cfg.Prefix)
	res, err := c.client.OffsetFetch(within(t), &kafka.OffsetFetchRequest{GroupID: c.group(group), Topics: map[string][]int{name: {partition}}})
	if err != nil {
		t.Error(err)
		return -1
	}
	return res.Topics[name][0].CommittedOffset
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

func TestMemberThatEndsBeforeTheCommitIsReadAgain(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	begun := newTally()
	stage := copying(begun)
	stage.New = func(int) Transform {
		return transform{process: func(ctx context.Context, in []schemas.Message) ([]schemas.Message, error) {
			begun.add(in...)
			<-ctx.Done() // as if the process died here
			return nil, ctx.Err()
		}}
	}
	stop := start(t, c, stage)
	begun.wait(t, 60)
	stop()
	seen := newTally()
	stop = start(t, again(t, c), copying(seen))
	seen.wait(t, 60)
	stop()
}

func TestBatchInFlightIsFinishedAtTheEnd(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	begun, seen := newTally(), newTally()
	ending := make(chan struct{})
	stage := copying(seen)
	stage.New = func(int) Transform {
		var batch []schemas.Message
		return transform{
			process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
				begun.add(in...)
				batch = in
				<-ending
				return nil, nil
			},
			done: func() { seen.add(batch...) },
		}
	}
	ctx, cancel := context.WithCancel(within(t))
	result := make(chan error, 1)
	go func() { result <- c.Run(ctx, stage) }()
	begun.wait(t, 60)
	cancel()
	close(ending)
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if seen.distinct() != 60 || lag(t, c, "copy") != 0 {
		t.Errorf("%d messages done, lag %d; want 60 and 0", seen.distinct(), lag(t, c, "copy"))
	}
}

func TestMembersShareThePartitionsAndTakeOver(t *testing.T) {
	c := prepared(t)
	seen := newTally()
	var mu sync.Mutex
	owners := map[int]string{}
	member := func(name string) Stage {
		s := copying(seen)
		inner := s.New
		s.New = func(partition int) Transform {
			mu.Lock()
			defer mu.Unlock()
			owners[partition] = name
			return inner(partition)
		}
		return s
	}
	owned := func() (names []string) {
		mu.Lock()
		defer mu.Unlock()
		return slices.Compact(slices.Sorted(maps.Values(owners)))
	}
	stop := start(t, c, member("a"))
	start(t, again(t, c), member("b"))
	sent := 0
	until(t, "both members own partitions", func() bool {
		produce(t, c, numbered(schemas.TopicEvents, sent, 50))
		sent += 50
		return strings.Join(owned(), "") == "ab"
	})
	seen.wait(t, sent)
	stop()
	produce(t, c, numbered(schemas.TopicEvents, sent, 500))
	seen.wait(t, sent+500)
	if got := owned(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("owners after a left: %v, want b alone", got)
	}
}

func TestMessagesDeletedUnreadAreReportedAsLost(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	old := numbered(schemas.TopicEvents, 0, 300)
	for i := range old {
		old[i].Time = time.Now().Add(-time.Hour)
	}
	produce(t, c, old[:30])
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 30)
	stop()
	produce(t, c, old[30:])
	alter(t, c, schemas.TopicEvents, "retention.ms", "60000")
	b.cluster.ApplyRetention()
	produce(t, c, numbered(schemas.TopicEvents, 300, 60))

	var lost atomic.Int64
	stage := copying(seen)
	stage.Lost = func(_ int, from, to int64) { lost.Add(to - from) }
	stop = start(t, again(t, c), stage)
	seen.wait(t, 90)
	stop()
	if lost.Load() != 270 {
		t.Errorf("reported %d messages as lost, want the 270 that were deleted unread", lost.Load())
	}
}
