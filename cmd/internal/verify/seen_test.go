package verify

import (
	"math/rand/v2"
	"sync"
	"testing"
)

func TestASetKnowsWhatWasAddedOnceOrMore(t *testing.T) {
	var s seen
	random := rand.New(rand.NewPCG(1, 2))
	added := make([]uint64, 10_000)
	for i := range added {
		added[i] = random.Uint64()
	}
	var filling sync.WaitGroup
	for part := range 4 {
		filling.Go(func() {
			for i := part; i < len(added); i += 4 {
				s.add(added[i])
			}
		})
	}
	filling.Wait()
	s.add(added[7])
	s.add(added[7])
	s.add(added[9])
	if twice := s.seal(); len(twice) != 2 || !twice[added[7]] || !twice[added[9]] {
		t.Errorf("added more than once: %v", twice)
	}
	for _, h := range added {
		if has, first := s.mark(h); !has || !first {
			t.Fatalf("%x: there %v, for the first time %v", h, has, first)
		}
		if has, first := s.mark(h); !has || first {
			t.Fatalf("%x, again: there %v, for the first time %v", h, has, first)
		}
		if has, _ := s.mark(h + 1); has {
			t.Fatalf("%x was never added", h+1)
		}
	}
}

func TestAnEmptySetHasNothing(t *testing.T) {
	var s seen
	if twice := s.seal(); len(twice) != 0 {
		t.Errorf("%v", twice)
	}
	if has, _ := s.mark(0); has {
		t.Error("it has 0")
	}
}

// The figures are of the whole check: what a record costs beside its reading.
func BenchmarkSeen(b *testing.B) {
	const n = 1_000_000
	hashes := make([]uint64, n)
	for i := range hashes {
		hashes[i] = hash(contoso, string(rune(i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		var s seen
		for _, h := range hashes {
			s.add(h)
		}
		s.seal()
		for _, h := range hashes {
			s.mark(h)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}
