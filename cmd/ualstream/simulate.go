package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

const simulateUsage = `Simulate Microsoft's side: the login service and the Office 365 Management Activity API over HTTPS, with tenants
whose users, services and intruder leave audit records, and with every fault of the real thing.

Usage:
    ualstream simulate [--listen ADDR] [--dir DIR] [--tenants N] [--users N] [--per-second N] [--seed N]
                       [--faults LIST] [--fault-seed N] [--quota N] [--latency D] [--skew D]

Flags:
    --listen ADDR      where it answers (127.0.0.1:8443)
    --name HOST        the host name that clients reach it by, where that is not the address
    --dir DIR          where it writes what a client needs: config.yaml, ca.pem and client-secret (simulated-tenant)
    --tenants N        tenants; the first is always the same, the others follow from the seed (1)
    --users N          people in a tenant (25)
    --per-second N     records a second and tenant, besides the intruder's (3)
    --seed N           another seed is another day (1)
    --faults LIST      faults, each with a probability or its usual one, or all: throttle-403=0.1,cut-body
    --fault-seed N     another seed strikes other requests, pages and blobs (1)
    --large-blob N     megabytes of the blob that the fault large-blob offers (100)
    --quota N          requests a tenant may make in any 60 seconds; more are answered with AF429 (no limit)
    --latency D        time before each answer (0s)
    --skew D           by how much its clock is ahead, or with a minus behind (0s)

The intruder comes once, at the start. The certificate authority is kept in --dir, with its key in ca-key.pem, so that
a worker goes on when the simulation is started again. It is renewed a month before it expires: then start the worker
again, too.

Faults of requests (of any four askings in a row for one thing, one is spared these and those of bodies and listings):
    throttle-403               AF429 with status 403, as Microsoft's reference prints it
    throttle-403-retry-after   the same, with Retry-After
    throttle-429               AF429 with status 429
    throttle-429-retry-after   the same, with Retry-After
    af50000, af50005, af50006  status 500 with that code
    timeout-408                status 408 with a gateway's page
    gateway-503                status 503 with a gateway's page
    token-refused              status 401 once, for a token that is accepted before and after
    token-revoked              status 401 for a token one to three minutes old, until it is renewed
    unsubscribed               the subscription is gone (AF20022) until it is started again; its content goes on
    disabled                   the subscription is disabled (AF20023) until it is started again; its content goes on
    already-enabled            a start takes effect and is answered with AF20024
    not-yet                    content that was only just listed is answered with AF20052
Neither of the two that last until a start comes within 15 minutes of the last one.
Faults of bodies:
    slow-body                  a body trickles
    cut-body                   the connection breaks within a body
    corrupt-page               a page of a listing is no JSON
Faults of listings:
    partial-listing            content of the last hour is missing from up to three listings
    listed-again               a page lists content of other windows and pages, too
    listed-twice               a page lists the same content twice
    reordered                  a page's blobs, and a blob's records, are in no order
    empty-page                 an empty page whose NextPageUri leads to what it should have held
    page-spelling              NextPageUri spells its parameters in another case
    page-v1                    NextPageUri has /api/v1/ in place of /api/v1.0/
    foreign-page               NextPageUri names another host, which takes whatever it is sent and counts it
    foreign-blob               a contentUri names that host
Faults of content:
    late-listing               content becomes listable hours or days after its contentCreated
    late-records               records are days older than their content
    redelivered                records come again in other content, seconds, minutes or days later
    corrupt-blob               a body breaks off, is garbage, or holds a record that is no JSON; it stays so
    expired                    content is listed and then always answered with AF20051
    vanished                   content is listed and then always answered with AF20050
    large-blob                 one blob of --large-blob megabytes a tenant

Example:
    $ ualstream simulate --faults all &
    $ ualstream run --embedded --config simulated-tenant/config.yaml --sinks text
`

// simulation is what the flags of simulate say.
type simulation struct {
	listen, dir, faults string
	tenants, users      int
	perSecond           float64
	largeMegabytes      int64
	cloud               cloudsim.Config
}

func simulate(ctx context.Context, e *env, args []string) error {
	s, err := e.simulation(args)
	if err != nil {
		return err
	}
	if s.cloud.Authority, err = keepAuthority(s.dir, time.Now()); err != nil {
		return err
	}
	cloud, err := startCloud(s.listen, s.cloud)
	if err != nil {
		return err
	}
	defer cloud.Close()
	config, err := writeClientFiles(s.dir, cloud)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "simulated Microsoft 365 at %s, tenant %s (contoso.example)\nits configuration: ualstream run --embedded --config %s\n",
		cloud.URL(), cloudsim.DefaultTenant, config)
	day := cloudsim.DemoDay()
	day.PerSecond = s.perSecond
	if err := cloud.Play(ctx, day); err != nil || s.faults == "" {
		return err
	}
	fmt.Fprintln(e.stderr, outcomeOf(cloud))
	return nil
}

