package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/doctor"
	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/schemas"
)

const doctorUsage = `Say what is wrong, what it means, and what mends it.

Usage:
    ualstream doctor [TENANT] [--json] --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

It looks at Kafka (whether it answers, topics, their settings and retention, permissions, transactions that stay open, how
far behind the stages are) and at each tenant: the app's credential and when it expires, the cloud, consent, permissions,
clock, quota, auditing, each subscription and how late its records come, what was lost, and whether the records come that
detections want most.
TENANT is an ID or a domain; without it all that are connected are looked at, the worst first.

    ok         nothing to do
    warning    it works, and something is missing or will be
    failed     it does not work; what mends it stands below it
    skipped    it cannot be seen before what failed is mended

It changes nothing, with one exception: where a connected tenant has no subscription at all it starts those that are
wanted, as a worker would, because Microsoft tells in no other way whether auditing is on.

Flags:
    --json                one JSON object
    --tenants LIST        tenant IDs that the workers' configuration names
    --worker URL          the worker that tells what is used of the quotas (http://127.0.0.1:9464/status, if it is there)
    --config FILE         YAML with the same keys; the worker's file will do
    --log-level LEVEL     debug, info, warn or error (warn)

Where Kafka is, how Microsoft is reached, and who logs in there: as 'ualstream help run' says. --embedded is the broker
of an 'ualstream run --embedded' on this machine. Exit code 1 means that something failed.

Example:
    $ ualstream doctor --config ualstream.yaml
`

// workerWithin is how long a worker may take to tell of its quotas.
const workerWithin = 10 * time.Second

// examineAtOnce is how many tenants are looked at at once.
const examineAtOnce = 8

func runDoctor(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("doctor"), &config{}
	c.tenantFlags(fs)
	asJSON := fs.Bool("json", false, "")
	worker := fs.String("worker", "", "")
	operands, err := e.parseConfig(fs, c, doctorUsage, args)
	if err != nil {
		return err
	}
	if len(operands) > 1 {
		return wrongUse("ualstream doctor TENANT, or none for all", "doctor takes one tenant, not %d", len(operands))
	}
	quotas, err := c.quotasOf(ctx, *worker)
	if err != nil {
		return err
	}
	report, err := e.examine(ctx, c, strings.Join(operands, ""), quotas)
	if err != nil {
		return err
	}
	completeFixes(report, e.again(fs, "json", "worker", "log-level"))
	if *asJSON {
		err = json.NewEncoder(e.stdout).Encode(report)
	} else {
		err = doctor.Write(e.stdout, e.columns(), report)
	}
	if err == nil && report.State == doctor.Failed {
		err = errors.New("something does not work: what mends it stands above, after 'fix:'")
	}
	return err
}

// examine looks at the deployment, and at one tenant or all.
func (e *env) examine(ctx context.Context, c *config, name string, quotas map[string]status.Quota) (doctor.Report, error) {
	none := doctor.Report{}
	log := c.logger(e)
	m, unnamed := c.side(e, log)
	if unnamed != nil && (c.named() || name != "" || len(c.tenants) > 0) {
		return none, unnamed
	}
	only := ""
	if name != "" {
		id, err := tenantID(ctx, m, name)
		if err != nil {
			return none, err
		}
		only = id
	}
	cluster, err := c.cluster(e, log)
	if err != nil {
		return none, err
	}
	defer cluster.Close()
	scene, deployment := c.scene(ctx, cluster)
	scene.Quotas = quotas
	ids := tenantsOf(scene, only)
	if unnamed != nil && len(ids) > 0 {
		return none, unnamed
	}
	tenants := make([]doctor.Section, len(ids))
	var group errgroup.Group
	group.SetLimit(examineAtOnce)
	for i, id := range ids {
		group.Go(func() error { tenants[i] = m.Examine(ctx, id, scene); return nil })
	}
	_ = group.Wait() // what is wrong stands in the sections
	if ctx.Err() != nil {
		return none, ctx.Err()
	}
	if len(ids) == 0 {
		deployment.Checks = append(deployment.Checks, doctor.NoTenant(scene.Err))
	}
	return doctor.NewReport(time.Now().UTC(), deployment, tenants), nil
}

// quotasOf asks a worker what it uses of each tenant's quota: the one at the address, or the one on this machine if
// there is one.
func (c *config) quotasOf(ctx context.Context, address string) (map[string]status.Quota, error) {
	ask, err := c.askWorker(address)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, workerWithin)
	defer cancel()
	report, err := ask(within)
	if err != nil && address != "" {
		return nil, err
	}
	quotas := map[string]status.Quota{}
	for _, t := range report.Tenants {
		if t.Quota != nil {
			quotas[t.ID] = *t.Quota
		}
	}
	return quotas, nil
}

// tenantsOf gives whom to look at, in an order that stays.
func tenantsOf(s doctor.Scene, only string) []string {
	if only != "" {
		return []string{only}
	}
	ids := slices.Collect(maps.Keys(s.Configured))
	for id, e := range s.Roll {
		if e.Connected && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// scene reads what Kafka tells, as far as it can be reached.
func (c *config) scene(ctx context.Context, cluster *kafka.Cluster) (doctor.Scene, doctor.Section) {
	s := doctor.Scene{Prefix: c.prefix, Configured: map[string]schemas.Tenant{}, Remember: remember(ctx, cluster)}
	for _, t := range c.tenants {
		s.Configured[strings.ToLower(t.ID)] = t
	}
	outlook, err := look(ctx, cluster)
	d := doctor.Section{Name: "Kafka and the workers", Checks: doctor.Kafka(c.where(), outlook, err)}
	switch {
	case err != nil:
		s.Err = errors.New("it is not reached")
	case len(outlook.Denied) > 0:
		s.Err = errors.New("permissions are missing")
	case len(outlook.Missing) > 0:
		s.Err = errors.New("topics are missing")
	default:
		within, cancel := context.WithTimeout(ctx, kafkaWithin)
		defer cancel()
		before, unseen := held(within, cluster)
		s.Err = s.Read(within, cluster, c.tenants)
		after, err := held(within, cluster)
		if unseen = cmp.Or(unseen, err); unseen != nil {
			d.Checks = append(d.Checks, doctor.Without("transactions", unseen))
		} else {
			d.Checks = append(d.Checks, doctor.Held(before, after, c.prefix))
		}
	}
	if s.Err != nil {
		d.Checks = append(d.Checks, doctor.Without("stages", s.Err))
	} else {
		d.Checks = append(d.Checks, doctor.Stages(s.Report.Stages, outlook.Idle))
	}
	return s, d
}

// held gives what open transactions hide of the topics that stages and consumers read.
func held(ctx context.Context, cluster *kafka.Cluster) (doctor.Holds, error) {
	all := doctor.Holds{}
	for _, topic := range []schemas.Topic{schemas.TopicRaw, schemas.TopicEvents, schemas.TopicSignals, schemas.TopicThreats} {
		holds, err := cluster.Holds(ctx, topic)
		if err != nil {
			return nil, err
		}
		all[topic] = holds
	}
	return all, nil
}
