package kafka

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

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
	if seen.distinct() != 60 {
		t.Errorf("%d messages done, want 60", seen.distinct())
	}
	caughtUp(t, c, "copy")
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

// A broker hears of a new topic a moment after the one that created it.
func TestCoordinatorThatDoesNotKnowTheTopicYetDelaysNobody(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	b.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		ask := req.(*kmsg.MetadataRequest)
		if ask.Version > 6 { // kafka-go's groups ask in version 6, its clients in a later one
			return nil, nil, false
		}
		res := ask.ResponseKind().(*kmsg.MetadataResponse)
		for _, topic := range ask.Topics {
			unknown := kmsg.NewMetadataResponseTopic()
			unknown.Topic, unknown.ErrorCode = topic.Topic, kerr.UnknownTopicOrPartition.Code
			res.Topics = append(res.Topics, unknown)
		}
		return res, nil, true
	})
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 60)
	stop()
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
