package identity

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// writeRun makes a run of entries that come in the order of their keys, at most so many. A failure leaves nothing.
func writeRun(dir string, b Binding, s span, most int, entries iter.Seq2[Key, seen]) (*run, error) {
	path := runPath(dir, s)
	err := replaceFile(path, func(out io.Writer) error {
		w := runWriter{out: out, all: make([]Key, 0, most)}
		for k, v := range entries {
			if err := w.add(k, v); err != nil {
				return err
			}
		}
		return w.finish(b, s)
	})
	if err != nil {
		return nil, err
	}
	return openRun(path, b)
}

type runWriter struct {
	out    io.Writer
	block  []byte
	fences []Key
	all    []Key // for the filter, whose size follows from their number
	newest int64
}

func (w *runWriter) add(k Key, s seen) error {
	if len(w.block) == 0 {
		w.fences = append(w.fences, k)
	}
	w.block = appendEntry(w.block, k, s)
	w.all = append(w.all, k)
	w.newest = max(w.newest, s.last)
	if len(w.block) == blockEntries*entrySize {
		return w.flush()
	}
	return nil
}

// flush writes a block; a short one is filled up.
func (w *runWriter) flush() error {
	block := make([]byte, blockSize-4, blockSize)
	copy(block, w.block)
	w.block = w.block[:0]
	_, err := w.out.Write(appendChecksum(block))
	return err
}

// finish writes the tail.
func (w *runWriter) finish(b Binding, s span) error {
	if len(w.block) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	tail := appendHead(nil, b, s)
	tail = binary.BigEndian.AppendUint64(tail, uint64(len(w.all)))
	tail = binary.BigEndian.AppendUint64(tail, uint64(w.newest))
	for _, k := range w.fences {
		tail = append(tail, k[:]...)
	}
	f := newFilter(len(w.all))
	for i := range w.all {
		f.add(&w.all[i])
	}
	tail = append(tail, f...)
	tail = binary.BigEndian.AppendUint32(tail, uint32(len(tail)+8))
	_, err := w.out.Write(appendChecksum(tail))
	return err
}

// replaceFile writes a file and puts it in its place when it is whole and on disk.
func replaceFile(path string, write func(io.Writer) error) error {
	tmp := path + ".new"
	file, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the identity store: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<18)
	err = write(out)
	for _, step := range []func() error{out.Flush, file.Sync} {
		if err == nil {
			err = step()
		}
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("write the identity store: %w", err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder makes a new name last. Where folders cannot be synced, a name that is lost is found as damage.
func syncFolder(dir string) {
	if folder, err := os.Open(dir); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}
