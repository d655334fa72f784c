package kafka

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

// audit gives n messages of about 1.6 KB, the size of an audit record.
func audit(t schemas.Topic, n int) []schemas.Message {
	msgs := make([]schemas.Message, n)
	for i := range msgs {
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"Id":"%08d-0000-4000-8000-000000000000"`, i)
		for f := 0; b.Len() < 1600; f++ {
			fmt.Fprintf(&b, `,"Field%d":"value %x of record %d"`, f, uint32(i*2654435761)+uint32(f)*40503, i)
		}
		b.WriteByte('}')
		msgs[i] = schemas.Message{Topic: t, Key: fmt.Appendf(nil, "%08d", i), Value: b.Bytes(),
			Headers: []schemas.Header{{Key: schemas.HeaderTenant, Value: "contoso.example"}, {Key: schemas.HeaderUID, Value: fmt.Sprint(i)}}}
	}
	return msgs
}

// BenchmarkProduce writes from 32 callers, as a collector with as many blobs under way does.
func BenchmarkProduce(b *testing.B) {
	c := prepared(b)
	msgs := audit(schemas.TopicRaw, 32*250)
	b.SetBytes(int64(len(msgs) * len(msgs[0].Value)))
	for b.Loop() {
		var callers sync.WaitGroup
		for i := range 32 {
			callers.Go(func() {
				if _, err := c.Produce(context.Background(), msgs[i*250:(i+1)*250]); err != nil {
					b.Error(err)
				}
			})
		}
		callers.Wait()
	}
	b.ReportMetric(float64(b.N*len(msgs))/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkRun copies a topic by a stage: consume, write, commit.
func BenchmarkRun(b *testing.B) {
	for _, guarantee := range []Guarantee{ExactlyOnce, AtLeastOnce} {
		b.Run(string(guarantee), func(b *testing.B) {
			const n = 40000
			msgs := audit(schemas.TopicEvents, n)
			b.SetBytes(int64(n * len(msgs[0].Value)))
			for b.Loop() {
				b.StopTimer()
				c := prepared(b)
				produce(b, c, msgs)
				b.StartTimer()
				copyAll(b, c, guarantee, 0, n)
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}

// copyAll runs a stage until it has copied n messages, and gives how long that took from its first message on: joining
// a group takes a while that says nothing.
func copyAll(b *testing.B, c *Cluster, guarantee Guarantee, round, n int) time.Duration {
	c.cfg.Guarantee = guarantee
	stage, seen := copying(newTally()), newTally()
	stage.Group = fmt.Sprint(guarantee, round)
	var begin sync.Once
	var since time.Time
	stage.New = func(partition int) Transform {
		begin.Do(func() { since = time.Now() })
		return copying(seen).New(partition)
	}
	stop := start(b, c, stage)
	seen.wait(b, n)
	took := time.Since(since)
	stop()
	return took
}

// BenchmarkExactlyOnce gives the throughput of exactly-once over that of at-least-once on the same broker: the median
// of five pairs, whose runs take turns, because a machine's speed changes over minutes.
//
//	go test ./cmd/internal/kafka -run '^$' -bench ExactlyOnce -benchtime 1x
func BenchmarkExactlyOnce(b *testing.B) {
	const n, pairs = 300000, 5 // so many that the time to begin counts for little
	msgs := audit(schemas.TopicEvents, n)
	c := connect(b)
	c.cfg.Partitions = 6
	if err := c.Prepare(within(b)); err != nil {
		b.Fatal(err)
	}
	produce(b, c, msgs)
	for b.Loop() {
		var ratios, rates []float64
		for pair := range pairs {
			took := map[Guarantee]time.Duration{}
			for turn := range 2 {
				guarantee := []Guarantee{ExactlyOnce, AtLeastOnce}[(pair+turn)%2]
				took[guarantee] = copyAll(b, again(b, c), guarantee, pair, n)
			}
			ratios = append(ratios, took[AtLeastOnce].Seconds()/took[ExactlyOnce].Seconds())
			rates = append(rates, n/took[ExactlyOnce].Seconds())
		}
		slices.Sort(ratios)
		slices.Sort(rates)
		b.ReportMetric(ratios[pairs/2], "ratio")
		b.ReportMetric(rates[pairs/2], "msg/s")
		b.Logf("ratios of the pairs: %.2f", ratios)
	}
}
