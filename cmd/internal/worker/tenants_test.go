package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

const fabrikam = "9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01"

// heard passes on the messages of a log, for a test to wait for.
type heard struct {
	slog.Handler
	messages chan string
}

func (h heard) Handle(ctx context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool { text.WriteString(" " + a.String()); return true })
	h.messages <- text.String()
	return h.Handler.Handle(ctx, r)
}

func (h heard) Enabled(context.Context, slog.Level) bool { return true }
func (h heard) WithAttrs(attrs []slog.Attr) slog.Handler {
	return heard{h.Handler.WithAttrs(attrs), h.messages}
}

func listen(t *testing.T) (log *slog.Logger, wait func(part string)) {
	messages := make(chan string, 10_000)
	return slog.New(heard{slog.NewTextHandler(t.Output(), nil), messages}), func(part string) {
		t.Helper()
		over := time.After(patience)
		for {
			select {
			case m := <-messages:
				if strings.Contains(m, part) {
					return
				}
			case <-over:
				t.Fatalf("the log never said %q", part)
			}
		}
	}
}

// write writes messages to Kafka as another program would.
func write(t *testing.T, k kafka.Config, messages ...schemas.Message) {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if _, err := cluster.Produce(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
}

func entry(t *testing.T, tenant schemas.Tenant) schemas.Message {
	t.Helper()
	m, err := tenant.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func offerTo(t *testing.T, cloud *cloudsim.Cloud, tenant, id string) string {
	t.Helper()
	blob, err := cloud.Offer(tenant, "Audit.Exchange", time.Now(), record(id))
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

func TestTenantsAreAddedAndRemovedWhileItRuns(t *testing.T) {
	cloud, k := startCloudOf(t, cloudsim.DefaultTenant, fabrikam), testKafka(t)
	log, wait := listen(t)
	o := options(log, cloud.URL(), transport(cloud), k)
	o.Tenants, o.Stages = nil, []string{worker.StageIngest}
	start(t, o)
	wait("no tenant is connected yet")

	contoso := schemas.Tenant{ID: strings.ToUpper(cloudsim.DefaultTenant), ContentTypes: []string{"audit.exchange"}}
	write(t, k, entry(t, contoso))
	stored(t, k, offerTo(t, cloud, cloudsim.DefaultTenant, "first"))
	write(t, k, entry(t, schemas.Tenant{ID: fabrikam, ContentTypes: schemas.ContentTypes}))
	stored(t, k, offerTo(t, cloud, fabrikam, "second"))

	write(t, k, schemas.Message{Topic: schemas.TopicTenants, Key: []byte(contoso.ID)})
	wait("no longer collected")
	offerTo(t, cloud, cloudsim.DefaultTenant, "too late")
	stored(t, k, offerTo(t, cloud, fabrikam, "third"))
	raw := map[string]bool{}
	follow(t, k, schemas.TopicRaw, func(m schemas.Message) bool { raw[string(m.Key)] = true; return len(raw) == 3 })
	if raw["too late"] || !raw["first"] || !raw["second"] || !raw["third"] {
		t.Errorf("stored %v, want the first, the second and the third", raw)
	}
}

func TestATenantOfTheTopicIsCollectedAfterARestart(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	o := options(logger(t), cloud.URL(), transport(cloud), k)
	o.Stages = []string{worker.StageIngest}
	o.Tenants = nil
	write(t, prepared(t, k), entry(t, schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: schemas.ContentTypes}))
	start(t, o)
	stored(t, k, offerTo(t, cloud, cloudsim.DefaultTenant, "one"))
}

func TestAWorkerDoesNotStartWhatWasStartedAMomentAgo(t *testing.T) {
	cloud, k := startCloudWith(t, cloudsim.Config{Tenants: []cloudsim.Tenant{{ID: fabrikam, Domain: "fabrikam.example"}}}), testKafka(t)
	log, wait := listen(t)
	o := options(log, cloud.URL(), transport(cloud), prepared(t, k))
	o.Tenants, o.Stages = nil, []string{worker.StageIngest}
	m := entry(t, schemas.Tenant{ID: fabrikam, ContentTypes: []string{"Audit.Exchange"}})
	if err := m.Remember(map[string]schemas.Start{"Audit.Exchange": {At: time.Now().Add(-time.Minute)}}); err != nil {
		t.Fatal(err)
	}
	write(t, k, m)
	start(t, o)
	wait("it was started and is not listed yet: start again in 1")
	if _, err := cloud.Offer(fabrikam, "Audit.Exchange", time.Now(), record("one")); !errors.Is(err, cloudsim.ErrNotSubscribed) {
		t.Errorf("error %v, want that nobody has started it", err)
	}
}

func TestAnEntryThatCannotBeReadIsToldAndChangesNothing(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	log, wait := listen(t)
	o := options(log, cloud.URL(), transport(cloud), prepared(t, k))
	o.Stages = []string{worker.StageIngest}
	id := []byte(cloudsim.DefaultTenant)
	for _, broken := range []string{`{"id":`, `{"v":1,"id":"contoso","content_types":["Audit.Exchange"]}`, `{"v":1,"id":"` + fabrikam + `","content_types":["Audit.Ex"]}`} {
		write(t, k, schemas.Message{Topic: schemas.TopicTenants, Key: id, Value: []byte(broken)})
	}
	start(t, o)
	for range 3 {
		wait("cannot be read: the tenant stays as it was")
	}
	stored(t, k, offerTo(t, cloud, cloudsim.DefaultTenant, "one"))
}

func TestTheConfigurationCountsForATenantThatTheTopicNamesToo(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	log, wait := listen(t)
	o := options(log, cloud.URL(), transport(cloud), prepared(t, k))
	o.Stages = []string{worker.StageIngest}
	other := entry(t, schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: []string{"Audit.SharePoint"}})
	write(t, k, other, schemas.Message{Topic: other.Topic, Key: other.Key}, schemas.Message{Topic: other.Topic, Key: other.Key, Value: []byte("{")})
	start(t, o)
	wait("the tenant stays as it was") // the last entry has been read
	stored(t, k, offerTo(t, cloud, cloudsim.DefaultTenant, "one"))
}

func TestAnEntryOfALaterVersionStopsIngest(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	write(t, prepared(t, k), schemas.Message{Topic: schemas.TopicTenants, Key: []byte(fabrikam), Value: []byte(`{"v":99}`)})
	w, err := worker.New(options(logger(t), cloud.URL(), transport(cloud), k))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("got %v, want an error that names the version", err)
	}
}

func prepared(t *testing.T, k kafka.Config) kafka.Config {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}
