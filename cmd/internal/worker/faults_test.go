package worker_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

var (
	faultsFor  = flag.Duration("faults", time.Second, "how long the test of all faults plays a tenant's day")
	faultsSeed = flag.Uint64("faults-seed", 1, "seed of the test of all faults")
)

// gathered is what Kafka holds, gathered while the test runs.
type gathered struct {
	mu      sync.Mutex
	events  map[string]bool // tenant/record Id
	rejects map[string]bool // bytes
	states  map[string]schemas.BlobState
	stored  map[string]bool   // blobs
	reasons map[string]string // of losses
}

// gather follows the topics until the test ends.
func gather(t *testing.T, k kafka.Config) *gathered {
	t.Helper()
	g := &gathered{events: map[string]bool{}, rejects: map[string]bool{}, states: map[string]schemas.BlobState{}, stored: map[string]bool{}, reasons: map[string]string{}}
	cluster, err := kafka.Connect(prepared(t, k))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	for topic, take := range map[schemas.Topic]func(schemas.Message) error{
		schemas.TopicEvents:  g.event,
		schemas.TopicRejects: g.reject,
		schemas.TopicLedger:  g.entry,
	} {
		following.Go(func() {
			if err := cluster.Read(ctx, kafka.Read{Topic: topic, Follow: true}, take); err != nil {
				t.Errorf("follow %s: %v", topic, err)
			}
		})
	}
	t.Cleanup(func() { cancel(); following.Wait(); cluster.Close() })
	return g
}

func (g *gathered) event(m schemas.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events[m.Header(schemas.HeaderTenant)+"/"+m.Header(schemas.HeaderUID)] = true
	return nil
}

func (g *gathered) reject(m schemas.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rejects[string(m.Value)] = true
	return nil
}

func (g *gathered) entry(m schemas.Message) error {
	if schemas.IsDay(m) || schemas.IsDeployment(m) {
		return nil
	}
	b, err := schemas.BlobOf(m)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.states[b.ContentID], g.reasons[b.ContentID] = b.State, b.Reason
	g.stored[b.ContentID] = g.stored[b.ContentID] || b.State == schemas.BlobStored
	return err
}

// size gives how many events and rejects have arrived.
func (g *gathered) size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.events) + len(g.rejects)
}

// pending gives how many blobs are yet to be stored, or taken for lost before their time. What was stored once is, whatever
// a slow process says of it later.
func (g *gathered) pending(want cloudsim.Reckoning) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, state := range g.states {
		_, lost := want.Lost[id]
		if state != schemas.BlobStored && !g.stored[id] && (!lost || state != schemas.BlobLost) {
			n++
		}
	}
	return n
}

// differs compares what is there with what a client that makes no mistake ends with, and says what differs.
func (g *gathered) differs(want cloudsim.Reckoning) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	lost := map[string]bool{}
	for id, state := range g.states {
		if state == schemas.BlobLost {
			lost[id] = true
		}
	}
	wantLost := map[string]bool{}
	for id := range want.Lost {
		wantLost[id] = true
	}
	rejected := maps.Clone(want.Rejects) // evidence of lost bodies may be there besides
	maps.DeleteFunc(rejected, func(bytes string, _ bool) bool { return g.rejects[bytes] })
	var all []string
	for what, keys := range map[string]map[string]bool{
		"events that lack": less(want.Events, g.events), "events that nobody can have": less(g.events, want.Events),
		"losses that the ledger lacks": less(wantLost, lost), "losses that are none": less(lost, wantLost),
		"rejects that lack": rejected,
	} {
		for key := range keys {
			all = append(all, fmt.Sprintf("%d %s, such as %.80s %s", len(keys), what, key, g.reasons[key]))
			break
		}
	}
	return strings.Join(all, "; ")
}

func less(a, b map[string]bool) map[string]bool {
	out := maps.Clone(a)
	maps.DeleteFunc(out, func(key string, _ bool) bool { return b[key] })
	return out
}

// agrees waits until what is there is what there should be.
func (g *gathered) agrees(t *testing.T, cloud *cloudsim.Cloud) {
	t.Helper()
	difference := ""
	over := time.After(patience + *faultsFor)
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		want := cloud.Reckon()
		if difference = g.differs(want); difference == "" && len(want.Events) >= 100 {
			return
		}
		select {
		case <-over:
			t.Fatalf("after %s, of %d events: %s", *faultsFor, len(cloud.Reckon().Events), difference)
		case <-tick.C:
		}
	}
}

func faultyCloud(t *testing.T) *cloudsim.Cloud {
	t.Helper()
	config := cloudsim.Config{Faults: cloudsim.AllFaults(), FaultSeed: *faultsSeed, Skew: 4 * time.Minute, LargeBlob: 4 << 20}
	if *faultsFor >= time.Minute {
		config.LargeBlob = 100 << 20
	}
	return startCloudWith(t, config, cloudsim.DefaultTenant, fabrikam)
}

// TestAllFaultsAtOnceLoseNothing plays a day in two tenants while Microsoft's side does all that it can do wrong. A
// longer one is one command: go test ./cmd/internal/worker -run AllFaults -faults 5m -timeout 30m.
func TestAllFaultsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	cloud, k := faultyCloud(t), testKafka(t)
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log := slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k.Logger = log
	o := options(log, cloud.URL(), transport(cloud), k)
	o.Quota = 60_000 // throttling by chance lowers it, as it should
	o.Tenants = append(o.Tenants, schemas.Tenant{ID: fabrikam, ContentTypes: schemas.ContentTypes})
	g := gather(t, k)
	_, stop := start(t, o)

	day := cloudsim.DemoDay()
	day.PerSecond, day.PerHour = 20, 30
	playing, end := context.WithTimeout(t.Context(), *faultsFor)
	defer end()
	if err := cloud.Play(playing, day); err != nil {
		t.Fatal(err)
	}
	g.agrees(t, cloud)
	if err := stop(); err != nil {
		t.Errorf("the worker did not stop in good order: %v", err)
	}

	if requests, withToken := cloud.Foreign(); requests > 0 {
		t.Errorf("%d requests went to a foreign host, %d with a token", requests, withToken)
	}
	r := cloud.Reckon()
	t.Logf("%d events, %d records that cannot be had, %d rejects, %d lost blobs, %d records not listed",
		len(r.Events), len(r.Missing), len(r.Rejects), len(r.Lost), len(r.Unlisted))
	if len(r.Lost) == 0 {
		t.Error("no blob was lost: too little happened to prove anything")
	}
	secrets := []string{cloudsim.DefaultClientSecret, "eyJ", "Bearer"}
	if k.SASL != nil {
		secrets = append(secrets, k.SASL.Password)
	}
	tellsNone(t, path, secrets)
}

// tellsNone checks that no line of a log holds any of the words. Every token begins with eyJ, which is {" in base64.
func tellsNone(t *testing.T, path string, words []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		for _, word := range words {
			if strings.Contains(scanner.Text(), word) {
				t.Fatalf("the log holds %q in line %d", word[:3], lines+1)
			}
		}
	}
	if lines == 0 {
		t.Fatal("the log is empty")
	}
}
