package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// brokerFlags say where Kafka is.
type brokerFlags struct {
	brokers  list
	prefix   string
	embedded bool
	data     string
	login    kafkaLogin
	// damaged says where to go on behind what cannot be decoded; nil waits there.
	damaged func(context.Context, kafka.Damage) (int64, error)
}

func (b *brokerFlags) register(fs *flag.FlagSet) {
	fs.Var(&b.brokers, "brokers", "")
	fs.StringVar(&b.prefix, "prefix", schemas.DefaultPrefix, "")
	fs.BoolVar(&b.embedded, "embedded", false, "")
	fs.StringVar(&b.data, "data", defaultData(), "")
	b.login.register(fs)
}

// defaultData is where the embedded broker keeps its folder, by the XDG base directory specification.
func defaultData() string {
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "ualstream-data"
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "ualstream")
}

func (b *brokerFlags) check(command string) error {
	if len(b.brokers) == 0 && !b.embedded && command != "status" { // it can ask a worker
		embedded := "try it with --embedded, a broker in this process"
		switch command {
		case "tail":
			embedded = "follow 'ualstream run --embedded' with --embedded"
		case "connect", "disconnect", "doctor", "verify", "replay":
			embedded = "use that of 'ualstream run --embedded' with --embedded"
		}
		return wrongUse("name your Kafka with --brokers host:9092, or "+embedded, "no brokers")
	}
	if len(b.brokers) > 0 && b.embedded {
		return wrongUse("leave out one of them", "--brokers and --embedded exclude each other")
	}
	if b.embedded && b.login.given() {
		return wrongUse("leave out --kafka-… and --sasl-…", "--embedded has a login of its own")
	}
	return nil
}

// external is the Kafka that the brokers name, and how to enter it.
func (b *brokerFlags) external(e *env, log *slog.Logger) (kafka.Config, error) {
	return b.login.config(e, log, b.ours(kafka.Config{Brokers: b.brokers}, log))
}

// ours says how this deployment uses a Kafka that was found.
func (b *brokerFlags) ours(k kafka.Config, log *slog.Logger) kafka.Config {
	k.Prefix, k.Logger, k.Damaged = b.prefix, log, b.damaged
	return k
}
