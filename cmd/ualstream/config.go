package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest"
	"ualstream/schemas"
)

// config is what a command that needs Kafka, and perhaps Microsoft, is told. One name three ways: the flag
// --poll-interval, the variable UALSTREAM_POLL_INTERVAL, the key poll_interval in the file.
type config struct {
	file   string
	places map[string]string // where in the file a flag's value stands

	brokerFlags

	guarantee  string
	deployment string
	stages     list
	tenants    tenants
	threats    list
	sinks      list
	skip       repeated
	rules      ruleFlags
	reading    *reading // the rules that they say, once options has read them
	lateness   time.Duration
	state      string
	http       string
	level      slog.Level

	microsoftFlags
	poll  time.Duration
	quota int
}

// kafkaFlags registers what says where Kafka is.
func (c *config) kafkaFlags(fs *flag.FlagSet) {
	fs.StringVar(&c.file, "config", "", "")
	c.brokerFlags.register(fs)
	fs.TextVar(&c.level, "log-level", slog.LevelInfo, "")
}

// workerFlags registers what says what a worker does.
func (c *config) workerFlags(fs *flag.FlagSet) {
	c.stages, c.threats = worker.Stages, everyThreat()
	fs.StringVar(&c.guarantee, "guarantee", string(kafka.ExactlyOnce), "")
	fs.StringVar(&c.deployment, "deployment", "", "")
	fs.Var(&c.stages, "stages", "")
	fs.Var(&c.tenants, "tenants", "")
	fs.Var(&c.threats, "threats", "")
	fs.Var(&c.sinks, "sinks", "")
	fs.Var(&c.skip, "skip", "")
	c.rules.register(fs)
	fs.DurationVar(&c.lateness, "lateness", worker.DefaultLateness, "")
	fs.StringVar(&c.state, "state", "", "")
	fs.StringVar(&c.http, "http", "127.0.0.1:9464", "")
	c.microsoftFlags.register(fs)
	fs.DurationVar(&c.poll, "poll-interval", time.Minute, "")
	fs.IntVar(&c.quota, "quota", ingest.DefaultQuota, "")
}

// everyThreat names all triage values.
func everyThreat() (names list) {
	for _, t := range schemas.Triages {
		names = append(names, string(t))
	}
	return names
}

// parseConfig reads a command's flags, the environment and the configuration file, in that order of precedence.
func (e *env) parseConfig(fs *flag.FlagSet, c *config, help string, args []string) (operands []string, err error) {
	operands, err = e.parse(fs, help, args)
	if err != nil {
		return nil, err
	}
	if c.file != "" {
		given := map[string]bool{}
		fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
		// A secret's variable goes before the file, as every variable does.
		given["client-secret-file"] = given["client-secret-file"] || e.getenv(secretVariable) != ""
		given["client-certificate-password-file"] = given["client-certificate-password-file"] || e.getenv(certificatePasswordVariable) != ""
		given["sasl-password-file"] = given["sasl-password-file"] || e.getenv(passwordVariable) != ""
		if c.places, err = readFile(c.file, fs, given); err != nil {
			return nil, err
		}
	}
	return operands, c.check(fs.Name())
}

// configOnly is parseConfig for a command that takes no operands.
func (e *env) configOnly(fs *flag.FlagSet, c *config, help string, args []string) error {
	operands, err := e.parseConfig(fs, c, help, args)
	if err == nil && len(operands) > 0 {
		return wrongUse(seeHelp(fs), "%s takes no argument %q", fs.Name(), operands[0])
	}
	return err
}

// logger writes text lines to stderr.
func (c *config) logger(e *env) *slog.Logger {
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: c.level}))
}

// list is a flag of values that are separated by commas. Setting it replaces its default.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = nil
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	if len(*l) == 0 {
		return errors.New("the list is empty")
	}
	return nil
}

// repeated is a list that each time it is set grows longer.
type repeated struct{ list }

func (r *repeated) Set(value string) error {
	var more list
	err := more.Set(value)
	r.list = append(r.list, more...)
	return err
}

// oneOf checks that a list holds known values only.
func (l list) oneOf(flagName string, known ...string) error {
	for _, v := range l {
		if !slices.Contains(known, v) {
			return wrongUse(fmt.Sprintf("choose from %s", strings.Join(known, ", ")), "--%s: %q is not known", flagName, v)
		}
	}
	return nil
}
