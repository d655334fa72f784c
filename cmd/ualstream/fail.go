package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unicode"
)

// How ualstream speaks to people when something is wrong:
//   - what is wrong stands after "ualstream: error:", how to mend it after "ualstream: hint:", on standard error;
//   - neither begins with a capital letter nor ends with a full stop;
//   - nothing is wrong when the reader of our output has read enough, or when help was asked for.
const (
	exitDone   = 0
	exitFailed = 1
	exitMisuse = 2
)

// failure is an error with what decides how it is shown.
type failure struct {
	err    error
	hint   string
	misuse bool // the command was used wrongly: exit code 2
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// withHint adds how to mend it to an error.
func withHint(err error, hint string) error { return &failure{err: err, hint: hint} }

// wrongUse is an error of the one who typed the command.
func wrongUse(hint, format string, args ...any) error {
	return &failure{err: fmt.Errorf(format, args...), hint: hint, misuse: true}
}

// exitCode shows what a command returned and gives the exit code for it.
func (e *env) exitCode(err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, errHelpShown) {
		return exitDone
	}
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	}
	fmt.Fprintf(e.stderr, "ualstream: error: %s\n", printable(text))
	var f *failure
	if !errors.As(err, &f) {
		return exitFailed
	}
	if f.hint != "" {
		fmt.Fprintf(e.stderr, "ualstream: hint: %s\n", f.hint)
	}
	if f.misuse {
		return exitMisuse
	}
	return exitFailed
}

// printable has a blank for what a terminal would obey, but for new lines: errors quote what others have written.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
