package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/publish"
	"ualstream/schemas"
)

const runUsage = `Run the worker: fetch audit records, normalize, detect and deliver, on Kafka.

Usage:
    ualstream run --brokers HOST:PORT[,…] | --embedded  [--config FILE] [--stages …] [--flag …]

Where Kafka is:
    --brokers LIST        bootstrap servers
    --prefix NAME         begins the names of all topics and groups (m365)
    --embedded            a broker in this process, for trying: one copy on this disk
    --data DIR            the embedded broker's folder ($XDG_STATE_HOME/ualstream)

What runs here:
    --stages LIST         any of ingest,normalize,detect,publish (all)
    --threats LIST        which threats reach their topic: finding,priority,noise (all)
    --sinks LIST          what publish delivers to besides: text, json, both on stdout (none)
    --http ADDR           /healthz, /readyz and /metrics (127.0.0.1:9464), "" for none
    --log-level LEVEL     debug, info, warn or error (info)

Whose records, and how Microsoft is reached:
    --tenants LIST        tenant IDs; in the file also with name and content_types
    --client-id ID        the app registration that may read them (ActivityFeed.Read)
    --client-secret-file FILE
                          its secret; or the variable UALSTREAM_CLIENT_SECRET
    --publisher ID        PublisherIdentifier of the requests (the tenant's own ID)
    --poll-interval D     how often new content is listed (1m)
    --endpoint URL        Management Activity API (https://manage.office.com)
    --authority URL       login host (https://login.microsoftonline.com/)
    --ca-file FILE        a certificate authority to trust besides the system's, PEM

    --config FILE         YAML; its keys are the flags' names with underscores

With no tenant the worker runs all the same and says how to connect one. SIGTERM lets it finish what is in flight;
a second one ends it at once.

Example:
    $ cat ualstream.yaml
    brokers: [kafka-1:9092, kafka-2:9092]
    client_id: 0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02
    client_secret_file: /run/secrets/ualstream
    tenants:
      - id: 5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10
        name: Contoso
    $ ualstream run --config ualstream.yaml --stages ingest,normalize
`

func run(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("run"), &config{}
	c.kafkaFlags(fs)
	c.workerFlags(fs)
	if err := e.configOnly(fs, c, runUsage, args); err != nil {
		return err
	}
	options, err := c.options(e)
	if err != nil {
		return err
	}
	if c.embedded {
		broker, err := c.startEmbedded(options.Logger)
		if err != nil {
			return err
		}
		defer broker.Close()
		options.Kafka = broker.Config()
		options.Kafka.Prefix, options.Kafka.Logger = c.prefix, options.Logger
	}
	w, err := worker.New(options)
	if err != nil {
		return err
	}
	return refusal(w.Run(ctx))
}

// options turns what the user said into what a worker needs.
func (c *config) options(e *env) (worker.Options, error) {
	log := c.logger(e)
	o := worker.Options{
		Stages: c.stages, Kafka: c.external(log), Tenants: c.tenants, Poll: c.poll, HTTP: c.http, Logger: log,
	}
	if err := c.stages.oneOf("stages", worker.Stages...); err != nil {
		return o, err
	}
	if err := c.threats.oneOf("threats", "finding", "priority", "noise"); err != nil {
		return o, err
	}
	for _, t := range c.threats {
		o.Triage = append(o.Triage, schemas.Triage(t))
	}
	if err := c.sinks.oneOf("sinks", "text", "json"); err != nil {
		return o, err
	}
	for _, s := range c.sinks {
		o.Sinks = append(o.Sinks, e.sink(s == "json", false))
	}
	var err error
	if slices.Contains(c.stages, worker.StageIngest) && len(c.tenants) > 0 {
		o.Microsoft, err = c.microsoft(e)
	}
	return o, err
}

// microsoft gives how Microsoft's side is reached and with which secret.
func (c *config) microsoft(e *env) (worker.Microsoft, error) {
	none := worker.Microsoft{}
	secret, err := c.secret(e)
	if err != nil {
		return none, err
	}
	if c.clientID == "" {
		return none, wrongUse("register an app with ActivityFeed.Read and name it with --client-id", "tenants are named, but no client ID")
	}
	transport, err := c.transport()
	if err != nil {
		return none, err
	}
	return worker.Microsoft{
		Endpoint: c.endpoint, Publisher: c.publisher, Transport: transport,
		Credential: worker.ClientSecret(c.authority, c.clientID, secret, transport),
	}, nil
}

// secret reads the client secret, from a file or the environment and never from a flag: process lists show flags.
func (c *config) secret(e *env) (string, error) {
	if c.secretFile == "" {
		if secret := e.getenv("UALSTREAM_CLIENT_SECRET"); secret != "" {
			return secret, nil
		}
		return "", wrongUse("give it with --client-secret-file or in UALSTREAM_CLIENT_SECRET", "tenants are named, but no client secret")
	}
	secret, err := os.ReadFile(c.secretFile)
	if err != nil {
		return "", wrongUse("--client-secret-file names a file that holds the secret alone", "read the client secret: %v", err)
	}
	return strings.TrimSpace(string(secret)), nil
}

// transport trusts one certificate authority more than the system does, or is nil.
func (c *config) transport() (http.RoundTripper, error) {
	if c.caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.caFile)
	if err != nil {
		return nil, wrongUse("--ca-file names a PEM file", "read the certificate authority: %v", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, wrongUse("--ca-file names a PEM file", "%s holds no certificate", c.caFile)
	}
	return trusting(pool), nil
}

// trusting is Go's own transport with another set of certificate authorities.
func trusting(pool *x509.CertPool) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t
}

// startEmbedded starts the durable broker in this process and says what it is not.
func (c *config) startEmbedded(log *slog.Logger) (*kafka.Broker, error) {
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: c.data, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if len(c.tenants) > 0 {
		log.Warn("the embedded broker is for trying: it keeps one copy, on this disk, in the clear; "+
			"a lost disk, or a loss of power, loses records. Use Apache Kafka for a tenant that matters", "folder", c.data)
	}
	return broker, nil
}

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
	return ok && term.IsTerminal(int(file.Fd())) && e.getenv("NO_COLOR") == ""
}

// refusal marks what no waiting mends as wrong use; the kafka package says how to mend it.
func refusal(err error) error {
	var settings *kafka.SettingsError
	var login *kafka.AuthError
	if errors.As(err, &settings) || errors.As(err, &login) {
		return &failure{err: err, misuse: true}
	}
	return err
}
