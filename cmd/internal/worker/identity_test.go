package worker

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const soon = 30 * time.Second

// rawWorker gives a worker on a broker of its own whose raw topic has one partition, for its normalizers alone.
func rawWorker(t *testing.T, broker *kafka.Broker, state string, log *slog.Logger) *Worker {
	t.Helper()
	k := broker.Config()
	k.Partitions, k.Logger = 1, log
	w, err := New(Options{Stages: []string{StageNormalize}, Kafka: k, State: state, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cluster.Close)
	if err := w.cluster.Prepare(deadline(t)); err != nil {
		t.Fatal(err)
	}
	return w
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	t.Cleanup(cancel)
	return ctx
}

func embedded(t *testing.T) *kafka.Broker {
	t.Helper()
	broker, err := kafka.StartEmbedded(kafka.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	return broker
}

// stored writes records of these ids to the raw topic.
func (w *Worker) stored(t *testing.T, at time.Time, ids ...string) {
	t.Helper()
	for _, id := range ids {
		body := fmt.Appendf(nil, `{"Id":%q,"Operation":"New-InboxRule","CreationTime":"2026-02-12T11:00:00","Workload":"Exchange"}`, id)
		m := schemas.Raw{Tenant: "t", Source: "Audit.Exchange", Received: at, Body: body}.Message()
		if _, err := w.cluster.Produce(deadline(t), []schemas.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
}

// assigned gives the normalizer of the partition, as a member gets it that goes on from an offset.
func (w *Worker) assigned(t *testing.T, committed int64) *normalizer {
	t.Helper()
	identities, err := w.identities(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	n := &normalizer{identities: identities, metrics: w.metrics}
	if err := n.Begin(deadline(t), committed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.End)
	return n
}

// batch gives the raw messages between two offsets.
func (w *Worker) batch(t *testing.T, from, to int64) (batch []schemas.Message) {
	t.Helper()
	err := w.cluster.ReadPart(deadline(t), schemas.TopicRaw, 0, from, to, func(m schemas.Message) error {
		batch = append(batch, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// events gives the ids of what a batch becomes.
func events(t *testing.T, n *normalizer, batch []schemas.Message) (ids []string) {
	t.Helper()
	out, err := n.Process(deadline(t), batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out {
		ids = append(ids, m.Header(schemas.HeaderUID))
	}
	return ids
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: events %v, want %v", what, got, want)
	}
}

func TestACrashBetweenTheStoreAndTheCommitLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	w, now := rawWorker(t, embedded(t), t.TempDir(), slog.New(slog.DiscardHandler)), time.Now()
	w.stored(t, now, "a", "b", "a", "c")
	n := w.assigned(t, -1)
	same(t, "the first time", events(t, n, w.batch(t, 0, 4)), []string{"a", "b", "c"})
	n.End() // killed before the commit: the store is ahead

	n = w.assigned(t, -1)
	same(t, "after a crash before the commit", events(t, n, w.batch(t, 0, 4)), []string{"a", "b", "c"})
	same(t, "after an abort, as another batch", events(t, n, w.batch(t, 0, 3)), []string{"a", "b"})
	n.Done()
	n.End()

	w.stored(t, now, "c", "d", "e")
	n = w.assigned(t, 6) // another member worked on offsets 3 to 5 and committed: the store is behind
	w.stored(t, now, "e", "d", "f", "c")
	same(t, "after a commit that the store knows nothing of", events(t, n, w.batch(t, 6, 11)), []string{"e", "f"})
}

func TestWithoutTheStoreNothingIsLostAndNothingRepeated(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, dir string){
		"gone":     func(t *testing.T, dir string) { try(t, os.RemoveAll(dir)) },
		"damaged":  func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "journal"), 40) },
		"of 1.0":   func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "journal"), 8) },
		"in parts": func(t *testing.T, dir string) { try(t, os.Truncate(filepath.Join(dir, "journal"), 300)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text logText
			state := t.TempDir()
			w, now := rawWorker(t, embedded(t), state, slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn}))), time.Now()
			w.stored(t, now.Add(-time.Hour), "a", "b", "c")
			n := w.assigned(t, -1)
			events(t, n, w.batch(t, 0, 3))
			n.Done()
			n.End()
			lose(t, filepath.Join(state, schemas.DefaultPrefix, "0"))
			n = w.assigned(t, 3)
			w.stored(t, now, "c", "d", "a")
			same(t, "after the loss", events(t, n, w.batch(t, 3, 6)), []string{"d"})
			wanted := 0
			if name == "damaged" || name == "of 1.0" {
				wanted = 1
			}
			if lines := strings.Count(text.String(), "made anew from the raw topic"); lines != wanted {
				t.Errorf("%d lines tell of it, want %d:\n%s", lines, wanted, text.String())
			}
		})
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	try(t, err)
	_, err = f.WriteAt([]byte{0xfe}, at)
	try(t, err)
	try(t, f.Close())
}

