package kafka

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

func TestAPartIsReadFromOneOffsetToAnother(t *testing.T) {
	c := join(t, Config{Brokers: connect(t).cfg.Brokers, Partitions: 1})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicRaw, 0, 500))
	for _, part := range []struct{ from, to, first, next int64 }{
		{0, 500, 0, 500}, {100, 101, 100, 101}, {37, 400, 37, 400}, {490, 9999, 490, 500}, {500, 600, 500, 500}, {7, 7, 7, 7}, {-5, 3, 0, 3}, {900, 950, 900, 900},
	} {
		at := part.first
		err := c.ReadPart(within(t), schemas.TopicRaw, 0, part.from, part.to, func(m schemas.Message) error {
			if m.Offset != at {
				t.Fatalf("offset %d, want %d", m.Offset, at)
			}
			at++
			return nil
		})
		if err != nil || at != part.next {
			t.Errorf("from %d to %d: ended before %d, want %d (error: %v)", part.from, part.to, at, part.next, err)
		}
	}
	enough := errors.New("enough")
	if err := c.ReadPart(within(t), schemas.TopicRaw, 0, 0, 500, func(schemas.Message) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("error %v, want what each returned", err)
	}
}

// hasty is a connection whose user gives up once the answer is there.
type hasty struct {
	kafka.RoundTripper
	giveUp func()
}

func (h hasty) RoundTrip(ctx context.Context, to net.Addr, req kafka.Request) (kafka.Response, error) {
	defer h.giveUp()
	return h.RoundTripper.RoundTrip(ctx, to, req)
}

func TestAReaderDecodesNoMoreThanItIsAskedFor(t *testing.T) {
	c := join(t, Config{Brokers: connect(t).cfg.Brokers, Partitions: 1})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		produce(t, c, numbered(schemas.TopicRaw, 2*i, 2))
	}
	r := c.cursor(schemas.TopicRaw, 0, 0).Reader
	if got, err := r.Next(within(t)); err != nil || len(got) != 6 || r.Offset != 6 {
		t.Errorf("%d messages up to offset %d, want all 6 (error: %v)", len(got), r.Offset, err)
	}
	r.Offset, r.Bytes = 2, 1
	if got, err := r.Next(within(t)); err != nil || len(got) != 2 || r.Offset != 4 {
		t.Errorf("%d messages up to offset %d, want the 2 of the batch (error: %v)", len(got), r.Offset, err)
	}
	ctx, cancel := context.WithCancel(within(t))
	r.Offset, r.Kafka = 0, hasty{r.Kafka, cancel}
	if got, err := r.Next(ctx); !errors.Is(err, context.Canceled) || got != nil || r.Offset != 0 {
		t.Errorf("%d messages, offset %d and error %v, want none once nobody waits for them", len(got), r.Offset, err)
	}
}

func TestOffsetSinceATime(t *testing.T) {
	c := join(t, Config{Brokers: connect(t).cfg.Brokers, Partitions: 1})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	msgs := numbered(schemas.TopicRaw, 0, 10)
	for i := range msgs {
		msgs[i].Time = start.Add(time.Duration(i) * time.Second)
		produce(t, c, msgs[i:i+1])
	}
	for since, want := range map[time.Time]int64{start.Add(-time.Hour): 0, start: 0, start.Add(time.Millisecond): 1, start.Add(9 * time.Second): 9,
		start.Add(time.Minute): 10, {}: 0} {
		if got, err := c.OffsetSince(within(t), schemas.TopicRaw, 0, since); err != nil || got != want {
			t.Errorf("since %s: offset %d, want %d (error: %v)", since, got, want, err)
		}
	}
}

func TestEveryEmbeddedBrokerHasAnIDOfItsOwnForEver(t *testing.T) {
	dir := t.TempDir() + "/broker"
	id := func(b *Broker) string {
		defer b.Close()
		got, err := join(t, b.Config()).ID(within(t))
		if err != nil || got == "" {
			t.Fatalf("id %q, error %v", got, err)
		}
		return got
	}
	first := id(embed(t, dir))
	if again := id(embed(t, dir)); again != first {
		t.Errorf("the id was %s and is %s", first, again)
	}
	if other := id(embed(t, "")); other == first {
		t.Errorf("two brokers have the id %s", other)
	}
}

