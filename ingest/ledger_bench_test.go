package ingest

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"ualstream/schemas"
)

// BenchmarkLedgerMemory reports what a blob takes in memory.
func BenchmarkLedgerMemory(b *testing.B) {
	for name, state := range map[string]schemas.BlobState{"stored": schemas.BlobStored, "pending": schemas.BlobListed} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(bytesOf(b, 1_600_000, state), "B/blob")
			}
		})
	}
}

func TestABlobTakesFewBytes(t *testing.T) {
	for state, most := range map[schemas.BlobState]float64{schemas.BlobStored: 80, schemas.BlobListed: 800} {
		if got := bytesOf(t, 20_000, state); got > most {
			t.Errorf("%s: %.0f bytes a blob, want %.0f at most", state, got, most)
		}
	}
}

// bytesOf gives the bytes a blob in a ledger that has read so many, with names as Microsoft gives them.
func bytesOf(t testing.TB, blobs int, state schemas.BlobState) float64 {
	l := NewLedger()
	before := heap()
	for i := range blobs {
		b := blobOf(fmt.Sprintf("20260308120000%09d$20260308120000%09d$audit_exchange$Audit_Exchange$emea0017", i, i), state)
		b.Created = noon.Add(time.Duration(i) * 8 * 24 * time.Hour / time.Duration(blobs))
		if state == schemas.BlobListed {
			b.URI = "https://manage.office.com" + root + "/audit/" + b.ContentID
		}
		value, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Take(schemas.Message{Key: []byte(b.Key()), Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	held := heap() - before
	if n := len(l.blobs); n != blobs {
		t.Fatalf("%d blobs are held", n)
	}
	return float64(held) / float64(blobs)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
