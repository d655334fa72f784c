package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/doctor"
	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/schemas"
)

const connectUsage = `Connect a tenant: see that the app gets in, start the subscriptions, and have the workers fetch it.

Usage:
    ualstream connect TENANT --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

TENANT is its ID, a GUID, or one of its domains. Each step says what it needs, whether that is so, and what mends it:
Kafka; the app's credential, its consent and its permissions; auditing and the subscriptions; the workers, which begin
to fetch within seconds. To run it again does no harm. No subscription is started twice within 15 minutes.

Kept with the tenant; what is not given stays as it is, and a list is emptied by 'none':
    --name NAME           what people call it
    --domains LIST        its own domains, beside those that its records show and the one that TENANT is
    --uncounted-groups LIST
                          object IDs of Entra groups whose members are watched and not counted as identities
    --content-types LIST  what is fetched (Audit.Exchange,Audit.AzureActiveDirectory,Audit.General,Audit.SharePoint)
    --dlp                 DLP.All, too: the app then needs ActivityFeed.ReadDlp, and reads what DLP rules detected

    --wait                stay until the first content has come, at most 12 hours as a rule

Where Kafka is, how Microsoft is reached, and who logs in there: as 'ualstream help run' says. --embedded is the broker
of an 'ualstream run --embedded' on this machine.

    --config FILE         YAML with the same keys; the worker's file will do
    --tenants LIST        tenants that the workers' configuration names: for them that counts, not what is kept here
    --log-level LEVEL     debug, info, warn or error (warn)

Example:
    $ ualstream connect contoso.onmicrosoft.com --config ualstream.yaml --name Contoso
`

func connect(ctx context.Context, e *env, args []string) error {
	o, operands, err := e.connectOptions(args)
	if err != nil {
		return err
	}
	name, err := oneTenant("connect", operands)
	if err != nil {
		return err
	}
	log := o.logger(e)
	m, err := o.side(e, log)
	if err != nil {
		return err
	}
	id, err := tenantID(ctx, m, name)
	if err != nil {
		return err
	}
	if doctor.IsDomain(name) {
		o.named = strings.ToLower(name)
	}
	cluster, err := o.cluster(e, log)
	if err != nil {
		return err
	}
	defer cluster.Close()
	visitor, err := m.Visit(id)
	if err != nil {
		return err
	}
	c := &connecting{e: e, o: o, m: m, id: id, cluster: cluster, visitor: visitor}
	return c.run(ctx)
}

// connecting is a tenant on its way.
type connecting struct {
	e       *env
	o       *connectOptions
	m       doctor.Microsoft
	id      string
	cluster *kafka.Cluster
	visitor *doctor.Visitor

	entry  doctor.Entry   // as Kafka has it
	tenant schemas.Tenant // as it is to be
	states map[string]string
}

// run takes the steps in their order. The first that fails is the last.
func (c *connecting) run(ctx context.Context) error {
	fmt.Fprintf(c.e.stdout, "Connecting tenant %s, cloud %s\n", c.id, c.m.Cloud)
	for _, step := range []func(context.Context) error{c.kafka, c.access, c.subscribe, c.save} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return c.show(ctx)
}

