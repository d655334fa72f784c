package status

import (
	"testing"

	"ualstream/schemas"
)

// BenchmarkTally is the cost of an entry of the ledger: a large tenant has some hundred thousand.
func BenchmarkTally(b *testing.B) {
	m, err := blob("a", schemas.BlobStored, 0, 10).Message()
	if err != nil {
		b.Fatal(err)
	}
	ledger := newTally()
	ledger.forget(noon)
	for b.Loop() {
		if err := ledger.take(m); err != nil {
			b.Fatal(err)
		}
	}
}
