package worker_test

import (
	"fmt"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

// normalize has stopped long ago, with records left: what is fetched now would only add to them.
func TestWhileNormalizeIsAnHourBehindWhatCanWaitIsListedAndNotFetched(t *testing.T) {
	t.Parallel()
	cloud, k := startCloud(t), testKafka(t)
	o := options(logger(t), cloud.URL(), transport(cloud), k)
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	received := func(id string, age time.Duration) {
		t.Helper()
		m := schemas.Raw{Tenant: "t", Source: "Audit.Exchange", Received: time.Now().Add(-age), Body: record(id)}.Message()
		if _, err := cluster.Produce(t.Context(), []schemas.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	received("read", 3*time.Hour)
	o.Stages = []string{worker.StageNormalize}
	_, stop := start(t, o)
	follow(t, k, schemas.TopicEvents, func(schemas.Message) bool { return true })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	received("left", 2*time.Hour)

	o.Stages, o.HTTP = []string{worker.StageIngest}, freeAddress(t)
	start(t, o)
	eventually(t, o.HTTP+"/metrics", 200, "ualstream_ingest_held 1")
	for i := range 5 { // each takes one more listing, when the one before would have been fetched
		waits := offer(t, cloud, time.Now(), record(fmt.Sprint("waits-", i)))
		follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
			if schemas.IsDay(m) || schemas.IsDeployment(m) {
				return false
			}
			b, err := schemas.BlobOf(m)
			if err != nil || b.State != schemas.BlobListed {
				t.Errorf("blob %s is %s, and should wait (error: %v)", b.ContentID, b.State, err)
			}
			return b.ContentID == waits
		})
	}
}
