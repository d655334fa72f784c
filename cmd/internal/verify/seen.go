package verify

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const shards = 256

// seen is a set of 64-bit hashes that costs eight bytes and a bit for each: first it is filled, then sealed, then asked.
// Filling and asking may be done concurrently.
type seen struct{ shards [shards]shard }

type shard struct {
	mu     sync.Mutex
	hashes []uint64
	marked []uint64 // a bit for each hash
	_      [8]byte
}

// add takes a hash in.
func (s *seen) add(h uint64) {
	at := &s.shards[h>>56]
	at.mu.Lock()
	at.hashes = append(at.hashes, h)
	at.mu.Unlock()
}

// seal ends the filling and gives the hashes that were added more than once.
func (s *seen) seal() map[uint64]bool {
	var mu sync.Mutex
	twice := map[uint64]bool{}
	var sorting errgroup.Group
	sorting.SetLimit(4)
	for i := range s.shards {
		sorting.Go(func() error {
			at := &s.shards[i]
			slices.Sort(at.hashes)
			kept := at.hashes[:0]
			for j, h := range at.hashes {
				if j == 0 || h != kept[len(kept)-1] {
					kept = append(kept, h)
					continue
				}
				mu.Lock()
				twice[h] = true
				mu.Unlock()
			}
			at.hashes = kept
			at.marked = make([]uint64, (len(kept)+63)/64)
			return nil
		})
	}
	_ = sorting.Wait() // it never fails
	return twice
}

// mark says whether the hash is in the set, and whether this is the first time that it was asked for.
func (s *seen) mark(h uint64) (has, first bool) {
	at := &s.shards[h>>56]
	i, has := slices.BinarySearch(at.hashes, h)
	if !has {
		return false, false
	}
	bit := uint64(1) << (i % 64)
	return true, atomic.OrUint64(&at.marked[i/64], bit)&bit == 0
}

var seed = maphash.MakeSeed()

// hash stands for a record of a tenant, in this process.
func hash(tenant, id string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(tenant)
	h.WriteByte(0)
	h.WriteString(id)
	return h.Sum64()
}
