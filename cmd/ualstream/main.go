// Command ualstream reads a Microsoft 365 tenant's audit logs, writes them to Kafka in one open schema, tags what
// an intruder would do and publishes threats.
//
// This file starts and ends the process and picks the sub-command. Each sub-command is one file: its help text,
// its flags and its exit code; what it does lives in the packages that it calls.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// env is what a command gets from the process, so that a command never reaches for the process itself.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

// command is one sub-command. run gets the arguments after the command's name; an error that it returns is shown
// to the user and decides the exit code (see fail.go).
type command struct {
	name  string
	brief string // its line in the list of commands
	usage string // its help text, ending with an example
	run   func(ctx context.Context, e *env, args []string) error
}

// commands lists the sub-commands in the order of the help text.
func commands() []command {
	return []command{
		{"demo", "see threats appear: everything in one process, no account needed", demoUsage, demo},
		{"run", "the worker, on Kafka", runUsage, run},
		{"connect", "connect a tenant: checks, subscriptions, and the workers fetch it", connectUsage, connect},
		{"disconnect", "have a tenant fetched no more, and stop its subscriptions", disconnectUsage, disconnect},
		{"doctor", "what is wrong and how to fix it", doctorUsage, runDoctor},
		{"status", "what is connected, how far behind it is, and what was lost", statusUsage, showStatus},
		{"verify", "whether everything is there that Microsoft offered, and what is missing", verifyUsage, runVerify},
		{"replay", "normalize what was rejected once more, with this version", replayUsage, runReplay},
		{"tail", "follow threats, events or rejects", tailUsage, tail},
		{"simulate", "Microsoft's side, for tests of your own", simulateUsage, simulate},
		{"ready", "ask a worker whether it is ready, for health checks", readyUsage, ready},
		{"normalize", "filter: audit records to OCSF events, from files, without Kafka", normalizeUsage, normalizeFilter},
		{"detect", "filter: OCSF events to threats, from files, without Kafka", detectUsage, detectFilter},
		{"rules", "check, list, test and explain Sigma rules", rulesUsage, rulesCommand},
		{"version", "print the version, and the OCSF version that it writes", versionUsage, version},
	}
}

func main() {
	// A reader that goes away (ualstream … | head) is an error of the write, so that what is open gets closed.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal has its usual effect: it ends the process at once
	e := &env{os.Stdin, os.Stdout, os.Stderr, os.Getenv}
	os.Exit(e.exitCode(e.dispatch(ctx, os.Args[1:])))
}

// dispatch runs the command that the arguments name.
func (e *env) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return e.print(usage())
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return e.help(args[1:])
	case "-version", "--version":
		args[0] = "version"
	}
	c, err := find(args[0])
	if err != nil {
		return err
	}
	return c.run(ctx, e, args[1:])
}

// print writes text to stdout.
func (e *env) print(text string) error {
	_, err := io.WriteString(e.stdout, text)
	return err
}
