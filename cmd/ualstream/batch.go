package main

import (
	"bytes"
	"runtime"

	"ualstream/cmd/internal/auditfile"
	"ualstream/schemas"
)

// batchSize is how many bytes of bodies a batch takes; it has one body where that is longer.
const batchSize = 256 << 10

// unusual is the length of a batch whose memory is not held for long: none is worked on beside it, and it is not used
// again.
const unusual = 8 * batchSize

// maker makes lines of one body after another: it appends them to dst, each with its newline, and gives what the body is
// counted for. An error is the reason why the body cannot be read; nothing is appended then. It may keep memory from call
// to call, so that each batch has one of its own.
type maker func(dst, body []byte) ([]byte, []schemas.Signal, error)

// batch is a stretch of what was read, worked on beside others while reading goes on.
type batch struct {
	parts  []part
	text   []byte // the bodies, one after the other
	lines  []byte // what was made of them
	counts []counts
	done   chan struct{}
}

// counts is what a body is counted for, and where within the lines what comes of that belongs.
type counts struct {
	end     int
	signals []schemas.Signal
}

// part is one body in a batch.
type part struct {
	where auditfile.Where
	end   int   // of the body within the text
	bad   error // why it cannot be read
}

// make makes the lines of all bodies that can be read.
func (b *batch) make(lines maker) {
	defer close(b.done)
	start := 0
	for i := range b.parts {
		p := &b.parts[i]
		if body := b.text[start:p.end]; p.bad == nil {
			var signals []schemas.Signal
			if b.lines, signals, p.bad = lines(b.lines, body); len(signals) > 0 {
				b.counts = append(b.counts, counts{len(b.lines), signals})
			}
		}
		start = p.end
	}
}

// add puts a body into the batch being filled, and has that worked on when it is full. bad says why the body cannot
// be read where that is known already.
func (f *filter) add(where auditfile.Where, body []byte, bad error) error {
	b := f.filling
	b.text = append(b.text, body...)
	b.parts = append(b.parts, part{where, len(b.text), bad})
	if len(b.text) < batchSize {
		return nil
	}
	f.start()
	switch {
	case len(b.text) > unusual:
		return f.finishAll()
	case len(f.working) > runtime.GOMAXPROCS(0):
		return f.finish()
	}
	return nil
}

// start has the batch being filled worked on.
func (f *filter) start() {
	b := f.filling
	f.filling = f.spare()
	go b.make(f.maker())
	f.working = append(f.working, b)
}

// spare gives an empty batch, one that was used before where it can.
func (f *filter) spare() *batch {
	b := &batch{}
	if n := len(f.used); n > 0 {
		b, f.used = f.used[n-1], f.used[:n-1]
	}
	return &batch{parts: b.parts[:0], text: b.text[:0], lines: b.lines[:0], counts: b.counts[:0], done: make(chan struct{})}
}

// finish waits for the oldest batch and hands on what was made of it: so the output is in the order of the input.
func (f *filter) finish() error {
	b := f.working[0]
	f.working = f.working[1:]
	<-b.done
	start := 0
	for _, c := range b.counts {
		f.write(b.lines[start:c.end])
		f.write(f.count(c.signals))
		start = c.end
	}
	f.write(b.lines[start:])
	start = 0
	for _, p := range b.parts {
		if err := f.account(p, b.text[start:p.end]); err != nil {
			return err
		}
		start = p.end
	}
	if cap(b.text)+cap(b.lines) <= 2*unusual {
		f.used = append(f.used, b)
	}
	return f.unwritable()
}

// write hands on lines; unwritable tells whether it could.
func (f *filter) write(lines []byte) {
	_, _ = f.out.Write(lines)
	f.given += bytes.Count(lines, []byte{'\n'})
}

// finishAll hands on all that was made of what was read.
func (f *filter) finishAll() error {
	if len(f.filling.parts) > 0 {
		f.start()
	}
	for len(f.working) > 0 {
		if err := f.finish(); err != nil {
			return err
		}
	}
	return nil
}
