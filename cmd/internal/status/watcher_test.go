package status

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// patience is how long a test waits for what must happen before it fails.
const patience = 30 * time.Second

// connect gives a deployment of one partition on an embedded broker, without topics.
func connect(t *testing.T) *kafka.Cluster {
	t.Helper()
	broker, err := kafka.StartEmbedded(kafka.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	config := broker.Config()
	config.Partitions = 1
	cluster, err := kafka.Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

func prepared(t *testing.T) *kafka.Cluster {
	t.Helper()
	cluster := connect(t)
	if err := cluster.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	return cluster
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func write(t *testing.T, cluster *kafka.Cluster, messages ...schemas.Message) map[int]int64 {
	t.Helper()
	offsets, err := cluster.Produce(within(t), messages)
	if err != nil {
		t.Fatal(err)
	}
	return offsets
}

func look(t *testing.T, w *Watcher) Report {
	t.Helper()
	r, err := w.Look(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tenant(t *testing.T, id, name string, types ...string) schemas.Message {
	t.Helper()
	m, err := schemas.Tenant{ID: id, Name: name, ContentTypes: types}.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALookGoesOnWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	cluster := prepared(t)
	w := New(cluster, Options{Now: func() time.Time { return noon }, Tenants: []schemas.Tenant{{ID: contoso, Name: "Contoso", ContentTypes: []string{"Audit.Exchange"}}}})
	write(t, cluster, entry(t, blob("a", schemas.BlobStored, time.Hour, 3)), tenant(t, contoso, "another name", "DLP.All"), tenant(t, fabrikam, "Fabrikam", "Audit.General"),
		schemas.Message{Topic: schemas.TopicTenants, Key: []byte(fabrikam), Value: []byte("{")})
	silent := Tenant{ID: fabrikam, Name: "Fabrikam", Connected: true, Subscriptions: []Subscription{{ContentType: "Audit.General", Status: Unknown}}}
	first := Tenant{ID: contoso, Name: "Contoso", Connected: true, Subscriptions: []Subscription{
		{ContentType: "Audit.Exchange", Status: Unknown, Records24h: 3, LastContent: noon.Add(-61 * time.Minute)}}}
	if got, want := look(t, w), (Report{noon, []Tenant{silent, first}, []Stage{{"ingest", 0, 0}, {"normalize", 0, 0}, {"detect", 0, 0}}, nil}); !reflect.DeepEqual(got, want) {
		t.Errorf("first: %+v, want %+v", got, want)
	}

	write(t, cluster, entry(t, blob("b", schemas.BlobStored, time.Minute, 4)), entry(t, blob("c", schemas.BlobLost, time.Minute, 0)),
		schemas.Message{Topic: schemas.TopicTenants, Key: []byte(fabrikam)}, rawOf("2026-02-12T11:00:00", noon, noon.Add(time.Second)).Message())
	first.Subscriptions = []Subscription{{ContentType: "Audit.Exchange", Status: Unknown, Records24h: 7, Lost: 1,
		LastContent: noon.Add(-2 * time.Minute), Microsoft: time.Hour, Ours: time.Second}}
	got := look(t, w)
	if want := []Tenant{first}; !reflect.DeepEqual(got.Tenants, want) {
		t.Errorf("then: %+v, want %+v", got.Tenants, want)
	}
	if s := got.Stages; s[0].Rate <= 0 || s[1].Lag != 1 || s[1].Rate != 0 {
		t.Errorf("one record more, which nobody reads: %+v", s)
	}
}

func TestASmallTenantHasDelaysBesideALargeOne(t *testing.T) {
	t.Parallel()
	cluster := prepared(t)
	small := rawOf("2026-02-12T11:00:00", noon, noon.Add(time.Second))
	small.Tenant = fabrikam
	b := blob("small", schemas.BlobStored, 0, 1)
	b.Tenant, b.Offsets = fabrikam, write(t, cluster, small.Message())
	var noise []schemas.Message
	for i := range sampled + 10 {
		large := rawOf("2026-02-12T11:59:00", noon, noon.Add(time.Minute))
		large.Body = fmt.Appendf(nil, `{"Id":"%d"}`, i)
		noise = append(noise, large.Message())
	}
	write(t, cluster, noise...)
	astray := blob("astray", schemas.BlobStored, 0, 1)
	astray.ContentType, astray.Offsets = "Audit.General", map[int]int64{99: 7}
	write(t, cluster, entry(t, b), entry(t, blob("large", schemas.BlobStored, 0, 1)), entry(t, astray))

	got := map[string]time.Duration{}
	for _, one := range look(t, New(cluster, Options{Now: func() time.Time { return noon }})).Tenants {
		for _, s := range one.Subscriptions {
			got[one.ID+s.ContentType] = s.Ours
		}
	}
	if want := map[string]time.Duration{fabrikam + "Audit.Exchange": time.Second, contoso + "Audit.Exchange": time.Minute, contoso + "Audit.General": 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAKafkaWithoutTopicsIsLeftWithoutThem(t *testing.T) {
	t.Parallel()
	cluster := connect(t)
	for range 2 {
		_, err := Gather(within(t), cluster, Options{})
		missing, ok := errors.AsType[*MissingError](err)
		if !ok || len(missing.Topics) != len(schemas.Topics) {
			t.Fatalf("got %v, want all topics missing", err)
		}
	}
}

func TestAKafkaThatIsSilentIsTold(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cluster, err := kafka.Connect(kafka.Config{Brokers: []string{silent.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	w := New(cluster, Options{})
	w.patient = 50 * time.Millisecond
	if _, err := w.Look(within(t)); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %v, want ErrNoAnswer", err)
	}
}

func TestTopicsOfALaterProgramAreNotGuessedAt(t *testing.T) {
	t.Parallel()
	for _, topic := range []schemas.Topic{schemas.TopicLedger, schemas.TopicTenants} {
		cluster := prepared(t)
		write(t, cluster, schemas.Message{Topic: topic, Key: []byte(contoso + "/t/i"), Value: []byte(`{"v":99}`)})
		_, err := Gather(within(t), cluster, Options{})
		if _, later := errors.AsType[*schemas.VersionError](err); !later {
			t.Errorf("%s: got %v, want a VersionError", topic, err)
		}
	}
}

func TestRatesAreBetweenTwoLooks(t *testing.T) {
	of := func(written, read, detected int64) [4]kafka.Progress {
		return [4]kafka.Progress{{Written: written, Read: read}, {Written: 50, Read: detected}, {Written: 7}, {Written: 9}}
	}
	before := progress{noon, of(100, 50, 5)}
	after := progress{noon.Add(2 * time.Second), of(120, 110, 2)} // a group that was set back did not read less than nothing
	want := []Stage{{"ingest", 0, 10}, {"normalize", 10, 30}, {"detect", 48, 0}}
	if got := stagesBetween(before, after); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	after.of[3] = kafka.Progress{Written: 9, Read: 4, Began: true}
	if got := stagesBetween(before, after); len(got) != 4 || got[3] != (Stage{"publish", 5, 2}) {
		t.Errorf("with a publish that began: %+v", got)
	}
	after.of[2] = kafka.Progress{Written: 7, Read: 6, Began: true}
	if got := stagesBetween(before, after); len(got) != 5 || got[3] != (Stage{"correlate", 1, 3}) {
		t.Errorf("with a correlate that began: %+v", got)
	}
}

func TestAnEntryThatNoWorkerReadsIsNotShown(t *testing.T) {
	d := newDirectory(nil)
	for _, value := range []string{`{"v":1,"id":"contoso","content_types":["Audit.Exchange"]}`, `{"v":1,"id":"` + contoso + `","content_types":["Audit.Mail"]}`} {
		if err := d.take(schemas.Message{Value: []byte(value)}); err != nil || len(d.connected()) > 0 {
			t.Errorf("%s gives %+v, %v", value, d.connected(), err)
		}
	}
}
