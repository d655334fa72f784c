package kafka

import (
	"context"
	"encoding/binary"

	"ualstream/schemas"
)

// PartitionOf gives the partition of a topic where messages with that key are. It waits for the topic to exist; its only
// error is ctx's.
func (c *Cluster) PartitionOf(ctx context.Context, t schemas.Topic, key []byte) (int, error) {
	n, err := c.partitionsOf(ctx, t)
	if err != nil {
		return 0, err
	}
	return partition(t, key, n), nil
}

// partition gives where a message belongs: murmur2 of the key modulo n, as Kafka's Java client does, so that
// other producers and consumers agree. Ledger and tenants go by tenant, so that a tenant's state is in one place.
func partition(t schemas.Topic, key []byte, n int) int {
	if t == schemas.TopicLedger || t == schemas.TopicTenants {
		key = schemas.LedgerTenant(key)
	}
	return int(murmur2(key)&0x7fffffff) % n
}

// murmur2 is Austin Appleby's MurmurHash2 (32 bits, little endian) with the seed that Kafka's Java client uses.
func murmur2(data []byte) uint32 {
	const seed, m, r = 0x9747b28c, 0x5bd1e995, 24
	h := seed ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		k ^= k >> r
		h = h*m ^ k*m
	}
	if len(data) > 0 {
		for i, b := range data {
			h ^= uint32(b) << (8 * i)
		}
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
