package worker_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"ualstream/ingest/cloudsim"
)

var (
	chaosFor     = flag.Duration("chaos", 4*time.Second, "how long the chaos test disturbs the workers")
	chaosSeed    = flag.Uint64("chaos-seed", 1, "seed of the chaos test's disturbances and faults")
	chaosAnytime = flag.Bool("chaos-anytime", false, "let the chaos test kill the embedded broker within EndTxn, too, which it does not promise to bear")
)

// TestChaos has workers in processes of their own work on three tenants while everything goes wrong: the workers are
// killed, stopped, put to sleep for longer than their sessions, cut off from Kafka, and come back, with and without
// their disks; Kafka is restarted and killed; and Microsoft's side does all that it can do wrong. Then it is calm, and
// what a read_committed consumer sees is compared with what was served. A longer run is one command:
//
//	go test ./cmd/internal/worker -run Chaos -chaos 10m -chaos-seed 7 -timeout 1h -v
func TestChaos(t *testing.T) {
	if os.Getenv("UALSTREAM_TEST_BROKERS") == "" {
		t.Parallel() // else others use the broker, too
	}
	tenants := []string{cloudsim.DefaultTenant, fabrikam, northwind}
	cloud := startCloudWith(t, cloudsim.Config{
		Faults: cloudsim.AllFaults(), FaultSeed: *chaosSeed, Skew: 4 * time.Minute, LargeBlob: 4 << 20,
	}, tenants...)
	dir := t.ArtifactDir()
	broker := startChaosBroker(t, dir)
	crew := newCrew(t, broker, chaosChild{Broker: broker.child.Broker, Brokers: broker.child.Brokers, Prefix: broker.child.Prefix,
		CloudURL: cloud.URL(), CA: string(cloud.CAPEM()), Tenants: tenants}, dir)
	seen := gather(t, broker.config())
	for _, w := range crew.workers {
		w.start()
	}

	chaos, calm := context.WithTimeout(t.Context(), *chaosFor)
	defer calm()
	var busy sync.WaitGroup
	busy.Go(func() { serve(t, chaos, cloud, tenants) })
	busy.Go(func() { crew.disturb(chaos, *chaosSeed, *chaosAnytime) })
	busy.Wait()
	least := drained(t, broker.config(), cloud, tenants, seen)
	for _, w := range crew.workers {
		w.stop()
	}
	judge(t, broker.config(), least, cloud.Reckon(), crew.figures, dir)
	for _, line := range logs(t, dir, "panic:", "DATA RACE") {
		t.Error(line)
	}
	t.Log(crew.figures.line(*chaosSeed, *chaosFor))
	if t.Failed() {
		t.Logf("again: -chaos %s -chaos-seed %d; -artifacts keeps the logs", *chaosFor, *chaosSeed)
	}
}

// serve makes content available until ctx ends: a day of each tenant, and besides records that come again and again.
func serve(t *testing.T, ctx context.Context, cloud *cloudsim.Cloud, tenants []string) {
	var serving sync.WaitGroup
	defer serving.Wait()
	serving.Go(func() {
		day := cloudsim.DemoDay()
		day.PerSecond, day.PerHour, day.Tick = 10, 30, 2*time.Second // few blobs: each takes some requests
		if err := cloud.Play(ctx, day); err != nil {
			t.Error(err)
		}
	})
	dice := rand.New(rand.NewPCG(*chaosSeed, 2000))
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	const each = 20
	for next := 0; ; next += each {
		for _, tenant := range tenants {
			var bodies [][]byte
			for i := range each {
				bodies = append(bodies, chaosRecord(tenant, next+i), chaosRecord(tenant, dice.IntN(next+each)))
			}
			_, err := cloud.Offer(tenant, "Audit.Exchange", time.Now(), bodies...)
			if err != nil && !errors.Is(err, cloudsim.ErrNotSubscribed) { // which is one of the faults
				t.Error(err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
