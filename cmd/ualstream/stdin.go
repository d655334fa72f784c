package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// standardInput gives standard input such that a signal ends a read that waits, and that all that was read is
// written before more is waited for. A file on disk is given as it is: neither can happen with it.
func (f *filter) standardInput(ctx context.Context) io.Reader {
	file, ok := f.stdin.(*os.File)
	if ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return file
		}
		if term.IsTerminal(int(file.Fd())) {
			fmt.Fprintf(f.stderr, "ualstream: reading %s from the terminal; ctrl-D ends them\n", f.from)
		}
	}
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { r.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(w, f.stdin)
		w.CloseWithError(err)
	}()
	return flushing{r, f}
}

// flushing writes what was made of what came before it reads on.
type flushing struct {
	io.Reader
	filter *filter
}

func (f flushing) Read(p []byte) (int, error) {
	if err := cmp.Or(f.filter.finishAll(), f.filter.out.Flush()); err != nil {
		return 0, err
	}
	return f.Reader.Read(p)
}

// isTerminal says whether somebody looks at it.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
