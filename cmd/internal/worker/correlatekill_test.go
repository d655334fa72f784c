package worker_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

// abrupt runs a worker that normalizes and detects in a process of its own. What is given kills it.
func abrupt(t *testing.T, k kafka.Config) (kill func()) {
	t.Helper()
	config, err := json.Marshal(child{Brokers: k.Brokers, Prefix: k.Prefix, Stages: []string{worker.StageNormalize, worker.StageDetect}, Rules: spray})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(config))
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	return kill
}

// TestKilledInTheMiddleOfAWindowNeitherLosesNorRepeats has hits counted by one worker after the other, each of which is
// gone without a word: who has the partition next was never told of what was before.
func TestKilledInTheMiddleOfAWindowNeitherLosesNorRepeats(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	kill := abrupt(t, k)
	fails(t, c, tenant, "192.0.2.7", began, 0, 5)
	settled(t, k, c, 5)
	kill()
	kill = abrupt(t, k)
	fails(t, c, tenant, "192.0.2.7", began, 5, 11) // it fires, and is updated at the next
	settled(t, k, c, 11)
	kill()
	detecting(t, k)
	fails(t, c, tenant, "192.0.2.7", began, 11, 13) // the second and the third
	settled(t, k, c, 13)
	created, updates := told(t, c)
	if at := tenant + " 192.0.2.7"; len(created) != 1 || created[at] != 1 || updates[at] != 2 {
		t.Errorf("created %v, updates %v", created, updates)
	}
}

// TestGroupsThatAreTooManyForMemoryAreCountedAllTheSame has sprays go on side by side, with memory for two of them.
func TestGroupsThatAreTooManyForMemoryAreCountedAllTheSame(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	dir := t.TempDir()
	o := worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger,
		Rules: sprayRules(t), MaxGroups: 2, State: dir, HTTP: freeAddress(t)}
	_, stop := start(t, o)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	const addresses, hits = 40, 11
	for _, until := range []int{5, hits} {
		for a := range addresses {
			fails(t, c, tenant, fmt.Sprintf("192.0.2.%d", a), began, until/6*5, until)
		}
	}
	settled(t, k, c, addresses*hits)
	created, updates := told(t, c)
	for a := range addresses {
		if at := fmt.Sprintf("%s 192.0.2.%d", tenant, a); created[at] != 1 || updates[at] != 1 {
			t.Errorf("of %s: created %d, updates %d", at, created[at], updates[at])
		}
	}
	if !shows(o.HTTP, "ualstream_correlation_spilled_groups{") {
		t.Error("no group was on disk")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir + "/" + schemas.DefaultPrefix)
	for _, file := range left {
		if !file.IsDir() {
			t.Errorf("%s is left behind", file.Name())
		}
	}
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
}
