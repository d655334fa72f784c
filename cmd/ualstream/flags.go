package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// errHelpShown ends a command that was asked for its help text only.
var errHelpShown = errors.New("help shown")

// newFlags gives the flag set of a command; the flag package itself never prints.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// parse reads a command's flags from its arguments, then from the environment what the arguments left out. Flags
// and operands may be mixed; after "--" all are operands, which it returns. fs.Visit tells what was given by
// either. On --help it shows the help text and returns errHelpShown.
func (e *env) parse(fs *flag.FlagSet, help string, args []string) (operands []string, err error) {
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, cmp.Or(e.print(help), errHelpShown)
		} else if err != nil {
			return nil, badFlag(fs, err)
		}
		rest := fs.Args()
		ended := len(rest) < len(args) && args[len(args)-len(rest)-1] == "--"
		if len(rest) == 0 || ended {
			return append(operands, rest...), e.fromEnvironment(fs)
		}
		operands, args = append(operands, rest[0]), rest[1:]
	}
}

// noOperands is parse for a command that takes flags only.
func (e *env) noOperands(fs *flag.FlagSet, help string, args []string) error {
	operands, err := e.parse(fs, help, args)
	if err == nil && len(operands) > 0 {
		return wrongUse(seeHelp(fs), "%s takes no argument %q", fs.Name(), operands[0])
	}
	return err
}

// fromEnvironment sets every flag that the arguments left out and the environment has: UALSTREAM_FOR_ALL is
// --for-all. An empty variable counts as absent.
func (e *env) fromEnvironment(fs *flag.FlagSet) error {
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var err error
	fs.VisitAll(func(f *flag.Flag) {
		name := envName(f.Name)
		value := e.getenv(name)
		if err != nil || given[f.Name] || value == "" {
			return
		}
		if bad := fs.Set(f.Name, value); bad != nil {
			err = wrongUse(seeHelp(fs), "environment variable %s: %q: %v", name, value, wanted(f, bad))
		}
	})
	return err
}

// envName gives the environment variable of a flag.
func envName(flagName string) string {
	return "UALSTREAM_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// badFlag says what is wrong with the flags in our words: the flag package writes one dash.
func badFlag(fs *flag.FlagSet, err error) error {
	text := err.Error()
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: -")
	if !unknown {
		return badValue(fs, text)
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	hint := seeHelp(fs)
	if near := nearest(strings.TrimLeft(name, "-"), names); near != "" {
		hint = fmt.Sprintf("did you mean --%s?", near)
	}
	return wrongUse(hint, "%s has no flag --%s", fs.Name(), strings.TrimLeft(name, "-"))
}

// badValue is the error of a value that a flag does not take. The flag package's text for it reads
// "invalid value "x" for flag -name: reason".
func badValue(fs *flag.FlagSet, text string) error {
	what, reason, _ := strings.Cut(text, " -")
	name, reason, _ := strings.Cut(reason, ": ")
	if f := fs.Lookup(name); f != nil && reason != "" {
		return wrongUse(seeHelp(fs), "%s: %s --%s: %v", fs.Name(), what, name, wanted(f, errors.New(reason)))
	}
	return wrongUse(seeHelp(fs), "%s: %s", fs.Name(), strings.Replace(text, " -", " --", 1))
}

// wanted says what a flag's value must be, where its own error only says that this one is wrong.
func wanted(f *flag.Flag, err error) error {
	getter, ok := f.Value.(flag.Getter)
	if !ok {
		return err
	}
	switch getter.Get().(type) {
	case time.Duration:
		return errors.New("want a length of time like 90s or 1h")
	case bool:
		return errors.New("want true or false")
	case int, int64:
		return errors.New("want a whole number")
	case float64:
		return errors.New("want a number")
	case *slog.Level:
		return errors.New("want debug, info, warn or error")
	}
	return err
}

func seeHelp(fs *flag.FlagSet) string {
	return fmt.Sprintf("'ualstream help %s' lists what it takes", fs.Name())
}
