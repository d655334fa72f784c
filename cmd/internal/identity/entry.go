package identity

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// seen is what is known of a key.
type seen struct {
	first int64 // offset of the record that became the event
	last  int64 // when the newest one was received, Unix milliseconds
}

// entrySize is an entry on disk: the key, and 48 bits each of offset and time, big endian.
const entrySize = 16 + 6 + 6

func appendEntry(dst []byte, k Key, s seen) []byte {
	dst = append(dst, k[:]...)
	dst = append48(dst, s.first)
	return append48(dst, s.last)
}

func append48(dst []byte, v int64) []byte {
	return append(dst, byte(v>>40), byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

func entryAt(b []byte) (Key, seen) {
	return Key(b[:16]), seen{get48(b[16:]), get48(b[22:])}
}

func get48(b []byte) int64 {
	return int64(binary.BigEndian.Uint16(b))<<32 | int64(binary.BigEndian.Uint32(b[2:]))
}

// span is the part of the partition that a file is an index of, and the last record in it, by which the partition is
// known again.
type span struct {
	from, next int64 // offsets; next is not in it
	last       Record
}

// format begins every file and ends with the version of the layout: what begins otherwise is not read.
const format = "ualident\x01"

// appendHead describes a file: format, binding, span.
func appendHead(dst []byte, b Binding, s span) []byte {
	name := b.String()
	dst = append(dst, format...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(name)))
	dst = append(dst, name...)
	return appendSpan(dst, s)
}

func appendSpan(dst []byte, s span) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.from))
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.next))
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.last.Offset))
	dst = append(dst, s.last.Key[:]...)
	return binary.BigEndian.AppendUint64(dst, uint64(s.last.Received))
}

const spanSize = 3*8 + 16 + 8

// takeHead reads what appendHead wrote and gives what follows. It refuses a file of another version or partition.
func takeHead(b []byte, want Binding) (s span, rest []byte, err error) {
	if !bytes.HasPrefix(b, []byte(format[:len(format)-1])) || len(b) < len(format)+2 {
		return s, nil, damaged("a file is not of an identity store")
	}
	if v := b[len(format)-1]; v != format[len(format)-1] {
		return s, nil, damaged("it is of version %d, and this program writes version %d", v, format[len(format)-1])
	}
	b = b[len(format):]
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; len(b) < n+spanSize {
		return s, nil, damaged("a file ends in its head")
	}
	if name := string(b[:n]); name != want.String() {
		return s, nil, damaged("it is of partition %s, not of %s", name, want)
	}
	return takeSpan(b[n:]), b[n+spanSize:], nil
}

func takeSpan(b []byte) (s span) {
	s.from = int64(binary.BigEndian.Uint64(b))
	s.next = int64(binary.BigEndian.Uint64(b[8:]))
	s.last.Offset = int64(binary.BigEndian.Uint64(b[16:]))
	s.last.Key = Key(b[24:40])
	s.last.Received = int64(binary.BigEndian.Uint64(b[40:]))
	return s
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is CRC-32C, as a suffix of what it covers.
func appendChecksum(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// checked gives b without its checksum, and whether that is right.
func checked(b []byte) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	body := b[:len(b)-4]
	return body, crc32.Checksum(body, castagnoli) == binary.BigEndian.Uint32(b[len(b)-4:])
}
