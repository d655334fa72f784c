package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
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
			err = wrongUse(seeHelp(fs), "environment variable %s: %q: %v", name, value, bad)
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
		return wrongUse(seeHelp(fs), "%s: %s", fs.Name(), strings.Replace(text, " -", " --", 1))
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	hint := seeHelp(fs)
	if near := nearest(strings.TrimLeft(name, "-"), names); near != "" {
		hint = fmt.Sprintf("did you mean --%s?", near)
	}
	return wrongUse(hint, "%s has no flag --%s", fs.Name(), strings.TrimLeft(name, "-"))
}

func seeHelp(fs *flag.FlagSet) string {
	return fmt.Sprintf("'ualstream help %s' lists what it takes", fs.Name())
}
