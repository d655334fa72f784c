package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"ualstream/cmd/internal/doctor"
	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

const disconnectUsage = `Disconnect a tenant: have the workers fetch it no more, and stop its subscriptions.

Usage:
    ualstream disconnect TENANT --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

TENANT is its ID, a GUID, or one of its domains. What happens in the tenant until 'ualstream connect' starts the
subscriptions again can never be fetched, so that it asks first. What is on the topics stays there.

    --keep-subscriptions  leave them running: what they gather can be fetched for seven days
    --yes                 do not ask

Where Kafka is, how Microsoft is reached, and who logs in there: as 'ualstream help run' says. With --keep-subscriptions
Microsoft is asked only where TENANT is a domain.

    --config FILE         YAML with the same keys; the worker's file will do
    --tenants LIST        tenants that the workers' configuration names
    --log-level LEVEL     debug, info, warn or error (warn)

Example:
    $ ualstream disconnect contoso.onmicrosoft.com --config ualstream.yaml --keep-subscriptions
`

func disconnect(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("disconnect"), &config{}
	c.tenantFlags(fs)
	keep := fs.Bool("keep-subscriptions", false, "")
	yes := fs.Bool("yes", false, "")
	operands, err := e.parseConfig(fs, c, disconnectUsage, args)
	if err != nil {
		return err
	}
	name, err := oneTenant("disconnect", operands)
	if err != nil {
		return err
	}
	d := &disconnecting{e: e, c: c, id: strings.ToLower(name), keep: *keep}
	if !*keep || !doctor.IsID(name) {
		if err := d.reach(ctx, name); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(c.tenants, func(t schemas.Tenant) bool { return t.ID == d.id }) {
		return withHint(fmt.Errorf("the configuration names tenant %s, and workers that read it go on: nothing was changed", d.id),
			"leave the tenant out of the configuration, restart the workers, and run this again")
	}
	cluster, err := c.cluster(e, c.logger(e))
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := d.find(ctx, cluster); err != nil {
		return err
	}
	if err := d.agree(*yes); err != nil {
		return err
	}
	return d.run(ctx, remember(ctx, cluster))
}

// disconnecting is a tenant on its way out.
type disconnecting struct {
	e       *env
	c       *config
	id      string
	keep    bool            // its subscriptions stay
	visitor *doctor.Visitor // nil where Microsoft is not asked
	entry   doctor.Entry
}

// reach finds the tenant at Microsoft, which is asked to stop its subscriptions.
func (d *disconnecting) reach(ctx context.Context, name string) error {
	m, err := d.c.side(d.e, d.c.logger(d.e))
	if err != nil {
		return err
	}
	if d.id, err = tenantID(ctx, m, name); err != nil {
		return err
	}
	d.visitor, err = m.Visit(d.id)
	return err
}

// find reads what the tenants topic says of the tenant.
func (d *disconnecting) find(ctx context.Context, cluster *kafka.Cluster) error {
	outlook, err := look(ctx, cluster)
	if err != nil {
		return withHint(err, "nothing was changed: see that Kafka runs, and --brokers")
	}
	if len(outlook.Missing) > 0 {
		return withHint(fmt.Errorf("nothing has run on this Kafka yet: %s is missing", outlook.Missing[0]), "see --brokers and --prefix")
	}
	if len(outlook.Denied) > 0 {
		return refusal(&kafka.SettingsError{Refusals: outlook.Denied})
	}
	entries, err := roll(ctx, cluster)
	d.entry = entries[d.id]
	d.entry.Tenant.ID = d.id
	return err
}

// agree warns, and asks.
func (d *disconnecting) agree(yes bool) error {
	title := d.id
	if name := d.entry.Tenant.Name; name != "" {
		title += fmt.Sprintf(" %q", name)
	}
	warning := "Its subscriptions are stopped: what happens in the tenant from now until they are started again can never be fetched."
	if d.keep {
		warning = "Its subscriptions go on. What they gather is lost seven days after it was offered, unless the tenant is connected again by then."
	}
	if !d.entry.Connected {
		warning = "It is not connected by the tenants topic. " + warning
	}
	if err := doctor.WriteText(d.e.stdout, d.e.columns(), "Disconnecting tenant "+title+". "+warning); err != nil || yes {
		return err
	}
	if file, ok := d.e.stdin.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return wrongUse("add --yes where nobody can be asked; --keep-subscriptions loses nothing for seven days", "stdin is no terminal to ask on: nothing was changed")
	}
	if err := d.e.print("Disconnect it? [y/N] "); err != nil {
		return err
	}
	answer, err := bufio.NewReader(d.e.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))) {
		return errors.New("nothing was changed")
	}
	return nil
}

// run has the workers stop first, because one that runs starts a subscription again that somebody stopped.
func (d *disconnecting) run(ctx context.Context, remember func(doctor.Entry) error) error {
	d.entry.Connected = false
	if err := remember(d.entry); err != nil {
		return err
	}
	if err := doctor.WriteCheck(d.e.stdout, d.e.columns(), doctor.Check{Name: "workers", State: doctor.OK, Says: "fetch it no more"}); err != nil || d.keep {
		return err
	}
	return d.stop(ctx)
}

// stop stops the subscriptions that are enabled.
func (d *disconnecting) stop(ctx context.Context) error {
	list, err := d.visitor.Subscriptions(ctx)
	if err != nil {
		return d.goesOn(err)
	}
	for _, s := range list {
		if !s.Enabled() {
			continue
		}
		err := d.visitor.Stop(ctx, s.ContentType)
		if answer, ok := errors.AsType[*o365.Error](err); ok && answer.Action() == o365.Subscribe {
			err = nil // somebody else has stopped it
		}
		if err != nil {
			return d.goesOn(err)
		}
		if err := doctor.WriteCheck(d.e.stdout, d.e.columns(), doctor.Check{Name: s.ContentType, State: doctor.OK, Says: "stopped"}); err != nil {
			return err
		}
	}
	return nil
}

func (d *disconnecting) goesOn(err error) error {
	return withHint(fmt.Errorf("the workers fetch the tenant no more, and its subscriptions go on: %w", err),
		"run it again to stop them, or leave them: what they gather is gone after seven days")
}
