package kafka

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

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
	const n = 40000
	msgs := audit(schemas.TopicEvents, n)
	b.SetBytes(int64(n * len(msgs[0].Value)))
	for b.Loop() {
		b.StopTimer()
		c := prepared(b)
		produce(b, c, msgs)
		seen := newTally()
		b.StartTimer()
		stop := start(b, c, copying(seen))
		seen.wait(b, n)
		stop()
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "msg/s")
}
