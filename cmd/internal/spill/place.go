package spill

import (
	"encoding/binary"
	"errors"
	"time"
)

// place says where a window is, and when it is over: 16 bits of the segment's slot, 24 of the offset in it, 24 of the
// quarter of an hour.
type place uint64

// segmentBytes is the size from which a segment is written to no more: where its records begin has 24 bits.
const segmentBytes = 1 << 24

// maxSegments is what slots have room for: a terabyte.
const maxSegments = 1 << 16

func placeOf(slot int, offset int64, quarter uint32) place {
	return place(slot)<<48 | place(offset)<<24 | place(quarter)
}

func (p place) slot() int       { return int(p >> 48) }
func (p place) offset() int64   { return int64(p >> 24 & (segmentBytes - 1)) }
func (p place) quarter() uint32 { return uint32(p & (1<<24 - 1)) }

// quarterOf gives the quarter of an hour that a time is in, from the year 1800 to 2278.
func quarterOf(t time.Time) uint32 {
	const began = -5364662400 // 1800, in seconds since 1970
	return uint32(min(max(0, (t.Unix()-began)/900), 1<<24-1))
}

// A record is the group's length and name, the window's length and the window.
func appendRecord(dst []byte, group string, window []byte) []byte {
	dst = append(binary.AppendUvarint(dst, uint64(len(group))), group...)
	return append(binary.AppendUvarint(dst, uint64(len(window))), window...)
}

var errDamaged = errors.New("a spilled group is damaged")

// takeRecord cuts the first record off. more is how many bytes b lacks at least for it to be whole.
func takeRecord(b []byte) (group, window, rest []byte, more int) {
	group, rest, more = takeBytes(b)
	if more == 0 {
		window, rest, more = takeBytes(rest)
	}
	return group, window, rest, more
}

func takeBytes(b []byte) (taken, rest []byte, more int) {
	size, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, b, 1
	}
	if b = b[n:]; uint64(len(b)) < size {
		return nil, b, int(min(size-uint64(len(b)), 1<<32))
	}
	return b[:size], b[size:], 0
}
