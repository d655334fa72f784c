package auditfile

import (
	"bytes"
	"io"
)

// window is the part of a text that is held in memory: from the first byte that is not yet dealt with to the last
// one read. Positions count from that first byte, so that they stay right while more is read.
type window struct {
	r    io.Reader
	buf  []byte
	head int   // buf[head:] is held
	err  error // why no more can be read: io.EOF or a failure

	line     int  // the line that the first byte stands on, from 1
	indent   int  // whitespace that the line begins with, as far as it is behind
	indented bool // the line's first other character is behind
}

const readSize = 64 << 10

// held gives the bytes held; they move when more is read.
func (w *window) held() []byte { return w.buf[w.head:] }

// more reads on, and says whether anything came.
func (w *window) more() bool {
	if w.err != nil {
		return false
	}
	w.makeRoom()
	for range 100 {
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf, w.err = w.buf[:len(w.buf)+n], err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// makeRoom leaves space behind the bytes held: where most of the buffer is dealt with they move to its front,
// otherwise the buffer doubles, so that each byte moves a few times at most.
func (w *window) makeRoom() {
	if cap(w.buf)-len(w.buf) >= readSize/2 {
		return
	}
	held := w.held()
	if len(held) > cap(w.buf)/2 || cap(w.buf) == 0 {
		w.buf = make([]byte, 0, max(2*cap(w.buf), 2*readSize))
	}
	w.buf = append(w.buf[:0], held...)
	w.head = 0
}

// at gives the byte at a position, reading on where needed; ok is false after the end.
func (w *window) at(i int) (c byte, ok bool) {
	for i >= len(w.buf)-w.head {
		if !w.more() {
			return 0, false
		}
	}
	return w.buf[w.head+i], true
}

// drop deals with the first n bytes.
func (w *window) drop(n int) {
	gone := w.held()[:n]
	w.head += n
	if last := bytes.LastIndexByte(gone, '\n'); last >= 0 {
		w.line += bytes.Count(gone, []byte{'\n'})
		w.indent, w.indented = 0, false
		gone = gone[last+1:]
	}
	for i := 0; i < len(gone) && !w.indented; i++ {
		if gone[i] == ' ' || gone[i] == '\t' {
			w.indent++
		} else {
			w.indented = true
		}
	}
}

// skip drops the prefix where the text begins with it.
func (w *window) skip(prefix []byte) bool {
	w.at(len(prefix) - 1)
	found := bytes.HasPrefix(w.held(), prefix)
	if found {
		w.drop(len(prefix))
	}
	return found
}

// find gives the first position from i on, before limit, whose byte is among the given ones; otherwise limit or the
// end of the text, whichever comes first, and false.
func (w *window) find(i, limit int, among string) (int, bool) {
	for {
		held := w.held()
		upTo := min(len(held), limit)
		if i < upTo {
			if k := bytes.IndexAny(held[i:upTo], among); k >= 0 {
				return i + k, true
			}
		}
		i = max(i, upTo)
		if i >= limit || !w.more() {
			return i, false
		}
	}
}
