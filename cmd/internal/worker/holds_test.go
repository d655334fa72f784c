package worker

import (
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

func TestTransactionThatHangsIsToldOnceAndItsAgeIsKept(t *testing.T) {
	h, start := holds{}, time.Now()
	for _, step := range []struct {
		after time.Duration
		now   map[int]kafka.Hold
		age   time.Duration
		tell  map[int]int64
	}{
		{0, map[int]kafka.Hold{1: {Stable: 10, Hidden: 5}}, 0, nil},
		{time.Minute, map[int]kafka.Hold{1: {Stable: 10, Hidden: 9}, 2: {Stable: 7, Hidden: 1}}, time.Minute, nil},
		{2 * time.Minute, map[int]kafka.Hold{1: {Stable: 10, Hidden: 9}, 2: {Stable: 8, Hidden: 1}}, 2 * time.Minute, map[int]int64{1: 10}},
		{3 * time.Minute, map[int]kafka.Hold{1: {Stable: 10, Hidden: 9}}, 3 * time.Minute, nil},
		{4 * time.Minute, map[int]kafka.Hold{1: {Stable: 30, Hidden: 9}}, 0, nil},
		{9 * time.Minute, nil, 0, nil},
	} {
		age, tell := h.update(schemas.TopicEvents, step.now, start.Add(step.after))
		if age != step.age || !maps.Equal(tell, step.tell) {
			t.Errorf("after %v: age %v, told %v; want %v, %v", step.after, age, tell, step.age, step.tell)
		}
	}
}

func TestATransactionThatHangsIsToldWithTheCommandThatEndsIt(t *testing.T) {
	var text logText
	w := &Worker{options: Options{Kafka: kafka.Config{Brokers: []string{"kafka-1:9092", "kafka-2:9092"}, Prefix: "test"}, Logger: slog.New(slog.NewTextHandler(&text, nil))}}
	w.tellHang(schemas.TopicEvents, 3, 12345, 2*time.Minute)
	want := "kafka-transactions.sh --bootstrap-server kafka-1:9092,kafka-2:9092 abort --topic test.events --partition 3 --start-offset 12345"
	if !strings.Contains(text.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, text.String())
	}
}