// simulation reads the flags.
func (e *env) simulation(args []string) (*simulation, error) {
	s, fs := &simulation{}, newFlags("simulate")
	fs.StringVar(&s.listen, "listen", "127.0.0.1:8443", "")
	fs.StringVar(&s.cloud.Host, "name", "", "")
	fs.StringVar(&s.dir, "dir", "simulated-tenant", "")
	fs.IntVar(&s.tenants, "tenants", 1, "")
	fs.IntVar(&s.users, "users", 25, "")
	fs.Float64Var(&s.perSecond, "per-second", 3, "")
	fs.Uint64Var(&s.cloud.Seed, "seed", 1, "")
	fs.StringVar(&s.faults, "faults", "", "")
	fs.Uint64Var(&s.cloud.FaultSeed, "fault-seed", 1, "")
	fs.Int64Var(&s.largeMegabytes, "large-blob", 100, "")
	fs.IntVar(&s.cloud.Quota, "quota", 0, "")
	fs.DurationVar(&s.cloud.Latency, "latency", 0, "")
	fs.DurationVar(&s.cloud.Skew, "skew", 0, "")
	if err := e.noOperands(fs, simulateUsage, args); err != nil {
		return nil, err
	}
	switch {
	case s.tenants < 1:
		return nil, wrongUse(seeHelp(fs), "--tenants %d: want one at least", s.tenants)
	case s.cloud.Quota < 0 || s.cloud.Latency < 0 || s.largeMegabytes < 1:
		return nil, wrongUse(seeHelp(fs), "--quota and --latency cannot be negative, and --large-blob is one megabyte at least")
	}
	var err error
	if s.cloud.Faults, err = cloudsim.ParseFaults(s.faults); err != nil {
		return nil, wrongUse("'ualstream help simulate' says what each fault does", "--faults: %v", err)
	}
	s.cloud.LargeBlob = s.largeMegabytes * 1_000_000
	s.cloud.Tenants = simulatedTenants(s.cloud.Seed, s.tenants, s.users)
	return s, nil
}

// outcomeOf says what a client that makes no mistake has by now, so that one can be judged by it.
func outcomeOf(cloud *cloudsim.Cloud) string {
	k := cloud.Reckon()
	requests, withToken := cloud.Foreign()
	return fmt.Sprintf("of the records listed, %d can be had and %d cannot; %d blobs are lost, wholly or in part; %d records were not listed\n"+
		"%d requests went to the foreign host, %d of them with a token", len(k.Events), len(k.Missing), len(k.Lost), len(k.Unlisted), requests, withToken)
}

// companies own the simulated tenants.
var companies = []string{"contoso", "fabrikam", "adatum", "northwind", "litware", "proseware", "tailspin", "wingtip", "woodgrove"}

// simulatedTenants are tenants with their subscriptions already started, so that there is something to fetch.
func simulatedTenants(seed uint64, n, users int) []cloudsim.Tenant {
	var out []cloudsim.Tenant
	for i := range n {
		id, domain := cloudsim.DefaultTenant, fmt.Sprintf("tenant%d.example", i+1)
		if i > 0 {
			id = uuid.NewSHA1(uuid.MustParse(id), fmt.Appendf(nil, "%d %d", seed, i)).String()
		}
		if i < len(companies) {
			domain = companies[i] + ".example"
		}
		out = append(out, cloudsim.Tenant{ID: id, Domain: domain, Users: users, Enabled: schemas.ContentTypes})
	}
	return out
}

// startCloud starts a simulation that answers on addr.
func startCloud(addr string, c cloudsim.Config) (*cloudsim.Cloud, error) {
	if len(c.Tenants) == 0 {
		c.Tenants = simulatedTenants(c.Seed, 1, 0)
	}
	cloud, err := cloudsim.New(c)
	if err != nil {
		return nil, err
	}
	return cloud, cloud.Start(addr)
}

// writeClientFiles writes what a worker needs to fetch from the simulation and gives the configuration's path.
func writeClientFiles(dir string, cloud *cloudsim.Cloud) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", dir, err)
	}
	ca, secret, config := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client-secret"), filepath.Join(dir, "config.yaml")
	var text strings.Builder
	fmt.Fprintf(&text, `# Tenants of 'ualstream simulate', started %s.
endpoint: %s
authority: %s/
ca_file: %s
client_id: %s
client_secret_file: %s
poll_interval: 2s
tenants:
`, time.Now().UTC().Format(time.RFC3339), cloud.URL(), cloud.URL(), ca, cloudsim.DefaultClientID, secret)
	for _, t := range cloud.Tenants() {
		fmt.Fprintf(&text, "  - id: %s\n    name: %s\n", t.ID, t.Domain)
	}
	return config, writeFiles(dir, map[string][]byte{
		ca: cloud.CAPEM(), secret: []byte(cloudsim.DefaultClientSecret), config: []byte(text.String()),
	})
}

// writeFiles writes what nobody else on this machine may read.
func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder for what a client needs: %w", err)
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("write what a client needs: %w", err)
		}
	}
	return nil
}
