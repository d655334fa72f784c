package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/verify"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/o365"
)

const verifyUsage = `Say whether everything is there that Microsoft offered, and name what is missing.

Usage:
    ualstream verify [--since 7d] [--tenant T] [--json] [--deep] [--against FILE]
                     --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

It only reads. Of each content type it says how many blobs were listed, stored, are pending or lost, which time is not
covered, and how many distinct records have become events and rejects; it names each loss with the time that it was
created in, each gap, and each record with neither an event nor a reject.

    PENDING     listed and not stored yet: not missing before it expires
    covered     the time that was listed to its end; content that Microsoft never lists is not known to anybody
    NEITHER     records of the raw topic that normalize has passed and of which nothing has come
    REPEATED    events that are there more than once; that is told, and nothing is missing

Flags:
    --since D          what was created, lost or received since then, e.g. 36h or 7d (7d)
    --tenant T         one tenant only, by its ID or its name
    --deep             list all seven days at Microsoft again, and name blobs that the ledger does not have
    --against FILE     compare with an exported audit log by the records' Ids: any form that 'ualstream normalize' reads,
                       - for standard input. What the export has and is not here, is missing; what is here and not in the
                       export is named as far as the export reaches in time and by its workloads and record types
    --json             one JSON object, which names everything
    --tenants LIST     tenant IDs that the workers' configuration names
    --config FILE      YAML with the same keys; the worker's file will do
    --log-level LEVEL  debug, info, warn or error (warn)

Where Kafka is, how Microsoft is reached, and who logs in there: as 'ualstream help run' says. --embedded is the broker
of an 'ualstream run --embedded' on this machine. The last line is the verdict. Exit code 1 means that something is
missing, or that it could not be seen whether it is.

Example:
    $ ualstream verify --config ualstream.yaml --since 7d
`

func runVerify(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("verify"), &config{}
	c.tenantFlags(fs)
	since := span(7 * 24 * time.Hour)
	fs.Var(&since, "since", "")
	tenant := fs.String("tenant", "", "")
	against := fs.String("against", "", "")
	deep := fs.Bool("deep", false, "")
	asJSON := fs.Bool("json", false, "")
	if err := e.configOnly(fs, c, verifyUsage, args); err != nil {
		return err
	}
	o := verify.Options{Tenants: c.tenants, Tenant: *tenant, Since: time.Duration(since), Unread: &verify.Unread{}}
	c.damaged = o.Unread.Pass
	var err error
	if *deep {
		if o.Lister, err = c.lister(e); err != nil {
			return err
		}
	}
	if *against != "" {
		if o.Export, err = e.export(ctx, *against); err != nil {
			return err
		}
	}
	report, err := e.gather(ctx, c, o)
	if err != nil {
		return err
	}
	if *asJSON {
		err = json.NewEncoder(e.stdout).Encode(report)
	} else {
		err = verify.Write(e.stdout, report)
	}
	if err == nil && report.Missing > 0 {
		err = errors.New("not everything is there: what is missing is named above")
	}
	return err
}

// gather reads what there is in a Kafka that answers.
func (e *env) gather(ctx context.Context, c *config, o verify.Options) (verify.Report, error) {
	cluster, err := c.present(ctx, e)
	if err != nil {
		return verify.Report{}, err
	}
	defer cluster.Close()
	report, err := verify.Gather(ctx, cluster, o)
	return report, notVerified(err)
}

// notVerified says how to mend that nothing could be compared.
func notVerified(err error) error {
	unknown, isUnknown := errors.AsType[*verify.UnknownTenantError](err)
	switch {
	case isUnknown && len(unknown.Known) == 0:
		return wrongUse("no tenant is known: is it the right Kafka, and the right --prefix?", "%v", err)
	case isUnknown:
		return wrongUse("known are "+strings.Join(unknown.Known, ", "), "%v", err)
	case errors.Is(err, kafka.ErrStalled):
		return withHint(err, "'ualstream doctor' says what is open and how to end it; a transaction that does not hang ends by itself within minutes")
	case errors.Is(err, verify.ErrWhose):
		return wrongUse("name it with --tenant", "%v", err)
	}
	return err
}

// lister gives what lists a tenant's content at Microsoft.
func (c *config) lister(e *env) (func(tenant string) (verify.Lister, error), error) {
	m, err := c.microsoft(e, c.logger(e))
	if err != nil {
		return nil, err
	}
	return func(tenant string) (verify.Lister, error) { return listerOf(m, tenant, c, e) }, nil
}

func listerOf(m worker.Microsoft, tenant string, c *config, e *env) (verify.Lister, error) {
	credential, err := m.Credential(tenant)
	if err != nil {
		return nil, err
	}
	client, err := o365.New(o365.Config{
		Endpoint: m.Endpoint, Tenant: tenant, Publisher: m.Publisher, Credential: credential, Transport: m.Transport,
		Logger: c.logger(e).With("tenant", tenant),
	})
	if err != nil {
		return nil, err
	}
	return client, nil
}

// export reads an exported log. Its first parts that cannot be read are complained of.
func (e *env) export(ctx context.Context, name string) (*verify.Export, error) {
	input, called := e.stdin, "standard input"
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, wrongUse("--against names an exported audit log, or - for standard input", "%v", err)
		}
		defer file.Close()
		input, called = file, name
	}
	complaints := 0
	export, err := verify.ReadExport(interrupted(ctx, input), called, func(err error) {
		if complaints++; complaints <= maxComplaints {
			fmt.Fprintf(e.stderr, "ualstream: %s\n", printable(err.Error()))
		}
	})
	if err != nil && ctx.Err() == nil {
		return nil, withHint(err, formsHint)
	}
	return export, err
}

// interrupted gives an input whose reading ends when ctx does.
func interrupted(ctx context.Context, input io.Reader) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { r.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(w, input)
		w.CloseWithError(err)
	}()
	return r
}

// span is a flag of a length of time, which may be in days.
type span time.Duration

func (s *span) String() string {
	const day = 24 * time.Hour
	if d := time.Duration(*s); d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return time.Duration(*s).String()
}

// longest is a span that no topic's retention reaches, and no time's arithmetic minds.
const longest = 100 * 365

func (s *span) Set(value string) error {
	d, err := time.ParseDuration(value)
	if days, isDays := strings.CutSuffix(value, "d"); isDays {
		var n float64
		n, err = strconv.ParseFloat(days, 64)
		if !(n > 0 && n <= longest) { // which NaN is not, either
			n = 0
		}
		d = time.Duration(n * 24 * float64(time.Hour))
	}
	if err != nil || d <= 0 {
		return errors.New("want a length of time like 36h or 7d")
	}
	*s = span(d)
	return nil
}
