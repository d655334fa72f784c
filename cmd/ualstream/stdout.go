package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/term"

	"ualstream/publish"
	"ualstream/schemas"
)

// sink gives a sink on stdout: values, or lines for people. What services make by the thousand is left out of the
// lines unless noise is asked for; a program that reads values can tell by itself.
func (e *env) sink(asJSON, noise bool) publish.Sink {
	if asJSON {
		return publish.NewJSON(e.stdout)
	}
	lines := publish.NewText(e.stdout)
	if e.color() {
		lines = publish.NewColorText(e.stdout)
	}
	if noise {
		return lines
	}
	return publish.AtLeast(schemas.TriagePriority, lines)
}

// color says whether stdout is a terminal whose user does not mind colours (no-color.org).
func (e *env) color() bool {
	file, ok := e.stdout.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
}

// listener is a sink that says when it cannot deliver. What unheard returns is what Deliver returns.
type listener struct {
	publish.Sink
	unheard func(error) error
}

func (l listener) Deliver(ctx context.Context, messages []schemas.Message) error {
	if err := l.Sink.Deliver(ctx, messages); err != nil {
		return l.unheard(err)
	}
	return nil
}

// heard has every sink's errors told to unheard.
func heard(sinks []publish.Sink, unheard func(error) error) []publish.Sink {
	var out []publish.Sink
	for _, s := range sinks {
		out = append(out, listener{s, unheard})
	}
	return out
}

// unheardError is why a command ended whose output could not be delivered.
type unheardError struct{ error }

// outcome gives the error for which ctx was ended, or nil if it was a signal or its time that ended it.
func outcome(ctx context.Context) error {
	unheard, _ := errors.AsType[unheardError](context.Cause(ctx))
	return unheard.error
}
