package verify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/publish"
	"ualstream/schemas"
)

// patience is how long a test waits for what must happen before it fails: long, for the race detector on a busy machine.
const patience = 3 * time.Minute

// prepared gives the topics of a deployment of the test's own, on an embedded broker or on the one that the environment
// names.
func prepared(t testing.TB) *kafka.Cluster {
	t.Helper()
	config := kafka.Config{Brokers: strings.Split(os.Getenv("UALSTREAM_TEST_BROKERS"), ","), Prefix: fmt.Sprintf("verify-%d", time.Now().UnixNano())}
	if config.Brokers[0] == "" {
		broker, err := kafka.StartEmbedded(kafka.Embedded{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(broker.Close)
		config = broker.Config()
	}
	config.Partitions = 3
	config.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cluster, err := kafka.Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	if err := cluster.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	return cluster
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func produce(t testing.TB, cluster *kafka.Cluster, messages ...schemas.Message) {
	t.Helper()
	if _, err := cluster.Produce(within(t), messages); err != nil {
		t.Fatal(err)
	}
}

// rawAt is a record of contoso that was received so long ago.
func rawAt(id string, received time.Duration) schemas.Message {
	return schemas.Raw{
		Tenant: contoso, Source: exchange, ContentID: "blob of " + id, ContentCreated: time.Now().Add(-received), Received: time.Now().Add(-received),
		Body: []byte(record(id, time.Now().Add(-received).UTC().Format("2006-01-02T15:04:05"), "Exchange", 2)),
	}.Message()
}

// normalized makes what normalize would of the raw topic, as far as it is there, and has it commit: each record becomes
// what become gives.
func normalized(t testing.TB, cluster *kafka.Cluster, become func(schemas.Message) []schemas.Message) {
	t.Helper()
	ctx, stop := context.WithCancel(within(t))
	defer stop()
	ended := make(chan error, 1)
	var mu sync.Mutex
	alone := func(m schemas.Message) []schemas.Message {
		mu.Lock()
		defer mu.Unlock()
		return become(m)
	}
	go func() {
		ended <- cluster.Run(ctx, kafka.Stage{Group: "normalize", From: schemas.TopicRaw, New: func(int) kafka.Transform { return outcome(alone) }})
	}()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		lag, err := cluster.Lag(ctx, "normalize", schemas.TopicRaw)
		if err != nil {
			t.Fatal(err)
		}
		if lag == 0 {
			break
		}
		<-tick.C
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// consumed has normalize commit what is there, and write nothing.
func consumed(t testing.TB, cluster *kafka.Cluster) {
	t.Helper()
	normalized(t, cluster, func(schemas.Message) []schemas.Message { return nil })
}

type outcome func(schemas.Message) []schemas.Message

func (b outcome) Process(_ context.Context, batch []schemas.Message) (out []schemas.Message, _ error) {
	for _, m := range batch {
		out = append(out, b(m)...)
	}
	return out, nil
}

func (outcome) Done() {}

func gathered(t *testing.T, cluster *kafka.Cluster, o Options) Report {
	t.Helper()
	if o.Since == 0 {
		o.Since = 7 * day
	}
	r, err := Gather(within(t), cluster, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// covered is a day entry that says that all seven days were listed.
func covered() schemas.Day {
	return schemas.Day{Tenant: contoso, ContentType: exchange, Day: schemas.DayOf(time.Now()), At: time.Now(),
		Covered: []schemas.Span{{From: time.Now().Add(-8 * day), To: time.Now()}}}
}

func TestEveryRecordIsAccountedFor(t *testing.T) {
	cluster := prepared(t)
	events := func(m schemas.Message) []schemas.Message { return []schemas.Message{eventMessage(t, m)} }
	old := []schemas.Message{rawAt("old", 12*day), rawAt("old reject", 12*day), rawAt("forgotten", 12*day)}
	produce(t, cluster, old...)
	produce(t, cluster, rawAt("event", time.Hour), rawAt("reject", time.Hour), rawAt("too large", time.Hour), rawAt("lost", time.Hour),
		rawAt("again", 2*time.Hour), rawAt("again", time.Hour), rawAt("lost, again", 2*time.Hour), rawAt("lost, again", time.Hour),
		rawAt("twice", time.Hour), rawAt("aborted", time.Hour), rawAt("old", time.Hour), rawAt("old reject", time.Hour), rawAt("forgotten", time.Hour))
	seen := map[string]bool{}
	normalized(t, cluster, func(m schemas.Message) []schemas.Message {
		switch key := string(m.Key); {
		case seen[key] || strings.HasPrefix(key, "lost") || key == "aborted" || key == "forgotten":
			return nil
		case strings.HasSuffix(key, "reject"):
			seen[key] = true
			return []schemas.Message{publish.Reject(m, "normalize", schemas.ErrNotObject)}
		case key == "too large":
			return []schemas.Message{publish.Reject(events(m)[0], "normalize", errors.New("larger than its topic accepts"))}
		case key == "twice":
			return slices.Concat(events(m), events(m))
		default:
			seen[key] = true
			return events(m)
		}
	})
	refused := cluster.Transact(within(t), "replay", func(write func(context.Context, []schemas.Message) error) error {
		large := eventMessage(t, rawAt("large", time.Hour))
		large.Value = make([]byte, 65<<20)
		return write(within(t), append(events(rawAt("aborted", time.Hour)), large))
	})
	if refused == nil {
		t.Fatal("a transaction was to be aborted")
	}
	produce(t, cluster, rawAt("not yet", time.Minute), message(t, covered()))

	r := gathered(t, cluster, Options{})
	var keys []string
	for _, one := range r.Records.Neither {
		keys = append(keys, one.Key)
		if one.Tenant != contoso || one.ContentType != exchange || one.ContentID != "blob of "+one.Key || one.Received.IsZero() {
			t.Errorf("%+v", one)
		}
		if ago := time.Since(one.Received); one.Key == "lost, again" && ago < 90*time.Minute {
			t.Errorf("a record that came twice was received %s ago, want the first time", ago)
		}
	}
	slices.Sort(keys)
	if got := strings.Join(keys, "; "); got != "aborted; forgotten; lost; lost, again" {
		t.Errorf("with neither event nor reject: %s", got)
	}
	if want := []Repeat{{contoso, "twice", 2}}; !slices.Equal(r.Records.Repeated, want) {
		t.Errorf("repeated: %+v", r.Records.Repeated)
	}
	if r.Records.NotNormalized != 1 {
		t.Errorf("%d are not yet normalized, want 1", r.Records.NotNormalized)
	}
	f := r.Tenants[0].Feeds[0]
	if f.Raw != 11 || f.Events != 4 || f.Rejects != 2 || f.Neither != 4 {
		t.Errorf("%d records, %d events, %d rejects, %d with neither; want 11, 4, 2 and 4", f.Raw, f.Events, f.Rejects, f.Neither)
	}
	if got := r.Verdict(); got != "4 missing, and 1 event is there more than once" {
		t.Error(got)
	}
}

// partsOf gives the sum and what it is made of.
func partsOf(r Report) string {
	var parts []string
	for _, p := range r.Parts {
		parts = append(parts, fmt.Sprint(p.Count, " ", p.What))
	}
	return fmt.Sprintf("%d missing: %s", r.Missing, strings.Join(parts, ", "))
}

func TestNothingIsMissingBeforeNormalizeHasBegun(t *testing.T) {
	cluster := prepared(t)
	produce(t, cluster, rawAt("a", time.Hour), rawAt("b", time.Hour), message(t, covered()))
	if r := gathered(t, cluster, Options{}); r.Missing != 0 || r.Records.NotNormalized != 2 ||
		r.Verdict() != "complete, as far as normalize has come: 2 messages to go" {
		t.Errorf("%s, %d not yet normalized", r.Verdict(), r.Records.NotNormalized)
	}
}

func TestOneTenantAloneIsLookedAt(t *testing.T) {
	cluster := prepared(t)
	theirs := rawAt("theirs", time.Hour)
	theirs.SetHeader(schemas.HeaderTenant, strings.ToUpper(fabrikam))
	lost := blob("b", schemas.BlobLost, time.Hour)
	lost.Tenant, lost.Created, lost.At = fabrikam, time.Now().Add(-time.Hour), time.Now()
	produce(t, cluster, rawAt("ours", time.Hour), theirs, message(t, lost), message(t, covered()))
	consumed(t, cluster)
	for only, want := range map[string]string{
		"":       "3 missing: 1 lost blob, 2 records with neither event nor reject",
		contoso:  "1 missing: 1 record with neither event nor reject",
		fabrikam: "2 missing: 1 lost blob, 1 record with neither event nor reject",
	} {
		r := gathered(t, cluster, Options{Tenant: only})
		if got := partsOf(r); got != want {
			t.Errorf("%q: %s, want %s", only, got, want)
		}
		if only != "" && (len(r.Tenants) != 1 || r.Tenants[0].ID != only || r.Tenants[0].Connected) {
			t.Errorf("%q: %+v", only, r.Tenants)
		}
	}
	if _, err := Gather(within(t), cluster, Options{Tenant: "adatum", Since: day}); err == nil {
		t.Error("a tenant that nobody knows was looked at")
	}
}

func TestTheLedgersLossesSkipsAndDamagesAreMissing(t *testing.T) {
	cluster := prepared(t)
	lost := blob("lost", schemas.BlobLost, 0)
	lost.Created, lost.At, lost.Reason = time.Now().Add(-7*day), time.Now(), "404 AF20051: expired"
	skip := schemas.Skip{Stage: "normalize", Topic: "raw", Partition: 1, From: 3, To: 9, At: time.Now(), Reason: "it cannot be decoded"}
	damaged := schemas.Message{Topic: schemas.TopicLedger, Key: []byte(contoso + "/" + exchange + "/x"), Value: []byte("{")}
	produce(t, cluster, message(t, lost), message(t, skip), damaged, message(t, covered()))
	r := gathered(t, cluster, Options{})
	if got := partsOf(r); got != "3 missing: 1 lost blob, 1 skipped part of a topic, 1 unreadable entry of the ledger" {
		t.Error(got)
	}
	if l := r.Tenants[0].Feeds[0].Losses[0]; l.Reason != lost.Reason || !l.From.Equal(lost.Created) || !l.To.Equal(lost.Created) {
		t.Errorf("%+v", l)
	}
	later := damaged
	later.Value = []byte(`{"v":99}`)
	produce(t, cluster, later)
	_, err := Gather(within(t), cluster, Options{Since: day})
	if _, version := errors.AsType[*schemas.VersionError](err); !version {
		t.Errorf("an entry of a later version gave %v", err)
	}
}

func TestAnExportIsComparedWithWhatTheTopicsHold(t *testing.T) {
	cluster := prepared(t)
	produce(t, cluster, rawAt("both", 3*time.Hour), rawAt("here", 2*time.Hour), rawAt("both, too", time.Hour), message(t, covered()))
	normalized(t, cluster, func(m schemas.Message) []schemas.Message { return []schemas.Message{eventMessage(t, m)} })
	bodies := func(messages ...schemas.Message) (text string) {
		for _, m := range messages {
			text += string(m.Value) + "\n"
		}
		return text
	}
	whole := exportOf(t, bodies(rawAt("both", 3*time.Hour), rawAt("both, too", time.Hour)))
	r := gathered(t, cluster, Options{Export: whole})
	if c := r.Against; idsOf(c.NotHere) != "" || idsOf(c.NotThere) != "here" || c.Tenant != contoso || r.Missing != 0 {
		t.Errorf("%+v, %s", c, r.Verdict())
	}
	more := exportOf(t, bodies(rawAt("both", 3*time.Hour), rawAt("there", 2*time.Hour), rawAt("long ago", 90*day)))
	r = gathered(t, cluster, Options{Export: more})
	if c := r.Against; idsOf(c.NotHere) != "long ago there" || c.BeforeCoverage != 1 || partsOf(r) != "2 missing: 2 records that only the export has" {
		t.Errorf("%+v, %s", c, r.Verdict())
	}
}

// Until a worker has written what it covered, which may take a quarter of an hour, there is only what it has listed.
func TestATenantThatIsNewHasNoGap(t *testing.T) {
	types := []string{exchange, "Audit.General"}
	for name, c := range map[string]struct {
		heard time.Duration // when the ledger first heard of the tenant
		want  string
	}{
		"just now":    {10 * time.Minute, "0 missing: "},
		"an hour ago": {time.Hour, "2 missing: 2 gaps in the time covered"},
	} {
		cluster := prepared(t)
		b := blob("b", schemas.BlobStored, 0)
		b.Created, b.At = time.Now().Add(-day), time.Now().Add(-c.heard)
		produce(t, cluster, message(t, b))
		r := gathered(t, cluster, Options{Tenants: []schemas.Tenant{{ID: contoso, ContentTypes: types}}})
		if got := partsOf(r); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
