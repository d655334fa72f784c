package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/publish"
	"ualstream/schemas"
)

const (
	contoso  = "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10"
	fabrikam = "0b7d2f64-91ce-4a35-8f1d-6e3a5c7b9d02"
	patience = 3 * time.Minute
)

// prepared gives the topics of a deployment of the test's own, on an embedded broker or on the one that the environment
// names.
func prepared(t *testing.T) *kafka.Cluster {
	t.Helper()
	config := kafka.Config{Brokers: strings.Split(os.Getenv("UALSTREAM_TEST_BROKERS"), ","), Prefix: fmt.Sprintf("replay-%d", time.Now().UnixNano())}
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

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func produce(t *testing.T, cluster *kafka.Cluster, messages ...schemas.Message) {
	t.Helper()
	if _, err := cluster.Produce(within(t), messages); err != nil {
		t.Fatal(err)
	}
}

// raw is a record that was received so long ago.
func raw(tenant, id string, ago time.Duration) schemas.Message {
	at := time.Now().Add(-ago)
	return schemas.Raw{
		Tenant: tenant, Source: "Audit.Exchange", ContentID: "blob", ContentCreated: at, Received: at,
		Body: fmt.Appendf(nil, `{"Id":%q,"CreationTime":"2026-02-11T10:00:00","Operation":"Send","RecordType":2,"Workload":"Exchange","UserId":"ana@contoso.example"}`, id),
	}.Message()
}

func rejected(m schemas.Message) schemas.Message {
	return publish.Reject(m, "normalize", errors.New("an older version could not read it"))
}

// events counts what a read_committed consumer sees, by tenant and uid.
func events(t *testing.T, cluster *kafka.Cluster) map[string]int {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]int{}
	_, err := cluster.Scan(within(t), kafka.Scan{Topic: schemas.TopicEvents}, func(int) func(schemas.Message) error {
		return func(m schemas.Message) error {
			mu.Lock()
			defer mu.Unlock()
			seen[m.Header(schemas.HeaderTenant)+" "+m.Header(schemas.HeaderUID)]++
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func replayed(t *testing.T, cluster *kafka.Cluster, o Options) Report {
	t.Helper()
	r, err := Rejects(within(t), cluster, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// same compares what a report says with what it should.
func same(t *testing.T, got, want Report) {
	t.Helper()
	if got.DryRun != want.DryRun || got.Rejects != want.Rejects || got.Events != want.Events || got.Already != want.Already || got.Cut != want.Cut ||
		got.Others != want.Others || !maps.Equal(got.Failed, want.Failed) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWhatCanBeReadNowBecomesOneEvent(t *testing.T) {
	cluster := prepared(t)
	broken := raw(contoso, "broken", time.Hour)
	broken.Key, broken.Value = []byte("x:00"), []byte(`{"Id":"brok`)
	event, err := eventOf(raw(contoso, "large", time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	small := rejected(event) // where the topic accepts less than it was made with
	event.Value = make([]byte, 25<<20)
	there, err := eventOf(raw(contoso, "there", 100*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	cut := raw(contoso, "cut", time.Hour)
	cut.Value = append(cut.Value, make([]byte, 25<<20)...)
	produce(t, cluster, there, small,
		rejected(raw(contoso, "a", time.Hour)), rejected(raw(contoso, "b", 2*time.Hour)), rejected(raw(contoso, "b", time.Hour)),
		rejected(raw(fabrikam, "a", time.Hour)), rejected(raw(contoso, "there", time.Hour)), rejected(broken), rejected(cut), rejected(event),
		publish.Reject(raw(contoso, "ingest", time.Hour), "ingest", errors.New("too large: record")),
		publish.Reject(there, "detect", errors.New("why")))

	want := Report{DryRun: true, Rejects: 11, Events: 3, Already: 2, Failed: map[string]int{schemas.ErrNotJSON.Error(): 1}, Cut: 4, Others: 1}
	same(t, replayed(t, cluster, Options{DryRun: true}), want)
	if seen := events(t, cluster); len(seen) != 1 {
		t.Fatalf("a dry run wrote %v", seen)
	}
	want.DryRun = false
	same(t, replayed(t, cluster, Options{}), want)
	all := map[string]int{contoso + " a": 1, contoso + " b": 1, fabrikam + " a": 1, contoso + " there": 1}
	if seen := events(t, cluster); !maps.Equal(seen, all) {
		t.Errorf("%v, want %v", seen, all)
	}
	want.Events, want.Already = 0, 5
	same(t, replayed(t, cluster, Options{}), want)
	if seen := events(t, cluster); !maps.Equal(seen, all) {
		t.Errorf("after another replay: %v, want %v", seen, all)
	}
}

func TestAnEventIsTheOneThatNormalizeWouldHaveWritten(t *testing.T) {
	cluster := prepared(t)
	record := raw(contoso, "a", time.Hour)
	produce(t, cluster, rejected(record))
	replayed(t, cluster, Options{})
	want, err := eventOf(record)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cluster.Scan(within(t), kafka.Scan{Topic: schemas.TopicEvents}, func(int) func(schemas.Message) error {
		return func(m schemas.Message) error {
			if string(m.Key) != string(want.Key) || string(m.Value) != string(want.Value) || m.Time.UnixMilli() != want.Time.UnixMilli() || len(m.Headers) != len(want.Headers) {
				t.Errorf("%+v, want %+v", m, want)
			}
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyWhatWasReceivedSinceIsReplayed(t *testing.T) {
	cluster := prepared(t)
	produce(t, cluster, rejected(raw(contoso, "old", 48*time.Hour)), rejected(raw(contoso, "new", time.Hour)), rejected(raw(contoso, "late", 48*time.Hour)))
	r := replayed(t, cluster, Options{Since: time.Now().Add(-24 * time.Hour)})
	if seen := events(t, cluster); r.Rejects != 1 || len(seen) != 1 || seen[contoso+" new"] != 1 {
		t.Errorf("%+v, %v", r, seen)
	}
}

func TestManyRejectsAreReplayedInSeveralTransactions(t *testing.T) {
	cluster := prepared(t)
	var all []schemas.Message
	for i := range 1000 {
		m := raw(contoso, fmt.Sprint(i), time.Hour)
		m.Value = []byte(strings.Replace(string(m.Value), `"Send"`, `"Send","Pad":"`+strings.Repeat("x", 5000)+`"`, 1))
		all = append(all, rejected(m))
	}
	produce(t, cluster, all...)
	r := replayed(t, cluster, Options{})
	if seen := events(t, cluster); r.Events != 1000 || len(seen) != 1000 {
		t.Errorf("%d written, %d there", r.Events, len(seen))
	}
}

// An older replay that is slow must not write what a newer one has written since.
func TestANewReplayEndsAnOlderOne(t *testing.T) {
	cluster := prepared(t)
	produce(t, cluster, rejected(raw(contoso, "a", time.Hour)))
	older := &run{cluster: cluster, report: Report{Failed: map[string]int{}}, fates: map[key]fate{}}
	if _, err := older.rejects(within(t), nil, older.judge); err != nil {
		t.Fatal(err)
	}
	err := cluster.Transact(within(t), "replay", func(write func(context.Context, []schemas.Message) error) error {
		return older.write(within(t), func(ctx context.Context, events []schemas.Message) error {
			if r := replayed(t, cluster, Options{}); r.Events != 1 {
				t.Errorf("the newer one: %+v", r)
			}
			return write(ctx, events)
		})
	})
	if !errors.Is(err, kafka.ErrTaken) {
		t.Errorf("the older one: %v", err)
	}
	if seen := events(t, cluster); len(seen) != 1 || seen[contoso+" a"] != 1 {
		t.Errorf("%v", seen)
	}
}

// What became of a transaction that failed is looked up: it may be there.
func TestAFailedTransactionIsWrittenAgainOnlyWhereItIsNotThere(t *testing.T) {
	for committed, what := range map[bool]string{true: "all of it is there", false: "nothing of it is there"} {
		cluster := prepared(t)
		produce(t, cluster, rejected(raw(contoso, "a", time.Hour)), rejected(raw(contoso, "b", time.Hour)))
		r := &run{cluster: cluster, report: Report{Failed: map[string]int{}}, fates: map[key]fate{}}
		if _, err := r.rejects(within(t), nil, r.judge); err != nil {
			t.Fatal(err)
		}
		away := errors.New("Kafka went away")
		err := r.write(within(t), func(_ context.Context, events []schemas.Message) error {
			if committed {
				produce(t, cluster, events...)
			}
			return away
		})
		if !errors.Is(err, away) || r.report.Events != 0 {
			t.Fatalf("%v, %+v", err, r.report)
		}
		if err := r.insist(within(t), slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if r.report.Events != 2 || r.report.Already != 0 {
			t.Errorf("%s: %+v", what, r.report)
		}
		if seen := events(t, cluster); seen[contoso+" a"] != 1 || seen[contoso+" b"] != 1 {
			t.Errorf("%s: %v", what, seen)
		}
	}
}
