package verify

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// BenchmarkGather is the whole check of records on an embedded broker in this process, which takes its share of the
// processor.
func BenchmarkGather(b *testing.B) {
	const records = 100_000
	cluster := prepared(b)
	for from := 0; from < records; from += 5000 {
		var all []schemas.Message
		for i := range 5000 {
			raw := rawAt(fmt.Sprintf("3f8a1c3e-7b24-4d90-9e61-%012d", from+i), time.Hour)
			value, err := normalize.Append(nil, schemas.RawOf(raw))
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, raw, publish.Event(raw, value))
		}
		produce(b, cluster, all...)
	}
	consumed(b, cluster)
	for b.Loop() {
		r, err := Gather(within(b), cluster, Options{Since: day})
		if err != nil || r.Records.Read != 2*records || r.Missing != 0 {
			b.Fatalf("%v, %d read, %s", err, r.Records.Read, r.Verdict())
		}
	}
	b.ReportMetric(2*records*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapSys>>20), "MB")
}
