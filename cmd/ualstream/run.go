package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
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
    --kafka-tls           speak TLS; any of the next three implies it
    --kafka-ca-file FILE  the brokers' certificate authority, PEM (the system's)
    --kafka-cert-file FILE --kafka-key-file FILE
                          a client certificate and its key, PEM
    --sasl-mechanism M    PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
    --sasl-username NAME  the user
    --sasl-password-file FILE
                          its password; or the variable UALSTREAM_SASL_PASSWORD

What runs here:
    --stages LIST         any of ingest,normalize,detect,publish (all)
    --deployment NAME     whose the topics are: the first worker that fetches writes it to the ledger, and one of another
                          name is refused (the app's client ID)
    --guarantee G         exactly-once: a read_committed consumer sees each event and threat once; or at-least-once:
                          no transactions, and a crash repeats some (exactly-once)
    --threats LIST        which threats reach their topic: finding,priority,noise (all)
    --rules DIR           Sigma rules and correlations of your own, besides those that ualstream brings along; can be repeated
    --builtin=false       leave out the rules that ualstream brings along
    --filters DIR         Sigma filters, which take events away from rules; can be repeated
    --placeholders FILE   what %name% stands for in rules: YAML, a list of values a name
    --lateness D          how long after the end of a correlation's window its hits may still come, by the time of their
                          events: more finds more of what Microsoft tells late, and remembers more; with the longest
                          timespan at most 216h (48h)
    --sinks LIST          what publish delivers to besides: text, json, both on stdout (none)
    --state DIR           what normalize remembers of records, so that each becomes one event; it can be lost, and is
                          made anew from the raw topic (identity, in the folder of --data)
    --skip TOPIC/PARTITION/OFFSET
                          give up the batch with that offset and go on behind it, if it cannot be decoded; the log of a
                          partition that stands still names it, and the ledger keeps the loss. Can be repeated
    --http ADDR           /healthz, /readyz, /metrics, /status (127.0.0.1:9464), "" for none
    --log-level LEVEL     debug, info, warn or error (info)

Whose records, and how Microsoft is reached:
    --tenants LIST        tenant IDs; in the file also with name, content_types and domains. The same for all workers that
                          ingest, which share them
    --cloud NAME          commercial, gcc, gcc-high or dod (commercial)
    --publisher ID        PublisherIdentifier of the requests (the tenant's own ID)
    --poll-interval D     how often new content is listed (1m)
    --quota N             requests a minute and tenant (2000), fewer while Microsoft throttles
    --endpoint URL        Management Activity API, in place of the cloud's
    --authority URL       login host, in place of the cloud's
    --ca-file FILE        a certificate authority to trust besides the system's, PEM

Who logs in there, with the permission ActivityFeed.Read; what changes in a file needs no restart:
    --credential KIND     certificate, managed-identity, workload-identity, secret or azure-cli (that whose file is given)
    --client-id ID        the app registration
  certificate
    --client-certificate-file FILE
                          the app's certificate with its RSA key: PEM with the key unencrypted, or PFX
    --client-certificate-password-file FILE
                          the PFX's password; or the variable UALSTREAM_CLIENT_CERTIFICATE_PASSWORD
  managed-identity        of this Azure machine, and for its own tenant only: the system-assigned one, or the
                          user-assigned one whose client ID is --client-id
    --managed-identity-client-id ID
                          a user-assigned one as federated credential of the app --client-id, for any tenant
  workload-identity
    --federated-token-file FILE
                          a token of an issuer that the app trusts, e.g. Kubernetes ($AZURE_FEDERATED_TOKEN_FILE)
  secret
    --client-secret-file FILE
                          the app's secret; or the variable UALSTREAM_CLIENT_SECRET
  azure-cli               who is logged in to az, for trying: best 'az login --service-principal', once a tenant

    --config FILE         YAML; its keys are the flags' names with underscores

With no tenant the worker runs all the same and says how to connect one. SIGTERM lets it finish what is in flight;
a second one ends it at once. SIGHUP has it read rules, filters and placeholders again, and go on with them without losing
or repeating anything; where a file that was in use is now refused, or a folder cannot be read, the log says why and the
rules stay as they were. A terminal that goes away ends the worker.

Example:
    $ cat ualstream.yaml
    brokers: [kafka-1:9092, kafka-2:9092]
    client_id: 0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02
    client_certificate_file: /run/secrets/ualstream.pem
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
	hangups := make(chan os.Signal, 1) // one that comes early waits
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	options, err := c.options(e)
	if err != nil {
		return c.inPlace(err)
	}
	if c.embedded {
		broker, err := c.startEmbedded(options.Logger)
		if err != nil {
			return err
		}
		defer broker.Close()
		options.Kafka = c.ours(broker.Config(), options.Logger)
	}
	options.Kafka.Guarantee = kafka.Guarantee(c.guarantee)
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	options.Sinks = heard(options.Sinks, func(err error) error {
		if errors.Is(err, syscall.EPIPE) {
			leave(unheardError{err})
		}
		return err // what was not delivered is delivered next time
	})
	w, err := worker.New(options)
	if err != nil {
		return &failure{err: err, hint: seeHelp(fs), misuse: true}
	}
	go e.onHangup(ctx, hangups, func() { c.reload(w, options.Logger) }, func() { leave(nil) })
	if err := w.Run(ctx); err != nil {
		return refusal(err)
	}
	err = outcome(ctx)
	if err != nil {
		options.Logger.Warn("nobody reads stdout any more, so the worker ended")
	}
	return err
}

// options turns what the user said into what a worker needs.
func (c *config) options(e *env) (worker.Options, error) {
	log := c.logger(e)
	k, err := c.external(e, log)
	if err != nil {
		return worker.Options{}, err
	}
	o := worker.Options{
		Stages: c.stages, Kafka: k, Tenants: c.tenants, Poll: c.poll, Quota: c.quota, HTTP: c.http, Logger: log,
		Lateness:   c.lateness,
		State:      cmp.Or(c.state, filepath.Join(c.data, "identity")),
		Deployment: cmp.Or(c.deployment, c.app(e)),
	}
	if err := (list{c.guarantee}).oneOf("guarantee", kafka.Guarantees...); err != nil {
		return o, err
	}
	if c.poll <= 0 {
		return o, wrongUse("give a length like 1m", "--poll-interval %s is no length of time to wait", c.poll)
	}
	if kept := schemas.TopicSignals.Settings().Retention; c.lateness <= 0 || c.lateness > kept {
		return o, wrongUse(fmt.Sprintf("give a length like 48h, at most %v: so long are hits kept", kept), "--lateness %s cannot be", c.lateness)
	}
	if c.quota <= 0 {
		return o, wrongUse("give a number like 2000", "--quota %d lets no request through", c.quota)
	}
	if err := c.stages.oneOf("stages", worker.Stages...); err != nil {
		return o, err
	}
	if slices.Contains(c.stages, worker.StageDetect) {
		if c.reading, err = c.rules.read(); err != nil {
			return o, err
		}
		tell(log, c.reading.refused)
		o.Rules = c.reading.set
	}
	for _, text := range c.skip.list {
		place, err := worker.ParsePlace(text, c.prefix)
		if err != nil {
			return o, wrongUse("copy it from the message about the partition that stands still", "--skip %v", err)
		}
		o.Skip = append(o.Skip, place)
	}
	if err := c.threats.oneOf("threats", everyThreat()...); err != nil {
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
	if slices.Contains(c.stages, worker.StageIngest) && (len(c.tenants) > 0 || c.named()) {
		o.Microsoft, err = c.microsoft(e, log)
	}
	return o, err
}

// startEmbedded starts the durable broker in this process and says what it is not.
func (c *config) startEmbedded(log *slog.Logger) (*kafka.Broker, error) {
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: c.data, Logger: log})
	if err != nil {
		return nil, err
	}
	if len(c.tenants) > 0 {
		log.Warn("the embedded broker is for trying: it keeps one copy, on this disk, in the clear; "+
			"a lost disk, or a loss of power, loses records. Use Apache Kafka for a tenant that matters", "folder", c.data)
	}
	return broker, nil
}

// refusal marks what no waiting mends as wrong use; the kafka package says how to mend it.
func refusal(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return withHint(err, "choose another address with --http, or \"\" for none")
	}
	var settings *kafka.SettingsError
	var login *kafka.AuthError
	var old *kafka.TooOldError
	if other, ok := errors.AsType[*worker.DeploymentError](err); ok {
		return &failure{err: errors.New(other.Problem), hint: other.Mend, misuse: true}
	}
	if errors.As(err, &settings) || errors.As(err, &login) || errors.As(err, &old) {
		return &failure{err: err, misuse: true}
	}
	return err
}
