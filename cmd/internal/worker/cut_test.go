package worker

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// cut gives a worker whose raw topic lost its end after six records, a to f, had been normalized: as when a broker's
// machine loses its power. It gives how many are left, too.
func cut(t *testing.T, log *slog.Logger, received time.Time) (w *Worker, left int64) {
	t.Helper()
	dir, state := filepath.Join(t.TempDir(), "broker"), t.TempDir()
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: dir})
	try(t, err)
	before := rawWorker(t, broker, state, slog.New(slog.DiscardHandler))
	before.stored(t, received, "a", "b", "c", "d", "e", "f")
	before.normalizes(t)
	before.cluster.Close()
	broker.Close()

	path := filepath.Join(dir, "data", "partitions", "m365.raw-0", "0.dat")
	info, err := os.Stat(path)
	try(t, err)
	try(t, os.Truncate(path, info.Size()*2/3))
	broker, err = kafka.StartEmbedded(kafka.Embedded{Dir: dir})
	try(t, err)
	t.Cleanup(broker.Close)
	w = rawWorker(t, broker, state, log)
	p, err := w.cluster.Progress(deadline(t), StageNormalize, schemas.TopicRaw)
	try(t, err)
	if !p.Began || p.Written < 2 || p.Written > 5 {
		t.Fatalf("%+v is left, which is no log that was cut below what is committed", p)
	}
	return w, p.Written
}

// written waits until the events topic has an event, and gives the ids of all.
func (w *Worker) written(t *testing.T, wanted string) (ids []string) {
	t.Helper()
	for wait := deadline(t); !slices.Contains(ids, wanted); {
		ids = nil
		err := w.cluster.Read(wait, kafka.Read{Topic: schemas.TopicEvents}, func(m schemas.Message) error {
			ids = append(ids, m.Header(schemas.HeaderUID))
			return nil
		})
		if err != nil {
			t.Fatalf("there is no event %s: %v", wanted, err)
		}
	}
	return ids
}

func TestARawTopicThatEndsBeforeTheCommittedOffsetIsReadAgainAndToldSo(t *testing.T) {
	t.Parallel()
	var text logText
	w, left := cut(t, slog.New(slog.NewTextHandler(&text, nil)), time.Now().Add(-time.Hour))
	w.stored(t, time.Now(), "g")
	stop := w.normalizing(t)
	w.written(t, "g")
	w.stored(t, time.Now(), "h", "a", "g")
	ids := w.written(t, "h")
	stop()
	if n := len(ids); n < 8 || n > 8+int(left) {
		t.Errorf("events %v, want a to h, and no repeats but of the %d that the topic still had", ids, left)
	}
	if !strings.Contains(text.String(), "the partition ends before the offset: it was cut, or its topic was made anew") {
		t.Errorf("the log does not tell of it:\n%s", text.String())
	}
}

func TestARawTopicThatWasCutAndWrittenAgainStandsStillUntilItsOffsetIsSetBack(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	w, left := cut(t, slog.New(slog.DiscardHandler), received)
	var want []string
	for i := range 8 {
		want = append(want, fmt.Sprint("new-", i))
	}
	w.stored(t, received.Add(time.Minute), want...)
	stop := w.normalizing(t)
	for wait := deadline(t); len(w.cluster.Stopped()) == 0; {
		if wait.Err() != nil {
			t.Fatal("the partition never stood still")
		}
	}
	stopped := w.cluster.Stopped()[0]
	stop()
	for _, part := range []string{"another record at offset 5 than it had", "before offset 6, which the group has committed",
		"--group m365.normalize --topic m365.raw:0 --reset-offsets --to-datetime 2026-11-23T09:30:00.000Z --execute", "remove " + w.options.State + "/m365/0 instead"} {
		if !strings.Contains(stopped.Err.Error(), part) {
			t.Errorf("error %q does not say %q", stopped.Err, part)
		}
	}
	if at, err := w.cluster.OffsetSince(deadline(t), schemas.TopicRaw, 0, received.Add(time.Millisecond)); err != nil || at != left {
		t.Errorf("what is new begins at %d, want %d (error: %v)", at, left, err)
	}
	n := w.assigned(t, left)
	same(t, "from the offset that was set back", events(t, n, w.batch(t, left, left+8)), want)
}
