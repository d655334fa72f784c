package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"ualstream/schemas"
)

// recordOf gives the nth of any number of records that are all different.
func recordOf(n int64, at time.Time) Record {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return Record{n, Key(sum[:16]), at.UnixMilli()}
}

// BenchmarkNote gives what a record costs in a store that holds 14 days of one partition of twelve, at a million records
// a day of the deployment, or at as many million as UALSTREAM_BENCH_MILLIONS says.
func BenchmarkNote(b *testing.B) {
	millions := 1.0
	if v := os.Getenv("UALSTREAM_BENCH_MILLIONS"); v != "" {
		millions, _ = strconv.ParseFloat(v, 64)
	}
	held := int64(millions * 14e6 / 12)
	p, dir := &partition{}, b.TempDir()
	s := open(b, p.config(dir, 14*day), 0)
	const batch = 500
	add := func(from, to int64) {
		for n := from; n < to; n++ {
			at := start.Add(time.Duration(n) * (14 * day / time.Duration(held)))
			if repeat, err := s.Note(recordOf(n, at)); err != nil || repeat {
				b.Fatal(repeat, err)
			}
			if n%batch == 0 || n == to-1 {
				if err := s.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	before, began := heap(), time.Now()
	add(0, held)
	filled := time.Since(began)
	entries, disk := s.Size()
	size := float64(heap() - before)
	b.Logf("%d keys, %d runs", entries, len(s.runs))
	b.ResetTimer() // it forgets what was reported before
	b.ReportMetric(float64(disk)/float64(entries), "disk-B/key")
	b.ReportMetric(size/float64(entries), "memory-B/key")
	b.ReportMetric(float64(filled.Nanoseconds())/float64(held), "fill-ns/record")
	add(held, held+int64(b.N))
	b.StopTimer()

	s.Close()
	began = time.Now()
	s = &Store{dir: dir, binding: here}
	if err := s.load(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "open-ms")
	s.Close()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkKey gives what making a key costs, which is in no other figure.
func BenchmarkKey(b *testing.B) {
	m := schemas.Message{Key: []byte("0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02")}
	m.SetHeader(schemas.HeaderTenant, "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10")
	for b.Loop() {
		if KeyOf(&m) == (Key{}) {
			b.Fatal("no key")
		}
	}
}
