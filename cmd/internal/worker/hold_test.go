package worker_test

import (
	"slices"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

// normalize has stopped long ago, with records left: what is fetched now would only add to them.
func TestWhileNormalizeIsAnHourBehindOnlyWhatExpiresSoonIsFetched(t *testing.T) {
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
	offer(t, cloud, time.Now().Add(-time.Minute), record("waits"))
	soon := offer(t, cloud, time.Now().Add(-6*24*time.Hour-12*time.Hour), record("hurries"))
	listed := 0
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			return false
		}
		b, err := schemas.BlobOf(m)
		if err != nil {
			t.Fatal(err)
		}
		if b.ContentID != soon && b.State != schemas.BlobListed {
			t.Errorf("blob %s is %s, and should wait", b.ContentID, b.State)
		}
		listed++
		return b.ContentID == soon && b.State == schemas.BlobStored
	})
	var raw []string
	follow(t, k, schemas.TopicRaw, func(m schemas.Message) bool {
		raw = append(raw, string(m.Key))
		return slices.Contains(raw, "hurries")
	})
	if slices.Contains(raw, "waits") {
		t.Errorf("the raw topic has %v: what can wait was fetched", raw)
	}
}
