package worker

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/schemas"
)

func TestIngestHoldsBackWhileNormalizeIsAnHourBehind(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	var text logText
	w := member(t, broker, "", StageIngest)
	w.options.Logger = slog.New(slog.NewTextHandler(&text, nil))
	n := rawWorker(t, broker, "", slog.New(slog.DiscardHandler)) // runs elsewhere
	measure := func(what string, want bool) {
		t.Helper()
		for range 2 {
			w.measurePressure(deadline(t))
		}
		if got := w.pressure.held.Load(); got != want || testutil.ToFloat64(w.metrics.holding) == 1 != want {
			t.Errorf("%s: held %v, metric %v, want %v", what, got, testutil.ToFloat64(w.metrics.holding), want)
		}
	}
	measure("nothing was fetched", false)
	n.stored(t, time.Now().Add(-4*time.Hour), "a")
	measure("normalize has never run", false)
	n.normalizes(t)
	n.stored(t, time.Now().Add(-3*time.Hour), "b")
	measure("it is hours behind", true)
	n.normalizes(t)
	measure("it has caught up", false)
	n.stored(t, time.Now().Add(-61*time.Minute), "c")
	n.stored(t, time.Now().Add(-59*time.Minute), "d")
	measure("it is an hour behind", true)
	broker.Close()
	measure("Kafka is away", false)
	for line, times := range map[string]int{"normalize is more than an hour behind": 2, "everything again": 2} {
		if got := strings.Count(text.String(), line); got != times {
			t.Errorf("%q is told %d times, want %d:\n%s", line, got, times, text.String())
		}
	}
	if other := member(t, embedded(t), "", StageNormalize); other.pressure.held.Load() {
		t.Error("who does not fetch holds back")
	}
}

// normalizes runs normalize until all is committed.
func (w *Worker) normalizes(t *testing.T) {
	t.Helper()
	stop := w.normalizing(t)
	defer stop()
	for wait := deadline(t); ; {
		lag, err := w.cluster.Lag(wait, StageNormalize, schemas.TopicRaw)
		try(t, err)
		if lag == 0 {
			return
		}
	}
}