func TestAStoreOfAnotherClusterIsNotBelieved(t *testing.T) {
	t.Parallel()
	var text logText
	log, state, now := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn})), t.TempDir(), time.Now()
	first := rawWorker(t, embedded(t), state, log)
	first.stored(t, now, "a", "b")
	n := first.assigned(t, -1)
	events(t, n, first.batch(t, 0, 2))
	n.End()

	second := rawWorker(t, embedded(t), state, log)
	second.stored(t, now, "b", "a", "b")
	n = second.assigned(t, -1)
	same(t, "on another cluster", events(t, n, second.batch(t, 0, 3)), []string{"b", "a"})
	if strings.Count(text.String(), "\n") != 1 || !strings.Contains(text.String(), "not of m365.raw/0 of cluster") {
		t.Errorf("the log must say in one line what the store was of, and says:\n%s", text.String())
	}
}

func TestDamageThatIsMetInTheMiddleIsMendedByTheNextTry(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	w, now := rawWorker(t, embedded(t), state, slog.New(slog.DiscardHandler)), time.Now()
	const many = 33_000 // more than the newest keys, so that there is a run
	batch := make([]schemas.Message, many)
	for i := range batch {
		batch[i] = schemas.Raw{Tenant: "t", Received: now, Body: fmt.Appendf(nil, `{"Id":"%d"}`, i)}.Message()
	}
	_, err := w.cluster.Produce(deadline(t), batch)
	try(t, err)
	n := w.assigned(t, many)
	runs, _ := fs.Glob(os.DirFS(state), "*/0/*.run")
	if len(runs) == 0 {
		t.Fatal("there is no run")
	}
	for at := int64(0); at < many/146*4096; at += 4096 {
		overwrite(t, filepath.Join(state, runs[0]), at)
	}
	w.stored(t, now, "7", "new")
	again := w.batch(t, many, many+2)
	if out, err := n.Process(deadline(t), again); err == nil || len(out) > 0 {
		t.Fatalf("%d events of a store that is damaged, error %v", len(out), err)
	}
	same(t, "at the second try", events(t, n, again), []string{"new"})
}

func TestIdentityIsSeenFromOutside(t *testing.T) {
	t.Parallel()
	w := rawWorker(t, embedded(t), t.TempDir(), slog.New(slog.DiscardHandler))
	w.stored(t, time.Now(), "a", "b", "a")
	n := w.assigned(t, 2)
	events(t, n, w.batch(t, 2, 3))
	n.Done()
	if records, behind := testutil.ToFloat64(w.metrics.known.records), testutil.ToFloat64(w.metrics.known.behind); records != 2 || behind != 0 {
		t.Errorf("%v records, %v behind, want 2 and 0", records, behind)
	}
	if bytes := testutil.ToFloat64(w.metrics.known.bytes); bytes < 2*28 {
		t.Errorf("%v bytes, want those of two entries at least", bytes)
	}
	if repeats := testutil.ToFloat64(w.metrics.repeats); repeats != 1 {
		t.Errorf("%v repeats, want 1", repeats)
	}
	n.End()
	if left := testutil.CollectAndCount(w.metrics.known.records); left != 0 {
		t.Error("a partition that is gone is still shown")
	}
}

func TestAPartitionWhoseStoreIsHeldElsewhereWaits(t *testing.T) {
	t.Parallel()
	w := rawWorker(t, embedded(t), t.TempDir(), slog.New(slog.DiscardHandler))
	holder := w.assigned(t, -1)
	second := &normalizer{identities: holder.identities, metrics: w.metrics}
	if err := second.Begin(deadline(t), -1); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("error %v, want one that says that the store is in use", err)
	}
	holder.End()
	try(t, second.Begin(deadline(t), -1))
	second.End()
}

// logText keeps a log.
type logText struct{ strings.Builder }
