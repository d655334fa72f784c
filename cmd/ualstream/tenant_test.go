package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/doctor"
	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// site is a simulated tenant and a Kafka, for the commands that look after tenants.
type site struct {
	t      *testing.T
	cloud  *cloudsim.Cloud
	kafka  kafka.Config
	config string // names both
}

const tenant = cloudsim.DefaultTenant

// newSite gives a tenant in these states, with subscriptions to these content types, and a Kafka without topics.
func newSite(t *testing.T, states cloudsim.States, enabled ...string) *site {
	t.Helper()
	cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{Seed: 1, Tenants: []cloudsim.Tenant{
		{ID: tenant, Domain: "contoso.example", Enabled: enabled, States: states},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	broker, err := kafka.StartEmbedded(kafka.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	dir := t.TempDir()
	s := &site{t, cloud, broker.Config(), filepath.Join(dir, "config.yaml")}
	config := fmt.Sprintf("brokers: %q\nendpoint: %s\nauthority: %s\nca_file: %s\nclient_id: %s\nclient_secret_file: %s\n", s.kafka.Brokers[0],
		cloud.URL(), cloud.URL(), filepath.Join(dir, "ca.pem"), cloudsim.DefaultClientID, filepath.Join(dir, "secret"))
	if err := writeFiles(dir, map[string][]byte{
		s.config: []byte(config), filepath.Join(dir, "ca.pem"): cloud.CAPEM(), filepath.Join(dir, "secret"): []byte(cloudsim.DefaultClientSecret),
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a command as its user does and gives what it wrote, without the secret that it must not write.
func (s *site) run(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, problems bytes.Buffer
	e := &env{strings.NewReader(""), &out, &problems, func(string) string { return "" }}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	code = e.exitCode(e.dispatch(ctx, append(args, "--config", s.config)))
	for _, private := range []string{cloudsim.DefaultClientSecret, "eyJ"} {
		if strings.Contains(out.String()+problems.String(), private) {
			s.t.Errorf("%v writes %q", args, private)
		}
	}
	return code, out.String(), problems.String()
}

// report runs the doctor.
func (s *site) report(args ...string) doctor.Report {
	s.t.Helper()
	code, out, problems := s.run(append([]string{"doctor", "--json"}, args...)...)
	var r doctor.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		s.t.Fatalf("%v: %s%s", err, out, problems)
	}
	if (code == exitFailed) != (len(failures(r)) > 0) {
		s.t.Errorf("doctor exits with %d: %s%s", code, out, problems)
	}
	return r
}

// named gives the names of the checks in that state in a table.
func named(table string, state doctor.State) (names []string) {
	for line := range strings.SplitSeq(table, "\n") {
		if rest, found := strings.CutPrefix(line, string(state)+" "); found {
			name, _, _ := strings.Cut(strings.TrimLeft(rest, " "), "  ")
			names = append(names, name)
		}
	}
	return names
}

// cluster connects to the site's Kafka as another program would.
func (s *site) cluster() *kafka.Cluster {
	s.t.Helper()
	cluster, err := kafka.Connect(s.kafka)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(cluster.Close)
	return cluster
}

// entry gives what the tenants topic says of the tenant.
func (s *site) entry() doctor.Entry {
	s.t.Helper()
	entries, err := doctor.Roll(s.t.Context(), s.cluster())
	if err != nil {
		s.t.Fatal(err)
	}
	return entries[tenant]
}

// happened writes events of the tenant as normalize does, with these operations.
func (s *site) happened(operations ...string) {
	s.t.Helper()
	var events []schemas.Message
	for _, name := range operations {
		m := schemas.Message{Topic: schemas.TopicEvents, Key: []byte(tenant), Value: []byte("{}"), Time: time.Now()}
		m.SetHeader(schemas.HeaderTenant, tenant)
		m.SetHeader(schemas.HeaderSource, "Audit.Exchange")
		m.SetHeader(schemas.HeaderOperation, name)
		events = append(events, m)
	}
	cluster := s.cluster()
	if err := cluster.Prepare(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := cluster.Produce(s.t.Context(), events); err != nil {
		s.t.Fatal(err)
	}
}

// wellAudited is what a tenant records in which there is nothing to turn on.
var wellAudited = []string{"Move", "SearchQueryInitiatedExchange", "TIMailData"}

func TestConnectAndDoctorNameExactlyWhatIsAtFault(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup // at once, however few processors there are: each waits most of the time
	for _, test := range []struct {
		state cloudsim.State
		check string // that is at fault
		fix   string
		dlp   bool
		mends bool // connect does
	}{
		{state: cloudsim.AuditingOff, check: "auditing", fix: "    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true"},
		{state: cloudsim.NoConsent, check: "consent", fix: "/" + tenant + "/adminconsent?client_id=" + cloudsim.DefaultClientID},
		{state: cloudsim.MissingRole, check: "permissions", fix: "as application permission, ActivityFeed.Read; then"},
		{state: cloudsim.MissingDLPRole, check: "permissions", fix: "ActivityFeed.Read and ActivityFeed.ReadDlp; then", dlp: true},
		{state: cloudsim.WrongCloud, check: "tenant and cloud", fix: "--cloud gcc-high"},
		{state: cloudsim.ExpiredSecret, check: "credential", fix: "make a new secret"},
		{state: cloudsim.DisabledSubscription, check: "Audit.Exchange", fix: "    ualstream connect " + tenant, mends: true},
		{state: cloudsim.SkewedClock, check: "clock", fix: "timedatectl set-ntp true"},
		{state: cloudsim.QuotaExhausted, check: "quota", fix: "--quota"},
	} {
		all.Go(func() {
			t.Run(string(test.state), func(t *testing.T) {
				s := newSite(t, cloudsim.States{test.state}, "Audit.Exchange")
				s.happened(wellAudited...)
				types := "Audit.Exchange"
				if test.dlp {
					types = "DLP.All"
				}
				configured := schemas.Tenant{ID: tenant, ContentTypes: []string{types}}
				if err := remember(t.Context(), s.cluster())(doctor.Entry{Tenant: configured, Connected: true}); err != nil {
					t.Fatal(err)
				}

				at := failures(s.report())
				if len(at) != 1 || at[0].Name != test.check || !strings.Contains(at[0].Fix, test.fix) {
					t.Errorf("doctor says that these are at fault: %+v, want %s, mended by %q", at, test.check, test.fix)
				}

				code, out, problems := s.run("connect", tenant, "--content-types", types)
				if names := named(out, doctor.Warning); test.mends && (code != exitDone || !slices.Contains(names, test.check)) {
					t.Errorf("connect exits with %d and warns of %v, want %s: %s%s", code, names, test.check, out, problems)
				}
				if names := named(out, doctor.Failed); !test.mends && (code != exitFailed || !slices.Equal(names, []string{test.check})) {
					t.Errorf("connect exits with %d and says that %v are at fault, want %s: %s%s", code, names, test.check, out, problems)
				}
				if flat := strings.Join(strings.Fields(out), " "); !test.mends && !strings.Contains(flat, strings.TrimSpace(test.fix)) {
					t.Errorf("connect does not say that it is mended by %q:\n%s", test.fix, out)
				}
			})
		})
	}
	all.Wait()
}

// failures gives the checks that failed.
func failures(r doctor.Report) (list []doctor.Check) { return inState(r, doctor.Failed) }

func inState(r doctor.Report, state doctor.State) (list []doctor.Check) {
	for _, s := range r.Sections {
		for _, c := range s.Checks {
			if c.State == state {
				list = append(list, c)
			}
		}
	}
	return list
}

func TestDoctorWarnsOfRecordsThatATenantDoesNotHave(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, "Audit.Exchange")
	s.happened("MoveToDeletedItems", "TIMailData")
	if code, out, problems := s.run("connect", tenant, "--content-types", "Audit.Exchange"); code != exitDone {
		t.Fatalf("connect exits with %d: %s%s", code, out, problems)
	}
	warned := func() (names []string) {
		r := s.report()
		for _, c := range inState(r, doctor.Warning) {
			if c.Name != "topics" && c.Name != "Audit.Exchange" && c.Name != "stages" { // one broker, no content, no worker
				names = append(names, c.Name)
			}
		}
		if len(failures(r)) > 0 {
			t.Errorf("failed: %+v", failures(r))
		}
		return names
	}
	if got := warned(); !slices.Equal(got, []string{"mailbox action Move", "mailbox search"}) {
		t.Errorf("warns of %v", got)
	}
	s.happened("Move", "SearchQueryInitiatedExchange")
	if got := warned(); len(got) > 0 {
		t.Errorf("warns of %v after they were there", got)
	}
}

func TestConnectStartsSavesAndKeepsWhatIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	const group = "0A1B2C3D-1111-4222-8333-444455556666"
	code, out, problems := s.run("connect", "Contoso.Example", "--name", "Contoso", "--domains", "Contoso.com,contoso.com", "--uncounted-groups", group, "--dlp")
	if code != exitDone || problems != "" {
		t.Fatalf("exits with %d: %s%s", code, out, problems)
	}
	want := schemas.Tenant{V: schemas.TenantVersion, ID: tenant, Name: "Contoso", ContentTypes: append(slices.Clone(schemas.ContentTypes), "DLP.All"),
		Domains: []string{"contoso.com", "contoso.example"}, UncountedGroups: []string{strings.ToLower(group)}}
	if e := s.entry(); !e.Connected || fmt.Sprint(e.Tenant) != fmt.Sprint(want) {
		t.Errorf("kept %+v, want %+v", e.Tenant, want)
	}
	for _, line := range []string{"DLP.All                     enabled ", "Audit.Exchange              enabled ", "workers that run begin to fetch it within seconds", "No content yet"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not in:\n%s", line, out)
		}
	}
	starts := s.entry().Starts

	_, out, _ = s.run("connect", tenant)
	if e := s.entry(); !strings.Contains(out, "it was connected before, and nothing has changed") || fmt.Sprint(e.Tenant) != fmt.Sprint(want) {
		t.Errorf("the second time it keeps %+v, want %+v, and says:\n%s", e.Tenant, want, out)
	}
	if code, out, _ = s.run("connect", tenant, "--name", "Contoso Ltd", "--domains", "none", "--dlp=false"); code != exitDone {
		t.Fatalf("the third time it exits with %d: %s", code, out)
	}
	want.Name, want.Domains, want.ContentTypes = "Contoso Ltd", nil, schemas.ContentTypes
	if e := s.entry(); fmt.Sprint(e.Tenant) != fmt.Sprint(want) || fmt.Sprint(e.Starts) != fmt.Sprint(starts) {
		t.Errorf("kept %+v with starts %v, want %+v with %v", e.Tenant, e.Starts, want, starts)
	}
}

func TestTheCommandThatDoctorNamesMendsAsItIsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t, cloudsim.States{cloudsim.DisabledSubscription}, "Audit.Exchange")
	configured := schemas.Tenant{ID: tenant, ContentTypes: []string{"Audit.Exchange"}}
	s.happened()
	if err := remember(t.Context(), s.cluster())(doctor.Entry{Tenant: configured, Connected: true}); err != nil {
		t.Fatal(err)
	}
	at := failures(s.report())
	if len(at) != 1 {
		t.Fatalf("these are at fault: %+v", at)
	}
	_, command, _ := strings.Cut(at[0].Fix, "    ualstream ")
	var out bytes.Buffer
	e := &env{strings.NewReader(""), &out, &out, func(string) string { return "" }}
	if code := e.exitCode(e.dispatch(t.Context(), strings.Fields(command))); code != exitDone {
		t.Errorf("%q exits with %d: %s", command, code, &out)
	}
}

func TestFlagsAreTypedAgainAsAShellReadsThem(t *testing.T) {
	fs, c := newFlags("doctor"), &config{}
	c.tenantFlags(fs)
	e := &env{getenv: func(name string) string { return map[string]string{"UALSTREAM_CLOUD": "gcc"}[name] }}
	if _, err := e.parse(fs, "", []string{"--embedded", "--data", "my broker's", "--config=a.yaml", "--log-level", "info", "--kafka-tls=false"}); err != nil {
		t.Fatal(err)
	}
	if got, want := e.again(fs, "log-level"), ` --config a.yaml --data 'my broker'\''s' --embedded --kafka-tls=false`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNoSubscriptionIsStartedTwiceWithin15Minutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, cloudsim.States{cloudsim.AuditingOff})
	first, _, _ := s.run("connect", tenant)
	at := s.entry()
	if err := s.cloud.SetStates(tenant, nil); err != nil { // so that another start would succeed
		t.Fatal(err)
	}
	second, out, _ := s.run("connect", tenant)
	if first != exitFailed || second != exitFailed || !strings.Contains(strings.Join(strings.Fields(out), " "), "it must not be asked again for 1") {
		t.Errorf("exits with %d and %d, saying:\n%s", first, second, out)
	}
	if e := s.entry(); e.Connected || !e.Starts["Audit.Exchange"].NoAudit || e.Starts["Audit.Exchange"] != at.Starts["Audit.Exchange"] {
		t.Errorf("remembered %+v, before %+v", e, at)
	}
	if found := failures(s.report(tenant)); len(found) != 1 || found[0].Name != "auditing" {
		t.Errorf("doctor says that these are at fault: %+v", found)
	}
	long := s.entry().With("Audit.Exchange", schemas.Start{At: time.Now().Add(-16 * time.Minute), NoAudit: true})
	if err := remember(t.Context(), s.cluster())(long); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := s.run("connect", tenant); code != exitDone {
		t.Errorf("after 16 minutes it exits with %d:\n%s", code, out)
	}
}

func TestConsentOnItsPageIsAllThatWasMissing(t *testing.T) {
	t.Parallel()
	s := newSite(t, cloudsim.States{cloudsim.NoConsent})
	code, out, _ := s.run("connect", tenant)
	if code != exitFailed {
		t.Fatalf("without consent it exits with %d:\n%s", code, out)
	}
	link := ""
	for word := range strings.FieldsSeq(out) {
		if strings.Contains(word, "/adminconsent?") {
			link = word
		}
	}
	consent(t, s.cloud, link)
	if code, out, _ := s.run("connect", tenant); code != exitDone {
		t.Errorf("after consent it exits with %d:\n%s", code, out)
	}
}
