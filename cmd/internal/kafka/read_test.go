package kafka

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

func TestReadEndsOnAnEmptyTopic(t *testing.T) {
	if got := read(t, prepared(t), schemas.TopicEvents); len(got) != 0 {
		t.Errorf("read %d messages of an empty topic", len(got))
	}
}

func TestReadEndsWhereTheTopicEndedAtTheCall(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 100))
	n := 0
	err := c.Read(within(t), Read{Topic: schemas.TopicEvents}, func(schemas.Message) error {
		if n++; n <= 5 {
			produce(t, c, numbered(schemas.TopicEvents, 100*n, 100))
		}
		return nil
	})
	if err != nil || n != 100 {
		t.Errorf("read %d messages, error %v; want the 100 that were there", n, err)
	}
}

func TestReadPassesTheCallersErrorOn(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 100))
	enough, n := errors.New("enough"), 0
	err := c.Read(within(t), Read{Topic: schemas.TopicEvents}, func(schemas.Message) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 3 {
		t.Errorf("read %d messages, error %v", n, err)
	}
}

func TestReadSince(t *testing.T) {
	c := prepared(t)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	msgs := numbered(schemas.TopicEvents, 0, 60)
	for i := range msgs {
		msgs[i].Time = at.Add(time.Duration(i) * time.Minute)
		produce(t, c, msgs[i:i+1])
	}
	seen := newTally()
	err := c.Read(within(t), Read{Topic: schemas.TopicEvents, From: Since(at.Add(40 * time.Minute))}, func(m schemas.Message) error {
		seen.add(m)
		return nil
	})
	if err != nil || seen.distinct() != 20 || seen.keys["record-000040"] != 1 {
		t.Errorf("read %d messages (%v), error %v; want the last 20", seen.distinct(), seen.keys, err)
	}
	err = c.Read(within(t), Read{Topic: schemas.TopicEvents, From: Since(time.Now().Add(time.Hour))}, func(m schemas.Message) error {
		return fmt.Errorf("got %s from the future", m.Key)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReadSaysOnceThatItHasCaughtUp(t *testing.T) {
	for name, before := range map[string]int{"empty": 0, "filled": 100} {
		t.Run(name, func(t *testing.T) {
			c := prepared(t)
			produce(t, c, numbered(schemas.TopicEvents, 0, before))
			ctx, cancel := context.WithCancel(within(t))
			defer cancel()
			seen, said := 0, []int{}
			err := c.Read(ctx, Read{Topic: schemas.TopicEvents, Follow: true, CaughtUp: func() {
				said = append(said, seen)
				produce(t, c, numbered(schemas.TopicEvents, 1000, 100))
			}}, func(schemas.Message) error {
				if seen++; seen == before+100 {
					cancel()
				}
				return nil
			})
			if err != nil || len(said) != 1 || said[0] != before {
				t.Errorf("it said so after %v messages, error %v; want once, after %d", said, err, before)
			}
		})
	}
}

func TestReadFollowsUntilItsContextEnds(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 10))
	ctx, cancel := context.WithCancel(within(t))
	seen, result := newTally(), make(chan error, 1)
	go func() {
		result <- c.Read(ctx, Read{Topic: schemas.TopicEvents, Follow: true}, func(m schemas.Message) error {
			seen.add(m)
			return nil
		})
	}()
	seen.wait(t, 10)
	produce(t, c, numbered(schemas.TopicEvents, 10, 10))
	seen.wait(t, 20)
	cancel()
	if err := <-result; err != nil {
		t.Errorf("error %v after the context ended", err)
	}
}

func TestFollowingATopicThatIsNotThereEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := connect(t).Read(ctx, Read{Topic: schemas.TopicEvents, Follow: true}, nil); err != nil {
		t.Errorf("error %v after the context ended", err)
	}
	if err := connect(t).Read(ctx, Read{Topic: schemas.TopicEvents}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled: the end was not reached", err)
	}
}

func TestReadFromLatestSkipsWhatWasThere(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 10))
	err := c.Read(within(t), Read{Topic: schemas.TopicEvents, From: Latest()}, func(m schemas.Message) error {
		return fmt.Errorf("got %s", m.Key)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReadOfACompactedTopicGivesTheNewestOfEachKey(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		msgs := numbered(schemas.TopicLedger, 0, 50)
		for i := range msgs {
			msgs[i].Value = fmt.Append(nil, round)
		}
		produce(t, c, msgs)
	}
	b.cluster.Compact()
	got := read(t, c, schemas.TopicLedger)
	newest := map[string]string{}
	for _, m := range got {
		newest[string(m.Key)] = string(m.Value)
	}
	if len(got) >= 1000 || len(newest) != 50 {
		t.Fatalf("read %d messages with %d keys, want fewer than 1000 with 50", len(got), len(newest))
	}
	for k, v := range newest {
		if v != "19" {
			t.Errorf("%s is at %s, want 19", k, v)
		}
	}
}

// A compacted batch keeps its last offset when its last messages are gone. The embedded broker's compaction does
// not do that, so the answers are made here, as Kafka's log cleaner leaves them.
func TestReadStepsOverTheTailOfACompactedBatch(t *testing.T) {
	b := embed(t, "")
	cfg := b.Config()
	cfg.Partitions = 1
	c := join(t, cfg)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicLedger, 0, 1000))
	fetches := 0
	b.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		fetch := req.(*kmsg.FetchRequest)
		fetches++
		first, last := int64(0), int64(699)
		if fetch.Topics[0].Partitions[0].FetchOffset > last {
			first, last = 700, 999
		}
		return compacted(fetch, first, last), nil, true
	})
	var got []int64
	err := c.Read(within(t), Read{Topic: schemas.TopicLedger}, func(m schemas.Message) error {
		got = append(got, m.Offset)
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[0 1 700 701]" {
		t.Errorf("read offsets %v, error %v; want 0 1 700 701", got, err)
	}
	if fetches > 60 {
		t.Errorf("%d fetches for two batches", fetches)
	}
}

// compacted answers with one batch that spans first to last and of which only two messages are left.
func compacted(req *kmsg.FetchRequest, first, last int64) *kmsg.FetchResponse {
	var records []byte
	for i := range 2 {
		r := kmsg.Record{OffsetDelta: int32(i), Key: []byte("k"), Value: []byte("v")}
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		records = r.AppendTo(records)
	}
	batch := kmsg.RecordBatch{
		FirstOffset: first, PartitionLeaderEpoch: -1, Magic: 2, LastOffsetDelta: int32(last - first),
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 2, Records: records,
	}
	batch.Length = int32(len(batch.AppendTo(nil)) - 12)
	batch.CRC = int32(crc32.Checksum(batch.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
	res := req.ResponseKind().(*kmsg.FetchResponse)
	p := kmsg.NewFetchResponseTopicPartition()
	p.HighWatermark, p.LastStableOffset, p.RecordBatches = 1000, 1000, batch.AppendTo(nil)
	topic := kmsg.NewFetchResponseTopic()
	topic.Topic, topic.Partitions = req.Topics[0].Topic, []kmsg.FetchResponseTopicPartition{p}
	res.Topics = append(res.Topics, topic)
	return res
}