// kafka sees that Kafka is there, with its topics.
func (c *connecting) kafka(ctx context.Context) error {
	if err := c.say("1. Kafka, where the workers learn of the tenant"); err != nil {
		return err
	}
	outlook, err := look(ctx, c.cluster)
	if err == nil && len(outlook.Missing) > 0 && len(outlook.Denied)+len(outlook.Settings) == 0 {
		within, cancel := context.WithTimeout(ctx, kafkaWithin)
		defer cancel()
		if err := c.cluster.Prepare(within); err != nil {
			return refusal(err)
		}
		outlook, err = look(ctx, c.cluster)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := c.check(doctor.Kafka(c.o.where(), outlook, err)...); err != nil {
		return err
	}
	entries, err := roll(ctx, c.cluster)
	if err != nil {
		return err
	}
	c.entry = entries[c.id]
	c.entry.Tenant.ID = c.id
	c.tenant, err = c.o.apply(c.entry)
	return err
}

// access sees that the app gets in.
func (c *connecting) access(ctx context.Context) error {
	dlp := slices.Contains(c.tenant.ContentTypes, schemas.ContentTypeDLP)
	err := c.say("2. The app: a credential, the consent of the tenant's administrator, and the permission " + doctor.Roles(dlp) + "\n" +
		"Consent is given once: " + c.m.Grant(c.id, dlp) + "\n" + doctor.MayRead(dlp))
	if err != nil {
		return err
	}
	answers := c.visitor.Ask(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.states = doctor.StatesOf(answers.Subscriptions)
	return c.check(c.m.Access(c.id, answers, dlp, time.Now())...)
}

// subscribe starts the subscriptions that are missing.
func (c *connecting) subscribe(ctx context.Context) error {
	if err := c.say("3. Auditing, and a subscription for each content type"); err != nil {
		return err
	}
	entry, begun, err := c.visitor.Begin(ctx, c.entry, doctor.Missing(c.tenant, c.states), remember(ctx, c.cluster))
	c.entry = entry
	if err != nil {
		return err
	}
	return c.check(doctor.Started(c.tenant, c.states, begun)...)
}

// save has the workers fetch the tenant.
func (c *connecting) save(ctx context.Context) error {
	if err := c.say("4. The workers, which follow the topic " + schemas.TopicTenants.Name(c.o.prefix)); err != nil {
		return err
	}
	check := doctor.Saved(c.entry, c.tenant, c.o.tenants)
	c.entry.Tenant, c.entry.Connected = c.tenant, true
	if err := remember(ctx, c.cluster)(c.entry); err != nil {
		return err
	}
	return c.check(check)
}

// show ends with the status table, which with --wait is shown until there is content.
func (c *connecting) show(ctx context.Context) error {
	text := "The first content can take 12 hours after the first start; a worker must run with the stage ingest. 'ualstream status' " +
		"shows what has come.\n"
	if c.o.wait {
		text = "Waiting for the first content, which can take 12 hours after the first start; a worker must run with the stage ingest. " +
			"Ctrl-C ends the waiting and nothing else.\n"
	}
	if err := c.say(text); err != nil {
		return err
	}
	watcher := status.New(c.cluster, status.Options{States: c.ownStates})
	s := &screen{e: c.e, inPlace: c.o.wait && c.e.obeys()}
	for {
		report, err := watcher.Look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		report.Tenants = slices.DeleteFunc(report.Tenants, func(t status.Tenant) bool { return t.ID != c.id })
		there := !c.o.wait || slices.ContainsFunc(report.Tenants, status.Tenant.Began)
		if there || s.inPlace {
			if err := s.draw(report); err != nil {
				return err
			}
		}
		if there || !pause(ctx, watchEvery) {
			return nil
		}
	}
}

// ownStates asks Microsoft for this tenant alone: no other one is shown.
func (c *connecting) ownStates(ctx context.Context, tenant string) (map[string]string, error) {
	if tenant != c.id {
		return nil, nil
	}
	list, err := c.visitor.Subscriptions(ctx)
	return doctor.StatesOf(list), err
}

// say writes what a step is about.
func (c *connecting) say(text string) error {
	return doctor.WriteText(c.e.stdout, c.e.columns(), "\n"+text)
}

// check shows checks; one that failed ends the connecting.
func (c *connecting) check(checks ...doctor.Check) error {
	var failed error
	for _, check := range checks {
		if err := doctor.WriteCheck(c.e.stdout, c.e.columns(), check); err != nil {
			return err
		}
		if check.State == doctor.Failed && failed == nil {
			failed = withHint(fmt.Errorf("tenant %s: %s: %s", c.id, check.Name, check.Says), "mend it as is said above, and run this again: that does no harm")
		}
	}
	return failed
}
