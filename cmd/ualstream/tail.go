package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const tailUsage = `Follow a topic.

Usage:
    ualstream tail threats|events|rejects --brokers HOST:PORT[,…] | --embedded  [--flag …]

Flags:
    --brokers LIST     bootstrap servers
    --prefix NAME      begins the names of all topics (m365)
    --embedded         the broker of an 'ualstream run --embedded' on this machine
    --data DIR         that broker's folder ($XDG_STATE_HOME/ualstream)
    --kafka-tls, --kafka-ca-file FILE, --kafka-cert-file FILE, --kafka-key-file FILE,
    --sasl-mechanism M, --sasl-username NAME, --sasl-password-file FILE
                       how the brokers are entered: 'ualstream help run' says
    --config FILE      YAML with the same keys; the worker's file will do
    --since D          begin with what came in that long ago, e.g. 1h, or all (what comes from now on)
    --noise            threats that services make by the thousand, too
    --json             values, one a line, instead of lines for people

Example:
    $ ualstream tail threats --embedded --since 24h
`

func tail(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("tail"), &config{}
	c.kafkaFlags(fs)
	since := fs.String("since", "", "")
	noise := fs.Bool("noise", false, "")
	asJSON := fs.Bool("json", false, "")
	operands, err := e.parseConfig(fs, c, tailUsage, args)
	if err != nil {
		return err
	}
	read, err := tailRead(operands, *since)
	if err != nil {
		return err
	}
	cluster, err := c.cluster(e, c.logger(e))
	if err != nil {
		return err
	}
	defer cluster.Close()
	sink := e.sink(*asJSON, *noise)
	err = cluster.Read(ctx, read, func(m schemas.Message) error { return sink.Deliver(ctx, []schemas.Message{m}) })
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // the sink was asked for one more line after Ctrl-C
	}
	return err
}

// tailRead says what to read of which topic.
func tailRead(operands []string, since string) (kafka.Read, error) {
	topics := []schemas.Topic{schemas.TopicThreats, schemas.TopicEvents, schemas.TopicRejects}
	read := kafka.Read{Follow: true}
	for _, topic := range topics {
		if len(operands) == 1 && operands[0] == string(topic) {
			read.Topic = topic
		}
	}
	if read.Topic == "" {
		return read, wrongUse("ualstream tail threats, events or rejects", "tail follows one topic, not %q", strings.Join(operands, " "))
	}
	switch since {
	case "":
		read.From = kafka.Latest()
	case "all":
		read.From = kafka.Earliest()
	default:
		d, err := time.ParseDuration(since)
		if err != nil || d <= 0 {
			return read, wrongUse("give a length like 1h, or all", "--since %q is no length of time", since)
		}
		read.From = kafka.Since(time.Now().Add(-d))
	}
	return read, nil
}
