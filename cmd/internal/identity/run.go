package identity

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"
)

const (
	blockSize    = 4096
	blockEntries = (blockSize - 4) / entrySize // 146, and a checksum
)

// run is a file of sorted entries that never changes: blocks of entries, each with a checksum; then a tail that is
// kept in memory, with the filter and each block's first key.
type run struct {
	span
	path   string
	file   *os.File
	keys   int
	newest int64 // when the newest record of any key was received
	filter filter
	fences []Key
	size   int64
	block  [blockSize]byte // the one read last
}

// runFiles gives the paths of a folder's runs.
func runFiles(dir string) ([]string, error) { return filepath.Glob(filepath.Join(dir, "*.run")) }

func runPath(dir string, s span) string {
	return filepath.Join(dir, fmt.Sprintf("%016x-%016x.run", s.from, s.next))
}

// openRun reads a run's tail. The file ends with the tail's length and a checksum of all of the tail.
func openRun(path string, b Binding) (*run, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, damaged("a run cannot be opened: %v", err)
	}
	r := &run{path: path, file: file}
	if err := r.load(b); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%w (%s)", err, filepath.Base(path))
	}
	return r, nil
}

func (r *run) load(b Binding) error {
	info, err := r.file.Stat()
	if err != nil || info.Size() < 8 {
		return damaged("a run has no tail")
	}
	r.size = info.Size()
	var end [8]byte
	if _, err := r.file.ReadAt(end[:], r.size-8); err != nil {
		return damaged("a run cannot be read: %v", err)
	}
	length := int64(binary.BigEndian.Uint32(end[:]))
	if length > r.size {
		return damaged("a run is cut")
	}
	tail := make([]byte, length)
	if _, err := r.file.ReadAt(tail, r.size-length); err != nil {
		return damaged("a run cannot be read: %v", err)
	}
	body, ok := checked(tail)
	if !ok {
		return damaged("a run's tail has a wrong checksum")
	}
	return r.take(body, r.size-length, b)
}

// take reads a tail whose checksum is right; before it are so many bytes of blocks.
func (r *run) take(tail []byte, before int64, b Binding) (err error) {
	var rest []byte
	if r.span, rest, err = takeHead(tail, b); err != nil {
		return err
	}
	if len(rest) < 2*8 {
		return damaged("a run's tail is cut")
	}
	r.keys, r.newest = int(binary.BigEndian.Uint64(rest)), int64(binary.BigEndian.Uint64(rest[8:]))
	blocks, rest := (r.keys+blockEntries-1)/blockEntries, rest[2*8:]
	filterSize := len(newFilter(r.keys))
	if before != int64(blocks)*blockSize || len(rest) != blocks*16+filterSize+4 {
		return damaged("a run is not as long as it says")
	}
	r.fences = make([]Key, blocks)
	for i := range r.fences {
		r.fences[i] = Key(rest[i*16:])
	}
	r.filter = filter(bytes.Clone(rest[blocks*16 : blocks*16+filterSize]))
	return nil
}

// find looks a key up.
func (r *run) find(k *Key) (s seen, ok bool, err error) {
	if !r.filter.may(k) {
		return s, false, nil
	}
	i, exact := slices.BinarySearchFunc(r.fences, *k, func(fence, k Key) int { return bytes.Compare(fence[:], k[:]) })
	if !exact {
		i--
	}
	if i < 0 {
		return s, false, nil
	}
	if _, err := r.file.ReadAt(r.block[:], int64(i)*blockSize); err != nil {
		return s, false, damaged("a run cannot be read: %v", err)
	}
	entries, err := r.entries(r.block[:], i)
	if err != nil {
		return s, false, err
	}
	n := len(entries) / entrySize
	at := sort.Search(n, func(j int) bool { return bytes.Compare(entries[j*entrySize:j*entrySize+16], k[:]) >= 0 })
	if at == n {
		return s, false, nil
	}
	found, s := entryAt(entries[at*entrySize:])
	return s, found == *k, nil
}

// entries gives those of a block that was read.
func (r *run) entries(block []byte, i int) ([]byte, error) {
	body, ok := checked(block)
	if !ok {
		return nil, damaged("block %d of run %s has a wrong checksum", i, filepath.Base(r.path))
	}
	return body[:min(blockEntries, r.keys-i*blockEntries)*entrySize], nil
}

// all gives the entries in the order of their keys. After an error, which it leaves in err, it ends.
func (r *run) all(err *error) iter.Seq2[Key, seen] {
	return func(yield func(Key, seen) bool) {
		in := bufio.NewReaderSize(io.NewSectionReader(r.file, 0, int64(len(r.fences))*blockSize), 64*blockSize)
		var block [blockSize]byte
		for i := range r.fences {
			if _, bad := io.ReadFull(in, block[:]); bad != nil {
				*err = damaged("a run cannot be read: %v", bad)
				return
			}
			entries, bad := r.entries(block[:], i)
			if bad != nil {
				*err = bad
				return
			}
			for ; len(entries) > 0; entries = entries[entrySize:] {
				if !yield(entryAt(entries)) {
					return
				}
			}
		}
	}
}

func (r *run) close() error { return r.file.Close() }

// remove deletes the run.
func (r *run) remove() error {
	_ = r.close()
	return os.Remove(r.path)
}
