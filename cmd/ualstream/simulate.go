package main

import (
	"context"
	"fmt"
	"time"

	"ualstream/ingest/cloudsim"
)

const simulateUsage = `Simulate Microsoft's side: the login service and the Office 365 Management Activity API over HTTPS, with tenants
whose users, services and intruder leave audit records, and with every fault of the real thing.

Usage:
    ualstream simulate [--listen ADDR] [--dir DIR] [--tenant-count N] [--users N] [--per-second N] [--seed N]
                       [--no-subscriptions] [--states LIST] [--faults LIST] [--fault-seed N] [--quota N]
                       [--latency D] [--skew D]

Flags:
    --listen ADDR       where it answers (127.0.0.1:8443)
    --name HOST         the host name that clients reach it by, where that is not the address
    --dir DIR           where it writes what a client needs: config.yaml, ca.pem and client-secret (simulated-tenant)
    --tenant-count N    tenants; the first is always the same, the others follow from the seed (1)
    --users N           people in a tenant (25)
    --per-second N      records a second and tenant, besides the intruder's (3)
    --seed N            another seed is another day (1)
    --no-subscriptions  the tenants have no subscription, and config.yaml names none of them: connect them
    --states LIST       states of all tenants, or of one: auditing-off,fabrikam.example=no-consent
    --faults LIST       faults, each with a probability or its usual one, or all: throttle-403=0.1,cut-body
    --fault-seed N      another seed strikes other requests, pages and blobs (1)
    --large-blob N      megabytes of the blob that the fault large-blob offers (100)
    --quota N           requests a tenant may make in any 60 seconds; more are answered with AF429 (no limit)
    --latency D         time before each answer (0s)
    --skew D            by how much its clock is ahead, or with a minus behind (0s)

The intruder comes once: at the start, or five seconds after the first subscription is started where there was none.
The certificate authority is kept in --dir, with its key in ca-key.pem, so that a worker goes on when the simulation is
started again. It is renewed a month before it expires: then start the worker again, too.

States of a tenant:
    auditing-off               nothing is recorded, no subscription can be started; a tenant that begins so has none
    no-consent                 the app is not in the tenant (AADSTS700016) until somebody accepts it at /TENANT/adminconsent
    missing-role               tokens have no ActivityFeed.Read (AF10001)
    missing-dlp-role           tokens have no ActivityFeed.ReadDlp (AF10001 for the content of DLP.All)
    wrong-cloud                the tenant is one of another national cloud (AADSTS90002, and status 401 of the API)
    expired-secret             the app's secret has expired (AADSTS7000222)
    disabled-subscription      the subscriptions are disabled (AF20023) until each is started again
    skewed-clock               Microsoft's clock is ten minutes ahead
    no-mailbox-actions         Move and SearchQueryInitiated are not recorded
    no-defender                there are no records of Defender for Office 365
    quota-exhausted            every request is answered with AF429, but the one after two minutes without any

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
	config, err := writeClientFiles(s.dir, cloud, s.listed())
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "simulated Microsoft 365 at %s, tenant %s (contoso.example)\nits configuration: ualstream run --embedded --config %s\n",
		cloud.URL(), cloudsim.DefaultTenant, config)
	if s.unsubscribed {
		fmt.Fprintf(e.stderr, "it has no subscription yet: ualstream connect contoso.example --embedded --config %s\n", config)
	}
	day := cloudsim.DemoDay()
	day.PerSecond = s.perSecond
	if err := cloud.Play(ctx, day); err != nil || s.faults == "" {
		return err
	}
	fmt.Fprintln(e.stderr, outcomeOf(cloud))
	return nil
}

// outcomeOf says what a client that makes no mistake has by now, so that one can be judged by it.
func outcomeOf(cloud *cloudsim.Cloud) string {
	k := cloud.Reckon()
	requests, withToken := cloud.Foreign()
	return fmt.Sprintf("of the records listed, %d can be had and %d cannot; %d blobs are lost, wholly or in part; %d records were not listed\n"+
		"%d requests went to the foreign host, %d of them with a token", len(k.Events), len(k.Missing), len(k.Lost), len(k.Unlisted), requests, withToken)
}
