package worker

import (
	"crypto/sha256"

	"ualstream/schemas"
)

// identityKeys is how many records a partition remembers at least; it remembers twice as many at most, at about
// 25 bytes each: with 12 partitions that is 150 MB.
const identityKeys = 250_000

// identity remembers which records of a partition have been written, so that a record that Microsoft delivers
// again, or that ingest stored twice, becomes one event. It knows the records of this run, the newest ones where
// they are many. It is not safe for use by several goroutines: a partition is worked on by one.
type identity struct {
	limit      int
	young, old map[recordHash]struct{} // two generations: when the young is full, the old is forgotten
	pending    map[recordHash]struct{} // of the batch in work
}

// recordHash stands for (tenant, raw key). 128 bits of SHA-256 do not collide by accident or by intent.
type recordHash [16]byte

func newIdentity(limit int) *identity {
	return &identity{limit: limit, young: map[recordHash]struct{}{}, old: map[recordHash]struct{}{}, pending: map[recordHash]struct{}{}}
}

// begin starts a batch and forgets what an unfinished one noted.
func (i *identity) begin() { clear(i.pending) }

// first says whether the record is met for the first time, and notes it.
func (i *identity) first(m schemas.Message) bool {
	h := hashRecord(m.Header(schemas.HeaderTenant), m.Key)
	for _, known := range []map[recordHash]struct{}{i.pending, i.young, i.old} {
		if _, ok := known[h]; ok {
			return false
		}
	}
	i.pending[h] = struct{}{}
	return true
}

// commit remembers the batch's records.
func (i *identity) commit() {
	for h := range i.pending {
		if len(i.young) >= i.limit {
			i.old, i.young = i.young, make(map[recordHash]struct{}, i.limit)
		}
		i.young[h] = struct{}{}
	}
	clear(i.pending)
}

func hashRecord(tenant string, key []byte) recordHash {
	sum := sha256.Sum256(append(append([]byte(tenant), 0), key...))
	return recordHash(sum[:16])
}
