package worker_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
	"ualstream/schemas"
)

// childEnv has this test program run a worker instead of its tests, so that a test can kill a real process.
const childEnv = "UALSTREAM_TEST_CHILD"

type child struct {
	CloudURL, CA string
	Brokers      []string
	Prefix       string
	State        string   // "" for memory
	Stages       []string // nil for all
	Tenants      []schemas.Tenant
	Rules        string // "" for none
}

func TestMain(m *testing.M) {
	if config := os.Getenv(childEnv); config != "" {
		runChild(config)
	}
	if config := os.Getenv(chaosEnv); config != "" {
		runChaosChild(config)
	}
	os.Exit(m.Run())
}

// runChild runs a worker until it is killed.
func runChild(config string) {
	var c child
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(c.CA))
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	o := options(log, c.CloudURL, tr, kafka.Config{Brokers: c.Brokers, Prefix: c.Prefix, Logger: log})
	o.State = c.State
	if c.Stages != nil {
		o.Stages, o.Tenants = c.Stages, c.Tenants
	}
	if c.Rules != "" {
		o.Rules = rulesOf(c.Rules)
	}
	w, err := worker.New(o)
	if err != nil {
		panic(err)
	}
	panic(w.Run(context.Background()))
}

func TestKilledInTheMiddleOfABlobLosesNothing(t *testing.T) {
	t.Parallel()
	cloud, k := startCloud(t), testKafka(t)
	const blobs, each = 40, 200
	for b := range blobs {
		var bodies [][]byte
		for r := range each {
			bodies = append(bodies, record(fmt.Sprintf("%d-%d", b, r)))
		}
		offer(t, cloud, time.Now(), bodies...)
	}
	config, err := json.Marshal(child{CloudURL: cloud.URL(), CA: string(cloud.CAPEM()), Brokers: k.Brokers, Prefix: k.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	work := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+string(config))
		cmd.Stderr = t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}

	first, seen := work(), 0
	follow(t, k, schemas.TopicRaw, func(schemas.Message) bool { seen++; return seen > blobs*each/10 })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	isStored := func(m schemas.Message) bool {
		b, err := schemas.BlobOf(m)
		return err == nil && b.State == schemas.BlobStored
	}
	if done := countIf(t, k, schemas.TopicLedger, isStored); done == blobs {
		t.Fatalf("all %d blobs were stored before the kill: it came too late to prove anything", done)
	}

	work()
	want, got := records(cloud), map[string]bool{}
	follow(t, k, schemas.TopicEvents, func(m schemas.Message) bool {
		got[m.Header(schemas.HeaderTenant)+"/"+m.Header(schemas.HeaderUID)] = true
		return len(got) >= len(want)
	})
	for id := range got {
		if !want[id] {
			t.Errorf("event %s was never served", id)
		}
	}
}

// count gives how many messages a topic holds.
func count(t *testing.T, k kafka.Config, topic schemas.Topic) int {
	t.Helper()
	return countIf(t, k, topic, func(schemas.Message) bool { return true })
}

// countIf gives how many messages of a topic are of a kind.
func countIf(t *testing.T, k kafka.Config, topic schemas.Topic, is func(schemas.Message) bool) int {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	n := 0
	err = cluster.Read(t.Context(), kafka.Read{Topic: topic}, func(m schemas.Message) error {
		if is(m) {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
