package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
)

const statusUsage = `Show what is connected, how far behind it is, and what was lost.

Usage:
    ualstream status [--watch] [--json] [--worker URL]
    ualstream status [--watch] [--json] --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

It asks the worker on this machine, or the Kafka that is named: there it only reads.

    LAST CONTENT    when Microsoft offered the newest content that is stored
    REC 24H         records stored in the last 24 hours
    MICROSOFT       their mean delay, from when something happened until it was offered
    OURS            our mean delay, from then until it was received
    LOST            blobs of the last seven days that could not be had: the ledger says why
    LAG             messages that a stage has yet to read

The worst tenants come first: those that lost something, then those with subscriptions that are stopped, then those
that nothing came from for longest. A status is unknown where Microsoft is not asked: without a credential. A worker that
is asked and detects says how many rules it has.

Flags:
    --watch            again every two seconds, until Ctrl-C
    --json             one JSON object a look
    --worker URL       ask this worker (http://127.0.0.1:9464/status)

    --brokers LIST     bootstrap servers
    --prefix NAME      begins the names of all topics (m365)
    --embedded         the broker of an 'ualstream run --embedded' on this machine
    --data DIR         that broker's folder ($XDG_STATE_HOME/ualstream)
    --config FILE      YAML with the same keys; the worker's file will do
    --tenants LIST     tenant IDs that a worker's configuration names
    --ca-file FILE     a certificate authority to trust besides the system's, PEM
    --kafka-tls, --kafka-…, --sasl-…
                       how the brokers are entered: 'ualstream help run' says
    --client-id ID, --credential KIND, --cloud NAME, …
                       how Microsoft is asked for the states: 'ualstream help run' says

Example:
    $ ualstream status --watch
`

// statusWithin is how long one look at a Kafka that answers may take.
const statusWithin = time.Minute

// looker takes a look at the deployment.
type looker func(context.Context) (status.Report, error)

func showStatus(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("status"), &config{}
	c.kafkaFlags(fs)
	fs.Var(&c.tenants, "tenants", "")
	c.microsoftFlags.register(fs)
	watch := fs.Bool("watch", false, "")
	asJSON := fs.Bool("json", false, "")
	url := fs.String("worker", "", "")
	if err := e.configOnly(fs, c, statusUsage, args); err != nil {
		return err
	}
	var look looker
	if *url != "" || len(c.brokers) == 0 && !c.embedded {
		asking, err := c.askWorker(*url)
		if err != nil {
			return err
		}
		look = asking
	} else {
		watcher, closeKafka, err := e.watcher(c)
		if err != nil {
			return err
		}
		defer closeKafka()
		look = watcher
	}
	s := &screen{e: e, asJSON: *asJSON, inPlace: *watch && !*asJSON && e.obeys()}
	if *watch {
		return s.watch(ctx, look)
	}
	report, err := look(ctx)
	if err != nil {
		return err
	}
	return s.draw(report)
}

// watcher looks at the Kafka that is named.
func (e *env) watcher(c *config) (look looker, closeKafka func(), err error) {
	log := c.logger(e)
	o := status.Options{Tenants: c.tenants}
	if c.named() {
		microsoft, err := c.microsoft(e, log)
		if err != nil {
			return nil, nil, err
		}
		o.States = microsoft.States(nil)
	}
	cluster, err := c.cluster(e, log)
	if err != nil {
		return nil, nil, err
	}
	watcher := status.New(cluster, o)
	return func(ctx context.Context) (status.Report, error) {
		ctx, cancel := context.WithTimeout(ctx, statusWithin)
		defer cancel()
		report, err := watcher.Look(ctx)
		return report, c.notSeen(err)
	}, cluster.Close, nil
}

// notSeen says how to mend that there was nothing to look at.
func (c *config) notSeen(err error) error {
	if err == nil {
		return nil
	}
	_, missing := errors.AsType[*status.MissingError](err)
	_, login := errors.AsType[*kafka.AuthError](err)
	_, hidden := errors.AsType[*kafka.SettingsError](err)
	switch {
	case missing:
		return withHint(err, "'ualstream run' makes the topics; where their names begin otherwise, say so with --prefix")
	case login, hidden:
		return refusal(err)
	case errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, status.ErrNoAnswer):
		return withHint(fmt.Errorf("kafka answers, but not all was read within %v: %w", statusWithin, err), "the warnings above say what failed")
	case c.embedded:
		return withHint(err, "start the embedded broker with 'ualstream run --embedded'")
	default:
		return withHint(err, "check that Kafka runs, and --brokers")
	}
}
