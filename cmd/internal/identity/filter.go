package identity

import "encoding/binary"

const (
	filterBits  = 12  // of the filter for each key: it says "perhaps" to some 0.6 % of the keys that are not there
	filterBlock = 512 // bits that one key's are among, a processor's cache line
	filterTaps  = 6   // bits that a key sets
)

// filter is a blocked Bloom filter: F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom
// Filters", 2007. Keys are hashes already, so that their own bits choose.
type filter []byte

func newFilter(keys int) filter {
	return make(filter, max(1, (keys*filterBits+filterBlock-1)/filterBlock)*filterBlock/8)
}

// block gives the bytes that a key's bits are in, and the bits that choose among them.
func (f filter) block(k *Key) (block []byte, choice uint64) {
	high := uint64(binary.BigEndian.Uint32(k[:]))
	n := uint64(len(f) / (filterBlock / 8))
	at := high * n >> 32 * (filterBlock / 8)
	return f[at : at+filterBlock/8 : at+filterBlock/8], binary.BigEndian.Uint64(k[8:])
}

func (f filter) add(k *Key) {
	block, choice := f.block(k)
	for range filterTaps {
		bit := choice % filterBlock
		block[bit/8] |= 1 << (bit % 8)
		choice /= filterBlock
	}
}

// may says false for a key that was never added.
func (f filter) may(k *Key) bool {
	block, choice := f.block(k)
	for range filterTaps {
		bit := choice % filterBlock
		if block[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
		choice /= filterBlock
	}
	return true
}
