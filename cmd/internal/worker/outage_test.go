package worker_test

import (
	"fmt"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// startBroker starts a broker on a folder; it keeps its port from one start to the next.
func startBroker(t *testing.T, dir string) *kafka.Broker {
	t.Helper()
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: dir, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return broker
}

func TestKafkaAwayAtStartAndInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	cloud, dir := startCloud(t), t.TempDir()+"/broker"
	broker := startBroker(t, dir)
	k := broker.Config()
	k.Logger = logger(t)
	broker.Close()

	_, stop := start(t, options(logger(t), cloud.URL(), transport(cloud), k)) // nobody answers yet
	offerMany(t, cloud, "early")
	broker = startBroker(t, dir)
	seen := 0
	follow(t, k, schemas.TopicEvents, func(schemas.Message) bool { seen++; return seen > 20 })

	broker.Close() // in the middle of everything
	offerMany(t, cloud, "late")
	broker = startBroker(t, dir)
	defer broker.Close()

	want, got := records(cloud), map[string]bool{}
	follow(t, k, schemas.TopicEvents, func(m schemas.Message) bool {
		got[m.Header(schemas.HeaderTenant)+"/"+m.Header(schemas.HeaderUID)] = true
		return len(got) == len(want)
	})
	for id := range want {
		if !got[id] {
			t.Errorf("record %s was lost", id)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("the worker did not stop in good order: %v", err)
	}
}

// offerMany makes a hundred small blobs available.
func offerMany(t *testing.T, cloud *cloudsim.Cloud, name string) {
	t.Helper()
	for b := range 100 {
		var bodies [][]byte
		for r := range 5 {
			bodies = append(bodies, record(fmt.Sprintf("%s-%d-%d", name, b, r)))
		}
		offer(t, cloud, time.Now(), bodies...)
	}
}
