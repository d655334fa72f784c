package worker_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// deliver offers records in blobs of 50, each under a content id that was never there.
func deliver(t *testing.T, cloud *cloudsim.Cloud, from, to int) {
	t.Helper()
	for ; from < to; from += 50 {
		var bodies [][]byte
		for i := from; i < min(to, from+50); i++ {
			bodies = append(bodies, record(fmt.Sprint(i)))
		}
		offer(t, cloud, time.Now(), bodies...)
	}
}

// normalized waits until as many raw messages are there and normalize has committed all of them.
func normalized(t *testing.T, k kafka.Config, raw int64) {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var p kafka.Progress
	for deadline := time.After(patience); p.Written < raw || p.Lag() > 0; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d raw messages, of them %d normalized: want %d", p.Written, p.Read, raw)
		}
		if p, err = cluster.Progress(t.Context(), worker.StageNormalize, schemas.TopicRaw); err != nil {
			t.Fatal(err)
		}
	}
}

// eachOnce checks that there is one event for each of so many records.
func eachOnce(t *testing.T, k kafka.Config, records int) {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	seen := map[string]int{}
	err = cluster.Read(t.Context(), kafka.Read{Topic: schemas.TopicEvents}, func(m schemas.Message) error {
		seen[m.Header(schemas.HeaderUID)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, times := range seen {
		if times > 1 {
			t.Errorf("record %s is %d events", id, times)
		}
	}
	if len(seen) != records {
		t.Errorf("%d records became events, want %d", len(seen), records)
	}
}

func prepare(t *testing.T, k kafka.Config) {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// killable runs a worker in a process of its own; kill ends it with SIGKILL.
func killable(t *testing.T, cloud *cloudsim.Cloud, k kafka.Config, state string) (kill func()) {
	t.Helper()
	config, err := json.Marshal(child{CloudURL: cloud.URL(), CA: string(cloud.CAPEM()), Brokers: k.Brokers, Prefix: k.Prefix, State: state})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(config))
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return kill
}

func TestDeliveredAgainAfterSIGKILLIsOneEvent(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"with the store": true, "with the store lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud, k, state := startCloud(t), testKafka(t), t.TempDir()
			prepare(t, k)
			const first, all = 400, 700
			deliver(t, cloud, 0, first)
			kill := killable(t, cloud, k, state)
			normalized(t, k, first)
			kill()
			if !keep {
				state = t.TempDir()
			}
			deliver(t, cloud, 0, all)
			kill = killable(t, cloud, k, state)
			normalized(t, k, first+all)
			kill()
			deliver(t, cloud, 100, all)
			killable(t, cloud, k, state)
			normalized(t, k, first+all+all-100)
			eachOnce(t, k, all)
		})
	}
}

// TestDeliveredAgainAcrossRebalancesIsOneEvent has workers with stores of their own, as on machines of their own, come
// and go, so that partitions move between them and come back to stores that are behind.
func TestDeliveredAgainAcrossRebalancesIsOneEvent(t *testing.T) {
	t.Parallel()
	cloud, k := startCloud(t), testKafka(t)
	prepare(t, k)
	const records = 300
	at := func(state string, stages ...string) (stop func() error) {
		o := options(logger(t), cloud.URL(), transport(cloud), k)
		o.Stages, o.State, o.HTTP = stages, state, freeAddress(t)
		_, stop = start(t, o)
		if state != "" {
			eventually(t, o.HTTP+"/metrics", http.StatusOK, "ualstream_identity_records{") // it has partitions
		}
		return stop
	}
	at("", worker.StageIngest)
	one, two := t.TempDir(), t.TempDir()
	raw := int64(0)
	again := func() {
		deliver(t, cloud, 0, records)
		raw += records
		normalized(t, k, raw)
	}
	stop := at(one, worker.StageNormalize)
	again()
	stopSecond := at(two, worker.StageNormalize) // takes half of the partitions
	again()
	if err := stop(); err != nil { // and then all
		t.Fatal(err)
	}
	again()
	at(one, worker.StageNormalize) // and they come back to a store that is behind
	again()
	if err := stopSecond(); err != nil {
		t.Fatal(err)
	}
	again()
	eachOnce(t, k, records)
}

func TestTwoWorkersOnOneMachineShareTheFolderAndNotTheStores(t *testing.T) {
	t.Parallel()
	cloud, k, state := startCloud(t), testKafka(t), t.TempDir()
	o := options(slog.New(slog.DiscardHandler), cloud.URL(), transport(cloud), k)
	o.State = state
	start(t, o)
	deliver(t, cloud, 0, 100)
	normalized(t, k, 100)
	o.Stages = []string{worker.StageNormalize}
	_, stop := start(t, o)
	deliver(t, cloud, 0, 200)
	normalized(t, k, 300)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	deliver(t, cloud, 0, 200)
	normalized(t, k, 500)
	eachOnce(t, k, 200)
}
