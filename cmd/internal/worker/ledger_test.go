package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const (
	keptTenant = "4f1c2d3e-0a9b-4c8d-9e7f-6a5b4c3d2e1f"
	keptType   = "Audit.Exchange"
)

// kept is a keeper of the partition of keptTenant, with its log. Nobody collects.
type kept struct {
	*keeper
	t   *testing.T
	log *keptLog
}

// keptLog is a log that may be read while it is written.
type keptLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *keptLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newKept(t *testing.T) *kept {
	t.Helper()
	k := kafka.Config{Partitions: 2}
	if brokers := os.Getenv("UALSTREAM_TEST_BROKERS"); brokers != "" {
		k.Brokers, k.Prefix = []string{brokers}, fmt.Sprintf("test-%d", time.Now().UnixNano())
	} else {
		broker, err := kafka.StartEmbedded(kafka.Embedded{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(broker.Close)
		k.Brokers = broker.Config().Brokers
	}
	log := &keptLog{}
	k.Logger = slog.New(slog.NewTextHandler(log, nil))
	w, err := New(Options{Stages: []string{StageIngest}, Kafka: k, Logger: k.Logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cluster.Close)
	if err := w.cluster.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	partition, err := w.cluster.PartitionOf(t.Context(), schemas.TopicLedger, []byte(keptTenant))
	if err != nil {
		t.Fatal(err)
	}
	return &kept{w.newKeeper(partition), t, log}
}

// writes puts entries into the topic as a worker would.
func (k *kept) writes(entries ...interface {
	Message() (schemas.Message, error)
}) {
	k.t.Helper()
	for _, e := range entries {
		m, err := e.Message()
		if err != nil {
			k.t.Fatal(err)
		}
		k.produce(m)
	}
}

func (k *kept) produce(m schemas.Message) {
	k.t.Helper()
	if _, err := k.w.cluster.Produce(k.t.Context(), []schemas.Message{m}); err != nil {
		k.t.Fatal(err)
	}
}

// reads takes the partition.
func (k *kept) reads() {
	k.t.Helper()
	if err := k.read(k.t.Context(), nil); err != nil {
		k.t.Fatal(err)
	}
}

// newest gives the newest message of each key, tombstones among them, and how many messages there are.
func (k *kept) newest() (by map[string]schemas.Message, n int) {
	k.t.Helper()
	by = map[string]schemas.Message{}
	err := k.w.cluster.Read(k.t.Context(), kafka.Read{Topic: schemas.TopicLedger}, func(m schemas.Message) error {
		by[string(m.Key)] = m
		n++
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return by, n
}

// day gives what the topic says last of the day of a time.
func (k *kept) day(at time.Time) schemas.Day {
	k.t.Helper()
	by, _ := k.newest()
	m, ok := by[schemas.Day{Tenant: keptTenant, ContentType: keptType, Day: schemas.DayOf(at)}.Key()]
	if !ok {
		return schemas.Day{}
	}
	d, err := schemas.DaySummary(m)
	if err != nil {
		k.t.Fatal(err)
	}
	return d
}

// keptBlob is an entry of a blob that was created at a time, seven days before its expiry.
func keptBlob(id string, state schemas.BlobState, created time.Time) schemas.Blob {
	b := schemas.Blob{Tenant: keptTenant, ContentType: keptType, ContentID: id, State: state,
		Created: created, Expires: created.Add(7 * 24 * time.Hour), At: created.Add(time.Hour)}
	switch state {
	case schemas.BlobStored:
		b.Records, b.Offsets = 7, map[int]int64{3: 41}
	case schemas.BlobListed:
		b.URI = "https://manage.office.com/api/v1.0/" + keptTenant + "/activity/feed/audit/" + id
	case schemas.BlobLost:
		b.Reason = "a gateway said so"
	}
	return b
}

const aDay = 24 * time.Hour

func TestDaysAreWrittenWhereTheyChangedAndOnlyThere(t *testing.T) {
	k, now := newKept(t), time.Now()
	today := now.Truncate(aDay)
	k.writes(keptBlob("one", schemas.BlobListed, today), keptBlob("one", schemas.BlobStored, today), keptBlob("two", schemas.BlobListed, today),
		keptBlob("three", schemas.BlobLost, today.Add(-aDay)))
	k.reads()
	for range 2 { // the second time changes nothing
		if err := k.write(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if d := k.day(today); d.Stored != 1 || d.Listed != 1 || d.Lost != 0 || d.Records != 7 || d.Final {
		t.Errorf("today is written as %+v", d)
	}
	if d := k.day(today.Add(-aDay)); d.Lost != 1 || d.Final {
		t.Errorf("yesterday is written as %+v", d)
	}
	if _, n := k.newest(); n != 4+2 {
		t.Errorf("there are %d entries, want the four of blobs and one for each day", n)
	}
	k.ledger.Apply(keptBlob("two", schemas.BlobStored, today))
	k.last(t.Context())
	if d := k.day(today); d.Stored != 2 || d.Listed != 0 || d.Records != 14 {
		t.Errorf("today is written at the end as %+v", d)
	}
	if _, n := k.newest(); n != 4+2+1 {
		t.Errorf("there are %d entries, want one more, of today", n)
	}
}

// What is pending of a content type that is not watched any more would be pending for ever.
func TestPendingBlobThatNobodyCanFetchAnyMoreIsWrittenAsLost(t *testing.T) {
	k, now := newKept(t), time.Now()
	old, young := now.Add(-8*aDay), now.Add(-6*aDay)
	k.writes(keptBlob("old", schemas.BlobListed, old), keptBlob("young", schemas.BlobListed, young))
	k.reads()
	for range 2 {
		if err := k.write(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	by, n := k.newest()
	gone, err := schemas.BlobOf(by[keptBlob("old", "", old).Key()])
	if err != nil || gone.State != schemas.BlobLost || !strings.Contains(gone.Reason, "expired") {
		t.Errorf("the old one is %+v (error: %v)", gone, err)
	}
	if waits, err := schemas.BlobOf(by[keptBlob("young", "", young).Key()]); err != nil || waits.State != schemas.BlobListed {
		t.Errorf("the young one is %+v (error: %v)", waits, err)
	}
	if d := k.day(old); d.Lost != 1 || d.Listed != 0 {
		t.Errorf("the old one's day is %+v", d)
	}
	if n != 2+1+2 {
		t.Errorf("there are %d entries, want two, the loss and two days", n)
	}
	if !strings.Contains(k.log.String(), "blob lost") {
		t.Error("the log does not tell of the loss")
	}
}

func TestDamagedEntriesAreToldAndStopNothing(t *testing.T) {
	k, now := newKept(t), time.Now()
	ok := keptBlob("fine", schemas.BlobStored, now)
	for key, value := range map[string]string{
		keptTenant + "/" + keptType + "/broken":     `{"v":1,"tenant":`,
		keptTenant + "/" + keptType + "/numbers":    `{"v":1,"records":"many"}`,
		keptTenant + "/" + keptType + "/2026-11-02": `[]`,
		keptTenant: "\x00\x01",
	} {
		k.produce(schemas.Message{Topic: schemas.TopicLedger, Key: []byte(key), Value: []byte(value)})
	}
	k.writes(ok)
	k.reads()
	if !k.ledger.Stored(ok.Key()) {
		t.Error("the entry behind the damaged ones was not read")
	}
	for _, part := range []string{"broken", "numbers", "2026-11-02", "offset=3"} {
		if !strings.Contains(k.log.String(), part) {
			t.Errorf("the log does not tell of %s:\n%s", part, k.log)
		}
	}
	if err := k.tidy(t.Context(), now); err != nil {
		t.Errorf("tidying stops: %v", err)
	}
}

func TestEntryOfALaterVersionStops(t *testing.T) {
	k := newKept(t)
	k.produce(schemas.Message{Topic: schemas.TopicLedger, Key: []byte(keptBlob("new", "", time.Now()).Key()), Value: []byte(`{"v":99}`)})
	err := k.read(t.Context(), nil)
	if _, later := errors.AsType[*schemas.VersionError](err); !later {
		t.Errorf("reading gives %v", err)
	}
	k.writeEvery, k.tidyAfter = time.Hour, time.Millisecond
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	err = k.run(ctx)
	if _, later := errors.AsType[*schemas.VersionError](err); !later {
		t.Errorf("keeping gives %v", err)
	}
}

func TestKeeperWritesAndTidiesFromTimeToTime(t *testing.T) {
	k, long := newKept(t), time.Now().Add(-30*aDay)
	k.writes(keptBlob("one", schemas.BlobStored, long))
	k.reads()
	k.writeEvery, k.tidyAfter, k.tidyThen = 10*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.run(ctx) }()
	deadline := time.After(time.Minute)
	for {
		by, _ := k.newest()
		if m, there := by[keptBlob("one", "", long).Key()]; there && len(m.Value) == 0 && k.day(long).Final {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("there is no tombstone, and the day is %+v", k.day(long))
		case err := <-ended:
			t.Fatalf("the keeper ended: %v", err)
		default:
		}
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
