package spill

import (
	"fmt"
	"os"
)

const (
	bufferBytes = 1 << 18 // that are written at once
	readBytes   = 1 << 11 // that are read at once: more than most windows have
)

// segment is a file of records, the newest of which may still be in memory.
type segment struct {
	slot    int
	file    *os.File
	size    int64  // with what is in memory
	pending []byte // its end, not yet in the file
	all     int    // records
	live    int    // of these, those that are of use
	buffer  []byte // what was read last
}

// newSegment makes a file that has no name any more where the system allows that: it is gone when the process is,
// however that ends. A folder that is missing is made.
func newSegment(dir string, slot int) (*segment, error) {
	err := os.MkdirAll(dir, 0o700)
	var file *os.File
	if err == nil {
		file, err = os.CreateTemp(dir, "ualstream-groups-*")
	}
	if err != nil {
		return nil, fmt.Errorf("make a file for groups: %w", err)
	}
	_ = os.Remove(file.Name())
	return &segment{slot: slot, file: file}, nil
}

// append adds a record and gives its offset.
func (g *segment) append(record []byte) (offset int64) {
	offset = g.size
	g.pending = append(g.pending, record...)
	g.size += int64(len(record))
	g.all++
	g.live++
	return offset
}

// flush writes what is in memory. After an error that is gone, and given back.
func (g *segment) flush() (lost []byte, err error) {
	begins := g.size - int64(len(g.pending))
	if _, err = g.file.WriteAt(g.pending, begins); err != nil {
		lost, g.size = g.pending, begins
		err = fmt.Errorf("write groups to disk: %w", err)
	}
	g.pending = g.pending[:0]
	return lost, err
}

// read gives the record at an offset. It is valid until the next call.
func (g *segment) read(offset int64) (group, window []byte, err error) {
	if begins := g.size - int64(len(g.pending)); offset >= begins {
		group, window, _, _ = takeRecord(g.pending[offset-begins:])
		return group, window, nil
	}
	for want := int64(readBytes); ; {
		b, err := g.bytes(offset, want)
		if err != nil {
			return nil, nil, err
		}
		group, window, _, more := takeRecord(b)
		if more == 0 {
			return group, window, nil
		}
		if int64(len(b)) < want {
			return nil, nil, errDamaged
		}
		want = max(2*want, want+int64(more))
	}
}

// bytes gives so many bytes from an offset of the file, or as many as there are.
func (g *segment) bytes(offset, n int64) ([]byte, error) {
	n = min(n, g.size-int64(len(g.pending))-offset)
	if int64(cap(g.buffer)) < n {
		g.buffer = make([]byte, n)
	}
	b := g.buffer[:n]
	if _, err := g.file.ReadAt(b, offset); err != nil {
		return nil, fmt.Errorf("read groups from disk: %w", err)
	}
	return b, nil
}

func (g *segment) close() {
	_ = g.file.Close()
	_ = os.Remove(g.file.Name()) // where it could not be while it was open
}
