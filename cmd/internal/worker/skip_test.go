package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// normalizing runs normalize until the function that it gives is called.
func (w *Worker) normalizing(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.normalize(ctx) }()
	return func() {
		cancel()
		try(t, <-ended)
	}
}

func TestPlacesAreReadAsTheMessagesGiveThem(t *testing.T) {
	for text, want := range map[string]Place{
		"m365.raw/3/12345":    {schemas.TopicRaw, 3, 12345},
		"raw/0/0":             {schemas.TopicRaw, 0, 0},
		"m365.ledger/11/7":    {schemas.TopicLedger, 11, 7},
		"other.raw/3/12345":   {},
		"m365.raw/3":          {},
		"m365.raw/3/4/5":      {},
		"m365.raw/-1/5":       {},
		"m365.raw/1/-5":       {},
		"m365.raw/x/5":        {},
		"m365.raw/1/5.5":      {},
		"m365.unheard-of/1/5": {},
		"":                    {},
	} {
		got, err := ParsePlace(text, "m365")
		if got != want && want != (Place{}) || (err != nil) != (want == Place{}) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

// damage is a batch of raw/1 from 40 to 50 that cannot be decoded.
func damage(offset int64) kafka.Damage {
	return kafka.Damage{Topic: schemas.TopicRaw, Partition: 1, Offset: offset, Err: errors.New("its checksum is wrong"),
		End: func(context.Context) (int64, error) { return 50, nil }}
}

func TestABatchIsSkippedWhereTheOperatorNamesItAndTheLedgerKeepsThat(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	for _, elsewhere := range []Place{{schemas.TopicRaw, 1, 39}, {schemas.TopicRaw, 1, 50}, {schemas.TopicRaw, 2, 40}, {schemas.TopicEvents, 1, 40}} {
		w := member(t, broker, "", StageNormalize)
		w.options.Skip = []Place{elsewhere}
		if to, err := w.damaged(deadline(t), damage(40)); to != 0 || err != nil {
			t.Errorf("with --skip %v: to %d, error %v; want neither", elsewhere, to, err)
		}
	}
	var text logText
	w := member(t, broker, "", StageNormalize)
	w.options.Logger = slog.New(slog.NewTextHandler(&text, nil))
	w.options.Skip = []Place{{schemas.TopicRaw, 2, 40}, {schemas.TopicRaw, 1, 45}}
	for range 2 { // the second time it is known
		if to, err := w.damaged(deadline(t), damage(40)); to != 50 || err != nil {
			t.Fatalf("to %d, error %v; want 50", to, err)
		}
	}
	var kept []schemas.Skip
	try(t, w.deploymentEntries(deadline(t), func(entry any) { kept = append(kept, entry.(schemas.Skip)) }))
	want := schemas.Skip{V: 1, Stage: StageNormalize, Topic: "raw", Partition: 1, From: 40, To: 50, Reason: "its checksum is wrong"}
	if len(kept) == 1 {
		want.At = kept[0].At
	}
	if len(kept) != 1 || kept[0] != want || time.Since(want.At) > time.Hour {
		t.Errorf("the ledger has %+v, want %+v", kept, want)
	}
	if n := testutil.ToFloat64(w.metrics.skipped.WithLabelValues(StageNormalize)); n != 10 || strings.Count(text.String(), "lost=10") != 1 {
		t.Errorf("%v messages are counted, want 10, told once:\n%s", n, text.String())
	}

	later := member(t, broker, "", StageNormalize) // reads what the other one skipped, as for its identity store
	for _, offset := range []int64{40, 47} {
		if to, err := later.damaged(deadline(t), damage(offset)); to != 50 || err != nil {
			t.Errorf("a later worker: to %d, error %v; want 50", to, err)
		}
	}
	if to, err := later.damaged(deadline(t), damage(50)); to != 0 || err != nil {
		t.Errorf("the batch after it: to %d, error %v; want neither", to, err)
	}
	if n := testutil.ToFloat64(later.metrics.skipped.WithLabelValues(StageNormalize)); n != 0 {
		t.Errorf("a loss of another worker is counted again: %v", n)
	}
}

func TestASkipOfAPartitionThatThereIsNotIsTold(t *testing.T) {
	t.Parallel()
	var text logText
	w := member(t, embedded(t), "contoso", StageIngest)
	w.options.Logger = slog.New(slog.NewTextHandler(&text, nil))
	w.options.Skip = []Place{{schemas.TopicRaw, 2, 7}, {schemas.TopicEvents, 3, 8}}
	try(t, w.settle(deadline(t)))
	if got := text.String(); strings.Count(got, "--skip") != 1 || !strings.Contains(got, "topic=m365.events partition=3 offset=8 partitions=3") {
		t.Errorf("log %s", got)
	}
}

func TestEachTopicIsReadByOneStage(t *testing.T) {
	for topic, want := range map[schemas.Topic]string{schemas.TopicRaw: StageNormalize, schemas.TopicEvents: StageDetect,
		schemas.TopicThreats: StagePublish, schemas.TopicLedger: StageIngest, schemas.TopicTenants: StageIngest} {
		if got := readerOf(topic); got != want {
			t.Errorf("%s is read by %s, want %s", topic, got, want)
		}
	}
}

// From the damage on the broker's disk to the worker that comes after it, which has to read the partition anew.
func TestADamagedBatchStopsItsPartitionUntilTheOperatorGivesItUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "broker")
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: dir})
	try(t, err)
	t.Cleanup(broker.Close)
	quiet := slog.New(slog.DiscardHandler)
	w := rawWorker(t, broker, "", quiet)
	w.stored(t, time.Now(), "a", "b", "c", "d", "e")
	file := filepath.Join(dir, "data", "partitions", "m365.raw-0", "0.dat")
	info, err := os.Stat(file)
	try(t, err)
	overwrite(t, file, info.Size()*3/5-10) // all five are of the same length: the end of the third

	stop := w.normalizing(t)
	w.written(t, "b")
	for wait := deadline(t); len(w.cluster.Stopped()) == 0; {
		if wait.Err() != nil {
			t.Fatal("the partition never stood still")
		}
	}
	stopped := w.cluster.Stopped()[0].Err.Error()
	stop()
	_, place, found := strings.Cut(stopped, "start with --skip ")
	if ids := w.written(t, "b"); !found || len(ids) != 2 {
		t.Fatalf("events %v, and the error is %s; want a and b, and what to do", ids, stopped)
	}

	w = rawWorker(t, broker, "", quiet)
	named, err := ParsePlace(place, "m365")
	try(t, err)
	w.options.Skip = []Place{named}
	stop = w.normalizing(t)
	if ids := w.written(t, "e"); strings.Join(ids, "") != "abde" {
		t.Errorf("events %v, want all but c", ids)
	}
	stop()
	if to := w.skips.behind(schemas.TopicRaw, 0, 2); to != 3 || testutil.ToFloat64(w.metrics.skipped.WithLabelValues(StageNormalize)) != 1 {
		t.Errorf("it was skipped up to %d, counted as %v; want 3 and 1", to, testutil.ToFloat64(w.metrics.skipped.WithLabelValues(StageNormalize)))
	}

	w = rawWorker(t, broker, "", quiet)
	w.stored(t, time.Now(), "a", "f")
	stop = w.normalizing(t)
	if ids := w.written(t, "f"); strings.Join(ids, "") != "abdef" {
		t.Errorf("events %v after another start, want f alone in addition", ids)
	}
	stop()
}