// keeper is a Transform that keeps something.
type keeper struct {
	Transform
	begin func(ctx context.Context, committed int64) error
	end   func()
}

func (k keeper) Begin(ctx context.Context, committed int64) error { return k.begin(ctx, committed) }
func (k keeper) End()                                             { k.end() }

func TestAKeeperBeginsBeforeAllElseWhereTheGroupStandsAndEnds(t *testing.T) {
	c := prepared(t)
	var mu sync.Mutex
	var said []int64 // committed offsets, in the order of Begin
	held := map[int]bool{}
	stage := func(seen *tally, fail bool) Stage {
		s := copying(seen)
		copies := s.New
		s.New = func(partition int) Transform {
			inner, begun, failed := copies(partition), false, !fail
			return keeper{
				Transform: transform{
					process: func(ctx context.Context, in []schemas.Message) ([]schemas.Message, error) {
						if !begun {
							t.Error("Process was called before Begin had succeeded")
						}
						return inner.Process(ctx, in)
					},
					done: inner.Done,
				},
				begin: func(_ context.Context, committed int64) error {
					mu.Lock()
					defer mu.Unlock()
					if !failed {
						failed = true
						return errors.New("not yet")
					}
					if held[partition] {
						t.Errorf("partition %d begins before it ended", partition)
					}
					begun, held[partition] = true, true
					said = append(said, committed)
					return nil
				},
				end: func() {
					mu.Lock()
					defer mu.Unlock()
					held[partition] = false
				},
			}
		}
		return s
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	seen := newTally()
	stop := start(t, c, stage(seen, true))
	seen.wait(t, 30)
	stop()
	produce(t, c, numbered(schemas.TopicEvents, 30, 1))
	stop = start(t, again(t, c), stage(seen, false))
	seen.wait(t, 31)
	stop()

	mu.Lock()
	defer mu.Unlock()
	if len(said) != 6 || slices.Max(said[:3]) >= 0 || said[3]+said[4]+said[5] != 30 {
		t.Errorf("Begin was told %v, want nothing committed three times, and then offsets that sum up to 30", said)
	}
	for partition, still := range held {
		if still {
			t.Errorf("partition %d did not end", partition)
		}
	}
}

// Where the group's offset is gone, going on from the beginning would repeat everything: who knows that says no.
func TestAPartitionThatMayNotBeginStandsStillAndTheOthersGoOn(t *testing.T) {
	for _, guarantee := range []Guarantee{ExactlyOnce, AtLeastOnce} {
		t.Run(string(guarantee), func(t *testing.T) {
			c := prepared(t)
			c.cfg.Guarantee = guarantee
			produce(t, c, numbered(schemas.TopicEvents, 0, 60))
			var mu sync.Mutex
			may, asked := false, 0
			seen := newTally()
			s := copying(seen)
			s.Begun = func(_ context.Context, partition int, committed int64) error {
				mu.Lock()
				defer mu.Unlock()
				if committed >= 0 {
					t.Errorf("partition %d is said to be committed at %d", partition, committed)
				}
				if partition == 1 && !may {
					asked++
					return errors.New("not this one")
				}
				return nil
			}
			start(t, c, s)
			until(t, "a second question", func() bool { mu.Lock(); defer mu.Unlock(); return asked > 1 })
			others := 0
			for _, m := range read(t, c, schemas.TopicEvents) {
				if m.Partition != 1 {
					others++
				}
			}
			seen.wait(t, others)
			if stopped := c.Stopped(); len(stopped) != 1 || stopped[0].Partition != 1 || stopped[0].Err.Error() != "not this one" {
				t.Errorf("stopped: %v, want partition 1", stopped)
			}
			if seen.distinct() != others {
				t.Errorf("%d messages, want the %d of the other partitions", seen.distinct(), others)
			}
			mu.Lock()
			may = true
			mu.Unlock()
			seen.wait(t, 60)
		})
	}
}
