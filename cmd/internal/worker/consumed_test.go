package worker

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/schemas"
)

// consumes gives what the ledger says that the stage has committed.
func entriesOf(t *testing.T, w *Worker, stage string) (all []schemas.Consumed) {
	t.Helper()
	try(t, w.deploymentEntries(deadline(t), func(entry any) {
		if c, ok := entry.(schemas.Consumed); ok && c.Stage == stage {
			all = append(all, c)
		}
	}))
	return all
}

func TestPartitionsThatAStageHasCommittedAreKeptInTheLedgerOnce(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	w := member(t, broker, "", StageNormalize)
	_, err := w.measureLag(deadline(t))
	try(t, err)
	if n := len(entriesOf(t, w, StageNormalize)); n != 0 {
		t.Fatalf("%d entries before anything was committed", n)
	}
	w.stored(t, time.Now(), "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.normalize(ctx) }()
	for {
		lag, err := w.measureLag(deadline(t))
		try(t, err)
		if lag == 0 {
			break
		}
	}
	for range 3 {
		_, err := w.measureLag(deadline(t))
		try(t, err)
	}
	cancel()
	try(t, <-ended)
	entries := entriesOf(t, w, StageNormalize)
	last := entries[len(entries)-1]
	if !slices.Equal(last.Partitions, []int{0, 1, 2}) {
		t.Errorf("%v is noted, want all three partitions", last)
	}
	for i := range entries[1:] {
		if len(entries[i+1].Partitions) <= len(entries[i].Partitions) {
			t.Errorf("entry %v says nothing new after %v", entries[i+1], entries[i])
		}
	}
	if n := len(entriesOf(t, w, StageDetect)); n != 0 {
		t.Errorf("%d entries about a stage that does not run here", n)
	}
}

// What the ledger knows is joined with what is committed now: it must not forget what was lost since.
func TestWhatTheLedgerSaysOfCommittedPartitionsIsNotTakenBack(t *testing.T) {
	t.Parallel()
	w := member(t, embedded(t), "", StageDetect)
	try(t, w.record(deadline(t), schemas.Consumed{Stage: StageDetect, Partitions: []int{2}}))
	try(t, w.settle(deadline(t)))
	_, err := w.measureLag(deadline(t))
	try(t, err)
	if entries := entriesOf(t, w, StageDetect); len(entries) != 1 || !slices.Equal(w.consumed.partitions(StageDetect), []int{2}) {
		t.Errorf("entries %v, known %v", entries, w.consumed.partitions(StageDetect))
	}
}

func TestAPartitionWhoseOffsetIsGoneDoesNotStartAndSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	w := rawWorker(t, embedded(t), "", slog.New(slog.DiscardHandler))
	newest := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	w.stored(t, newest, "a", "b")
	for _, at := range []time.Time{newest.Add(-time.Minute), newest} {
		_, err := w.cluster.Produce(deadline(t), []schemas.Message{{Topic: schemas.TopicEvents, Key: []byte("k"), Value: []byte("{}"), Time: at}})
		try(t, err)
	}
	try(t, w.record(deadline(t), schemas.Consumed{Stage: StageNormalize, Partitions: []int{0}}))
	try(t, w.settle(deadline(t)))

	if all := w.reset(StageNormalize, schemas.TopicRaw, []int{0, 3, 11}, "--to-earliest"); !strings.Contains(all, " --topic m365.raw:0,3,11 ") {
		t.Errorf("the command for several partitions is %s", all)
	}
	begun := w.begun(StageNormalize, schemas.TopicRaw)
	try(t, begun(deadline(t), 0, 2))
	try(t, w.begun(StageDetect, schemas.TopicEvents)(deadline(t), 0, -1)) // the ledger says nothing of it
	err := begun(deadline(t), 0, -1)
	for _, want := range []string{"m365.normalize has no offset of partition 0 of m365.raw", "offsets.retention.minutes", "a second time",
		"kafka-consumer-groups.sh --bootstrap-server " + w.options.Kafka.Brokers[0] +
			" --group m365.normalize --topic m365.raw:0 --reset-offsets --to-datetime 2026-11-23T08:30:00.000Z --execute"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.normalize(ctx) }()
	for wait := deadline(t); len(w.cluster.Stopped()) == 0; {
		if wait.Err() != nil {
			t.Fatal("the partition never stood still")
		}
	}
	if err := testutil.CollectAndCompare(standstills{w.cluster}, strings.NewReader(`
# HELP ualstream_partition_stopped 1 for a partition that stands still in this worker until somebody mends what the log says is wrong; absent for the others.
# TYPE ualstream_partition_stopped gauge
ualstream_partition_stopped{partition="0",topic="raw"} 1
`)); err != nil {
		t.Error(err)
	}
	cancel()
	try(t, <-ended)
	if n := testutil.CollectAndCount(standstills{w.cluster}); n != 0 {
		t.Errorf("%d partitions that are nobody's are still said to stand still", n)
	}
	if p, err := w.cluster.Progress(deadline(t), StageNormalize, schemas.TopicRaw); err != nil || p.Began {
		t.Errorf("progress %+v (error: %v), want none", p, err)
	}
}
