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
	each     func(body []byte) error // an error is the reason why the body cannot be read

	out      *bufio.Writer // its error is sticky
	rejects  *rejectFile
	hint     string
	taken    int // bodies that could be read
	given    int // lines written
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
			err = f.reject(bad)
		case err != nil:
			f.fail(err)
			err = nil
		default:
			err = f.take(record)
		}
		if err != nil {
			return err
		}
	}
	return f.unwritable()
}

// take hands a body on, or reports why it cannot be read.
func (f *filter) take(r auditfile.Record) error {
	if reason := f.each(r.Body); reason != nil {
		return f.reject(&auditfile.BadInput{Where: r.Where, Reason: reason.Error(), Bytes: r.Body})
	}
	f.taken++
	return nil
}

// line writes a line; unwritable tells whether it could.
func (f *filter) line(value []byte) {
	_, _ = f.out.Write(value)
	_ = f.out.WriteByte('\n')
	f.given++
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

// hintFor remembers the hint that mends a reason, to be shown once.
func (f *filter) hintFor(reason, mended error, hint string) {
	if errors.Is(reason, mended) {
		f.hint = hint
	}
}

// sumUp says how much was read where somebody looks on or something is amiss, and fails where nothing was read.
func (f *filter) sumUp(files int) error {
	if f.rejected > 0 || f.failed > 0 || f.taken == 0 || isTerminal(f.stderr) {
		fmt.Fprintf(f.stderr, "ualstream: %s: %d, %s: %d, rejects: %d\n", f.from, f.taken+f.rejected, f.to, f.given, f.rejected)
	}
	switch {
	case f.failed > 0:
		return withHint(fmt.Errorf("%d of %d files could not be read", f.failed, files), f.hint)
	case f.rejected > 0 && f.taken == 0:
		return withHint(errors.New("nothing could be read"), cmp.Or(f.hint, formsHint))
	case f.hint != "":
		fmt.Fprintf(f.stderr, "ualstream: hint: %s\n", f.hint)
	}
	return nil
}
