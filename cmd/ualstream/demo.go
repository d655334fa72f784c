package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/publish"
	"ualstream/schemas"
)

const demoUsage = `See threats appear: a simulated Microsoft 365 tenant with an intruder, a broker in memory and all stages, in one
process. It needs no account, no Docker and no Kafka, and leaves no file behind.

Usage:
    ualstream demo [--for 20s] [--json]

Flags:
    --for D    end after that long, with a summary on stderr (runs until Ctrl-C)
    --json     the threat topic's values, one a line, instead of lines for people

Example:
    $ ualstream demo --for 20s --json | head -n 1
`

func demo(ctx context.Context, e *env, args []string) error {
	fs := newFlags("demo")
	length := fs.Duration("for", 0, "")
	asJSON := fs.Bool("json", false, "")
	if err := e.noOperands(fs, demoUsage, args); err != nil {
		return err
	}
	if *length < 0 {
		return wrongUse("give a length like 20s", "--for %s is negative", *length)
	}
	if *length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *length)
		defer cancel()
	}
	return e.demonstrate(ctx, e.sink(*asJSON, false))
}

// demonstrate runs everything until ctx ends and then says what it amounted to.
func (e *env) demonstrate(ctx context.Context, sink publish.Sink) error {
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{Seed: 1})
	if err != nil {
		return err
	}
	defer cloud.Close()
	broker, err := kafka.StartEmbedded(kafka.Embedded{Logger: log})
	if err != nil {
		return err
	}
	defer broker.Close()

	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	sinks := heard([]publish.Sink{sink}, func(err error) error {
		leave(unheardError{err})
		return nil // nobody will read what is left
	})
	w, err := demoWorker(cloud, broker, sinks, log)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, "contoso.example is a simulated tenant with an intruder in it. What happened in its last hours comes first, "+
		"in no order,\nthen what happens now. Ctrl-C ends the demo.")
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return cloud.Play(running, cloudsim.DemoDay()) })
	group.Go(func() error { return w.Run(running) })
	if err := cmp.Or(group.Wait(), outcome(ctx)); err != nil {
		return err
	}
	summary, err := w.Summary()
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, summary)
	return nil
}

// demoWorker is a worker that does everything against the simulation.
func demoWorker(cloud *cloudsim.Cloud, broker *kafka.Broker, sinks []publish.Sink, log *slog.Logger) (*worker.Worker, error) {
	transport := trusting(cloud.CertPool())
	credential, err := entra.New(entra.Config{Kind: entra.Secret, Authority: cloud.URL(), ClientID: cloudsim.DefaultClientID,
		Secret: cloudsim.DefaultClientSecret, Transport: transport})
	if err != nil {
		return nil, err
	}
	rules, _, err := (&ruleFlags{builtin: true}).load()
	if err != nil {
		return nil, err
	}
	k := broker.Config()
	k.Logger = log
	return worker.New(worker.Options{
		Stages: worker.Stages, Kafka: k, Poll: 500 * time.Millisecond, Drain: 3 * time.Second, Logger: log,
		Tenants:   []schemas.Tenant{{ID: cloudsim.DefaultTenant, Name: "contoso.example", ContentTypes: schemas.ContentTypes}},
		Sinks:     sinks,
		Rules:     rules,
		Microsoft: worker.Microsoft{Endpoint: cloud.URL(), Transport: transport, Credential: credential},
	})
}
