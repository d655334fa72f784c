package kafka

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestProgressOfAGroupThatReadsAndOfOneThatNeverDid(t *testing.T) {
	c, seen := prepared(t), newTally()
	produce(t, c, numbered(schemas.TopicEvents, 0, 20))
	if p, err := c.Progress(within(t), "copy", schemas.TopicEvents); err != nil || p != (Progress{Written: 20}) {
		t.Errorf("before it began: %+v, %v", p, err)
	}
	stop := start(t, c, copying(seen))
	seen.wait(t, 20)
	stop()
	caughtUp(t, c, "copy") // Kafka shows a transaction's offsets a moment after it ended
	produce(t, c, numbered(schemas.TopicEvents, 20, 5))
	want := Progress{Written: 25, Read: 20, Began: true}
	if p, err := c.Progress(within(t), "copy", schemas.TopicEvents); err != nil || p != want || p.Lag() != 5 {
		t.Errorf("after it read: %+v, %v; want %+v", p, err, want)
	}
}

func TestAGroupIsBehindWhileItHasYetToReadWhatIsOlder(t *testing.T) {
	c := join(t, Config{Brokers: connect(t).cfg.Brokers, Partitions: 1})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	at := func(ages ...time.Duration) {
		msgs := numbered(schemas.TopicEvents, 0, len(ages))
		for i, age := range ages {
			msgs[i].Time = now.Add(-age)
		}
		produce(t, c, msgs)
	}
	says := func(what string, age time.Duration, want bool) {
		t.Helper()
		if got, err := c.Behind(within(t), "copy", schemas.TopicEvents, now.Add(-age)); err != nil || got != want {
			t.Errorf("%s: %v, want %v (error: %v)", what, got, want, err)
		}
	}
	consume := func(n int) {
		seen := newTally()
		stop := start(t, c, copying(seen))
		seen.wait(t, n)
		stop()
		caughtUp(t, c, "copy")
	}
	at(3*time.Hour, 2*time.Hour)
	says("a group that never read", time.Hour, false)
	consume(2)
	says("nothing to read", time.Hour, false)
	if committed, err := c.Committed(within(t), "copy", schemas.TopicEvents); err != nil || len(committed) != 1 || committed[0] < 2 {
		t.Errorf("committed %v, want 2 of partition 0 (error: %v)", committed, err)
	}
	at(59*time.Minute, 2*time.Minute)
	says("nothing that is old", time.Hour, false)
	says("something old before something young", 58*time.Minute, true)
	says("all is old", time.Minute, true)
	consume(2)
	says("nothing to read again", time.Minute, false)
}

func TestMissingNamesTopicsAndMakesNone(t *testing.T) {
	c := connect(t)
	for range 2 {
		missing, err := c.Missing(within(t))
		if err != nil || len(missing) != len(schemas.Topics) || !slices.Contains(missing, schemas.TopicLedger.Name(c.cfg.Prefix)) {
			t.Fatalf("without topics: %v, %v", missing, err)
		}
	}
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	if missing, err := again(t, c).Missing(within(t)); err != nil || len(missing) != 0 {
		t.Errorf("with topics: %v, %v", missing, err)
	}
}

// keysFrom reads what is there from a start on, in order.
func keysFrom(t *testing.T, c *Cluster, from Start) (keys []string) {
	t.Helper()
	err := c.Read(within(t), Read{Topic: schemas.TopicEvents, From: from}, func(m schemas.Message) error {
		keys = append(keys, string(m.Key))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestReadGoesOnFromOffsetsAndKeepsToTheNewest(t *testing.T) {
	c := join(t, Config{Brokers: connect(t).cfg.Brokers, Partitions: 1})
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 6))
	last := func(n int) []string {
		return []string{"record-000000", "record-000001", "record-000002", "record-000003", "record-000004", "record-000005"}[6-n:]
	}
	for name, c2 := range map[string]struct {
		from Start
		want []string
	}{
		"an offset":                   {From(map[int]int64{0: 4}), last(2)},
		"the end":                     {From(map[int]int64{0: 6}), nil},
		"beyond the end":              {From(map[int]int64{0: 60}), nil},
		"an offset of no partition":   {From(map[int]int64{7: 4}), last(6)},
		"nothing known":               {From(nil), last(6)},
		"the newest":                  {Earliest().Newest(2), last(2)},
		"fewer than the newest":       {From(map[int]int64{0: 5}).Newest(2), last(1)},
		"an offset before the newest": {From(map[int]int64{0: 1}).Newest(2), last(2)},
		"more newest than there is":   {Earliest().Newest(100), last(6)},
	} {
		if got := keysFrom(t, c, c2.from); !slices.Equal(got, c2.want) {
			t.Errorf("%s: %v, want %v", name, got, c2.want)
		}
	}
}

func TestAtGivesOneMessageOrNone(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	for _, want := range read(t, c, schemas.TopicEvents) {
		got, err := c.At(within(t), schemas.TopicEvents, want.Partition, want.Offset)
		if err != nil || string(got.Key) != string(want.Key) || got.Offset != want.Offset {
			t.Fatalf("at %d/%d: %q, %v; want %q", want.Partition, want.Offset, got.Key, err, want.Key)
		}
	}
	for _, at := range [][2]int{{0, 1000}, {3, 0}, {-1, 0}, {0, -1}} {
		if got, err := c.At(within(t), schemas.TopicEvents, at[0], int64(at[1])); err != nil || got.Key != nil {
			t.Errorf("at %v: %q, %v; want nothing", at, got.Key, err)
		}
	}
}

func TestMissingSaysWhenTheLoginIsRefused(t *testing.T) {
	cfg := embed(t, t.TempDir()+"/broker").Config()
	cfg.SASL = &SASL{Mechanism: cfg.SASL.Mechanism, Username: cfg.SASL.Username, Password: "wrong"}
	_, err := join(t, cfg).Missing(within(t))
	if _, refused := errors.AsType[*AuthError](err); !refused {
		t.Errorf("got %v, want an AuthError", err)
	}
}
