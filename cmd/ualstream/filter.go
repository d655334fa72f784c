package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"ualstream/cmd/internal/auditfile"
	"ualstream/schemas"
)

var errInterrupted = errors.New("interrupted")

// maxComplaints is how many parts of one file are complained of: what is no audit log at all would fill the terminal.
const maxComplaints = 20

// formsHint is for those whose files hold nothing that can be read.
const formsHint = "'ualstream help normalize' lists the forms that are read"

// filter reads files and writes lines: what normalize and detect have in common.
type filter struct {
	*env
	from, to string // what goes in and what comes out, in the plural
	read     func(io.Reader, string) iter.Seq2[auditfile.Record, error]
	maker    func() maker // makers of different batches work at the same time
	// count gives the lines that come of what bodies are counted for, one body after the other in the order of the input.
	// It is not called where makers give no signals.
	count  func([]schemas.Signal) []byte
	mended error // a reason why a body cannot be read that the hint mends
	hint   string

	out      *bufio.Writer // its error is sticky
	rejects  *rejectFile
	filling  *batch
	working  []*batch // in the order of the input
	used     []*batch // whose memory can be used again
	hinted   bool     // the hint would have helped
	taken    int      // bodies that could be read
	given    int      // lines written
	rejected int
	inFile   int // of them in the file being read
	failed   int // files that could not be opened or read to their end
}

// run reads the files, or standard input where there is none. One that cannot be read leaves the others.
func (f *filter) run(ctx context.Context, files []string, rejects string) (err error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	if f.rejects, err = createRejects(rejects, f.stdin, files); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.rejects.close()) }()
	f.out = bufio.NewWriterSize(f.stdout, 64<<10)
	f.filling = &batch{done: make(chan struct{})}
	defer f.out.Flush() //nolint:errcheck // what was made before an error stands, and the error counts
	for _, name := range files {
		if err := f.file(ctx, name); err != nil {
			return err
		}
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	return f.sumUp(len(files))
}

// file reads one file. What it returns ends the command; that the file cannot be read does not.
func (f *filter) file(ctx context.Context, name string) error {
	if name == "-" {
		return f.input(ctx, f.standardInput(ctx), "standard input")
	}
	r, err := os.Open(name)
	if err != nil {
		f.fail(err)
		return nil
	}
	defer r.Close()
	return f.input(ctx, r, name)
}

// input reads records until the end of the input, of the command, or of the output's reader.
func (f *filter) input(ctx context.Context, r io.Reader, name string) error {
	f.inFile = 0
	for record, err := range f.read(r, name) {
		var bad *auditfile.BadInput
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case f.unwritable() != nil:
			return f.unwritable()
		case errors.As(err, &bad):
			err = f.add(bad.Where, bad.Bytes, errors.New(bad.Reason))
		case err != nil:
			failed := err
			err = f.finishAll()
			f.fail(failed)
		default:
			err = f.add(record.Where, record.Body, nil)
		}
		if err != nil {
			return err
		}
	}
	return cmp.Or(f.finishAll(), f.unwritable())
}

// account counts a body that was read, or reports why it could not be.
func (f *filter) account(p part, body []byte) error {
	if p.bad == nil {
		f.taken++
		return nil
	}
	f.hinted = f.hinted || errors.Is(p.bad, f.mended)
	return f.reject(&auditfile.BadInput{Where: p.where, Reason: p.bad.Error(), Bytes: body})
}

// unwritable says why the output can take no more.
func (f *filter) unwritable() error {
	_, err := f.out.Write(nil)
	return err
}

// reject reports what cannot be read and keeps it.
func (f *filter) reject(bad *auditfile.BadInput) error {
	f.rejected++
	f.inFile++
	switch {
	case f.inFile <= maxComplaints:
		fmt.Fprintf(f.stderr, "ualstream: %v\n", bad)
	case f.inFile == maxComplaints+1:
		fmt.Fprintf(f.stderr, "ualstream: %v; what else is bad in this file is only counted, --rejects keeps it all\n", bad)
	}
	return f.rejects.add(bad)
}

// fail reports a file that cannot be read.
func (f *filter) fail(err error) {
	f.failed++
	fmt.Fprintf(f.stderr, "ualstream: %v\n", err)
}

// sumUp says how much was read where somebody looks on or something is amiss, and fails where nothing was read.
func (f *filter) sumUp(files int) error {
	if f.rejected > 0 || f.failed > 0 || f.taken == 0 || isTerminal(f.stderr) {
		fmt.Fprintf(f.stderr, "ualstream: %s: %d, %s: %d, rejects: %d\n", f.from, f.taken+f.rejected, f.to, f.given, f.rejected)
	}
	hint := ""
	if f.hinted {
		hint = f.hint
	}
	switch {
	case f.failed > 0:
		return withHint(fmt.Errorf("%d of %d files could not be read", f.failed, files), hint)
	case f.rejected > 0 && f.taken == 0:
		return withHint(errors.New("nothing could be read"), cmp.Or(hint, formsHint))
	case hint != "":
		fmt.Fprintf(f.stderr, "ualstream: hint: %s\n", hint)
	}
	return nil
}
