package kafka

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestMessageComesBackAsItWasWritten(t *testing.T) {
	c := prepared(t)
	at := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	want := schemas.Message{
		Topic: schemas.TopicRaw, Key: []byte("an-id"), Value: []byte(`{"Id":"an-id"}`), Time: at,
		Headers: []schemas.Header{{Key: schemas.HeaderTenant, Value: "contoso.example"}, {Key: "empty", Value: ""}},
	}
	offsets, err := c.Produce(within(t), []schemas.Message{want})
	if err != nil {
		t.Fatal(err)
	}
	want.Partition = partition(want.Topic, want.Key, 3)
	if len(offsets) != 1 || offsets[want.Partition] != 0 {
		t.Errorf("offsets = %v, want 0 in partition %d", offsets, want.Partition)
	}
	got := read(t, c, schemas.TopicRaw)
	if len(got) != 1 {
		t.Fatalf("read %d messages, want 1", len(got))
	}
	g := got[0]
	if !bytes.Equal(g.Key, want.Key) || !bytes.Equal(g.Value, want.Value) || !slices.Equal(g.Headers, want.Headers) ||
		!g.Time.Equal(at) || g.Partition != want.Partition || g.Topic != want.Topic {
		t.Errorf("read %+v, want %+v", g, want)
	}
}

func TestTombstoneAndTimelessMessage(t *testing.T) {
	c := prepared(t)
	before := time.Now().Add(-time.Second)
	produce(t, c, []schemas.Message{{Topic: schemas.TopicLedger, Key: []byte("t/c/1")}})
	got := read(t, c, schemas.TopicLedger)
	if len(got) != 1 || got[0].Value != nil {
		t.Fatalf("read %+v, want one tombstone", got)
	}
	if got[0].Time.Before(before) {
		t.Errorf("a message without a time got %v, want about now", got[0].Time)
	}
}

func TestOrderHoldsWithinAPartitionAndLastOffsetsAreGiven(t *testing.T) {
	c := prepared(t)
	offsets, err := c.Produce(within(t), numbered(schemas.TopicRaw, 0, 5000))
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, c, schemas.TopicRaw)
	if len(got) != 5000 {
		t.Fatalf("read %d messages, want 5000", len(got))
	}
	last := map[int]int64{}
	for i, m := range got {
		if i > 0 && got[i-1].Partition == m.Partition && string(got[i-1].Key) >= string(m.Key) {
			t.Fatalf("%s comes after %s", m.Key, got[i-1].Key)
		}
		last[m.Partition] = m.Offset
	}
	for p, o := range last {
		if offsets[p] != o {
			t.Errorf("partition %d: Produce gave last offset %d, want %d", p, offsets[p], o)
		}
	}
}

func TestConcurrentCallsLoseNothing(t *testing.T) {
	c := prepared(t)
	var calls sync.WaitGroup
	for i := range 32 {
		calls.Go(func() {
			if _, err := c.Produce(within(t), numbered(schemas.TopicRaw, i*100, 100)); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	seen := newTally()
	seen.add(read(t, c, schemas.TopicRaw)...)
	if seen.distinct() != 3200 {
		t.Errorf("read %d different messages, want 3200", seen.distinct())
	}
}

func TestTooLargeMessageIsNamedAndTheOthersAreWritten(t *testing.T) {
	c := prepared(t)
	msgs := numbered(schemas.TopicRaw, 0, 40)
	for _, i := range []int{7, 23} {
		msgs[i].Value = incompressible(schemas.TopicRaw.Settings().MaxMessageBytes + 1)
	}
	offsets, err := c.Produce(within(t), msgs)
	var big *TooLargeError
	if !errors.As(err, &big) {
		t.Fatalf("error %v, want a *TooLargeError", err)
	}
	var keys []string
	for _, m := range big.Messages {
		keys = append(keys, string(m.Key))
	}
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"record-000007", "record-000023"}) {
		t.Errorf("refused %v", keys)
	}
	if got := read(t, c, schemas.TopicRaw); len(got) != 38 || len(offsets) != 3 {
		t.Errorf("%d messages written with offsets %v, want the 38 others", len(got), offsets)
	}
}

func TestBatchThatIsTooLargeAsAWholeIsSplit(t *testing.T) {
	c := prepared(t)
	alter(t, c, schemas.TopicRaw, "max.message.bytes", "4000")
	msgs := numbered(schemas.TopicRaw, 0, 60)
	for i := range msgs {
		msgs[i].Value = incompressible(1000)
	}
	produce(t, c, msgs)
	if got := read(t, c, schemas.TopicRaw); len(got) != 60 {
		t.Errorf("%d messages written, want 60", len(got))
	}
}

func TestLargestMessageThatFitsIsWritten(t *testing.T) {
	c := prepared(t)
	m := numbered(schemas.TopicRaw, 0, 1)
	m[0].Value = incompressible(schemas.TopicRaw.Settings().MaxMessageBytes - 64<<10)
	produce(t, c, m)
	if got := read(t, c, schemas.TopicRaw); len(got) != 1 || !bytes.Equal(got[0].Value, m[0].Value) {
		t.Error("the message did not come back whole")
	}
}

func TestMessageThatABrokerWouldHangUpOnIsRefused(t *testing.T) {
	c := prepared(t)
	m := numbered(schemas.TopicEvents, 0, 1)
	m[0].Value = make([]byte, largestMessage) // zeros: small once compressed, and still refused before it is sent
	_, err := c.Produce(within(t), m)
	if big := new(TooLargeError); !errors.As(err, &big) {
		t.Errorf("error %v, want a *TooLargeError", err)
	}
}

func TestProduceEndsWithItsContextWhileKafkaIsAway(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		_, err := c.Produce(ctx, numbered(schemas.TopicRaw, 0, 1))
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func incompressible(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}
