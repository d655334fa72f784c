package worker_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// customers gives tenants by ID.
func customers(n int) (all []schemas.Tenant, ids []string) {
	for i := range n {
		id := fmt.Sprintf("%08d-5d1c-4b7e-8f3a-2c9d60718e4f", i)
		all, ids = append(all, schemas.Tenant{ID: id, ContentTypes: []string{"Audit.Exchange"}}), append(ids, id)
	}
	return all, ids
}

// meter is a worker's way to Microsoft. It counts what was asked, and can hold blobs back.
type meter struct {
	http.RoundTripper
	mu       sync.Mutex
	byTenant map[string]int
	blobs    map[string]int // by contentId
	hold     map[string]chan struct{}
}

func newMeter(cloud *cloudsim.Cloud) *meter {
	return &meter{RoundTripper: transport(cloud), byTenant: map[string]int{}, blobs: map[string]int{}, hold: map[string]chan struct{}{}}
}

// RoundTrip counts a request and makes it, unless its blob is held back: then it waits for its end.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	if parts := strings.Split(r.URL.Path, "/"); len(parts) > 4 && parts[1] == "api" {
		m.mu.Lock()
		m.byTenant[parts[3]]++
		blob := ""
		if strings.Contains(r.URL.Path, "/audit/") {
			blob = path.Base(r.URL.Path)
			m.blobs[blob]++
		}
		met := m.hold[blob]
		m.mu.Unlock()
		if met != nil {
			met <- struct{}{}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
	}
	return m.RoundTripper.RoundTrip(r)
}

func (m *meter) asked(tenant string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byTenant[tenant]
}

// fetches gives how often all these workers asked for a blob.
func fetches(blob string, all ...*meter) (n int) {
	for _, m := range all {
		m.mu.Lock()
		n += m.blobs[blob]
		m.mu.Unlock()
	}
	return n
}

// ingester runs a worker that only fetches; url is where it tells of itself.
func ingester(t *testing.T, cloud *cloudsim.Cloud, k kafka.Config, m *meter, tenants []schemas.Tenant) (url string, stop func() error) {
	t.Helper()
	o := options(k.Logger, cloud.URL(), m, k)
	o.Stages, o.Tenants, o.HTTP = []string{worker.StageIngest}, tenants, freeAddress(t)
	_, stop = start(t, o)
	return o.HTTP, stop
}

var gauge = regexp.MustCompile(`(?m)^ualstream_ingest_tenants (\d+)$`)

// collects gives how many tenants a worker says that it collects; -1 when it says nothing.
func collects(url string) int {
	answer, err := http.Get("http://" + url + "/metrics")
	if err != nil {
		return -1
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	found := gauge.FindSubmatch(body)
	if found == nil {
		return -1
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

// shared waits until these workers collect so many tenants together, and each of them at least so many.
func shared(t *testing.T, sum, least int, urls ...string) {
	t.Helper()
	await(t, fmt.Sprintf("%d tenants shared out", sum), func() bool {
		total, fair := 0, true
		for _, url := range urls {
			n := collects(url)
			total += n
			fair = fair && n >= least
		}
		return fair && total == sum
	})
}

// await waits for what only asking again can tell.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// offerEach offers each tenant a blob, and waits until all are stored.
func offerEach(t *testing.T, cloud *cloudsim.Cloud, k kafka.Config, ids []string, name string) (blobs []string) {
	t.Helper()
	missing := map[string]bool{}
	for _, id := range ids {
		blob := offerTo(t, cloud, id, name+id)
		blobs, missing[blob] = append(blobs, blob), true
	}
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		if b, err := schemas.BlobOf(m); err == nil && b.State == schemas.BlobStored {
			delete(missing, b.ContentID)
		}
		return len(missing) == 0
	})
	return blobs
}

func TestEachTenantIsCollectedByOneOfTwoWorkersAndByTheOtherWhenThatStops(t *testing.T) {
	t.Parallel()
	tenants, ids := customers(8)
	cloud, k := startCloudWith(t, cloudsim.Config{}, ids...), testKafka(t)
	a, b := newMeter(cloud), newMeter(cloud)
	urlA, stopA := ingester(t, cloud, k, a, tenants)
	shared(t, 8, 8, urlA)
	first := offerEach(t, cloud, k, ids, "first")
	urlB, _ := ingester(t, cloud, k, b, tenants)
	shared(t, 8, 1, urlA, urlB)

	begun := map[string]int{}
	for _, id := range ids {
		begun[id] = a.asked(id)
	}
	second := offerEach(t, cloud, k, ids, "second")
	for i, id := range ids {
		if n := fetches(second[i], a, b); n != 1 {
			t.Errorf("a blob of %s was fetched %d times, want once", id, n)
		}
		if byA, byB := a.asked(id)-begun[id], b.asked(id); byA > 0 && byB > 0 {
			t.Errorf("both workers asked for content of %s, %d and %d times", id, byA, byB)
		}
	}

	held := make(chan struct{}, 8)
	for _, id := range ids { // what cannot be fetched before the stop
		a.mu.Lock()
		blob := offerTo(t, cloud, id, "third"+id)
		a.hold[blob] = held
		a.mu.Unlock()
		second = append(second, blob)
	}
	<-held
	if err := stopA(); err != nil {
		t.Fatal(err)
	}
	summed := map[string]bool{} // what the worker that goes leaves behind for the next
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		if d, err := schemas.DaySummary(m); schemas.IsDay(m) && err == nil && d.Stored > 0 {
			summed[d.Tenant] = true
		}
		return len(summed) == 8
	})
	shared(t, 8, 8, urlB)
	for _, blob := range second[8:] {
		stored(t, k, blob)
	}
	offerEach(t, cloud, k, ids, "fourth")
	for _, blob := range append(first, second[:8]...) {
		if n := fetches(blob, a, b); n != 1 {
			t.Errorf("a blob that was stored before was fetched %d times, want once", n)
		}
	}
}

func TestTenantsOfAWorkerThatDiesGoToAnother(t *testing.T) {
	t.Parallel()
	tenants, ids := customers(8)
	cloud, k := startCloudWith(t, cloudsim.Config{}, ids...), testKafka(t)
	config, err := json.Marshal(child{CloudURL: cloud.URL(), CA: string(cloud.CAPEM()), Brokers: k.Brokers, Prefix: k.Prefix,
		Stages: []string{worker.StageIngest}, Tenants: tenants})
	if err != nil {
		t.Fatal(err)
	}
	dies := exec.Command(os.Args[0])
	dies.Env, dies.Stderr = append(os.Environ(), childEnv+"="+string(config)), t.Output()
	if err := dies.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dies.Process.Kill(); _ = dies.Wait() })
	first := offerEach(t, cloud, k, ids, "first")
	b := newMeter(cloud)
	urlB, _ := ingester(t, cloud, k, b, tenants)
	await(t, "a share of the tenants", func() bool { n := collects(urlB); return n > 0 && n < 8 })
	if err := dies.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = dies.Wait()
	shared(t, 8, 8, urlB)
	offerEach(t, cloud, k, ids, "second")
	for _, blob := range first {
		if n := fetches(blob, b); n != 0 {
			t.Errorf("a blob that the ledger had as stored was fetched %d times", n)
		}
	}
}

func TestAWorkerWithoutAPartitionIsReadyAndStandsBy(t *testing.T) {
	t.Parallel()
	tenants, ids := customers(8)
	cloud, k := startCloudWith(t, cloudsim.Config{}, ids...), testKafka(t)
	k.Partitions = 2
	var urls []string
	var stops []func() error
	for range 2 {
		url, stop := ingester(t, cloud, k, newMeter(cloud), tenants)
		urls, stops = append(urls, url), append(stops, stop)
	}
	shared(t, 8, 1, urls...)
	idle, others := newMeter(cloud), k
	log, wait := listen(t)
	others.Logger = log
	url, _ := ingester(t, cloud, others, idle, tenants)
	wait("shared out its partitions")
	eventually(t, url+"/readyz", http.StatusOK, "collects 0 of 8 tenants, the others are with other workers")
	shared(t, 8, 1, urls...)
	offerEach(t, cloud, k, ids, "first")
	for _, id := range ids {
		if n := idle.asked(id); n > 0 {
			t.Errorf("the worker without a partition asked for content of %s %d times", id, n)
		}
	}
	report := ask(t, url)
	if len(report.Tenants) != 8 {
		t.Errorf("its report has %d tenants, want 8", len(report.Tenants))
	}
	for _, one := range report.Tenants {
		if one.Quota != nil {
			t.Errorf("its report has a quota of %s, which another worker collects", one.ID)
		}
	}
	if err := stops[0](); err != nil {
		t.Fatal(err)
	}
	shared(t, 8, 1, urls[1], url)
}

func TestABlobWhoseEntryIsDamagedIsFetchedAgain(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	blob := offer(t, cloud, time.Now(), record("one"))
	key := cloudsim.DefaultTenant + "/Audit.Exchange/" + blob
	write(t, prepared(t, k), schemas.Message{Topic: schemas.TopicLedger, Key: []byte(key), Value: []byte(`{"v":1,"state":"stored`)})
	o := options(logger(t), cloud.URL(), transport(cloud), k)
	o.Stages = []string{worker.StageIngest}
	start(t, o)
	stored(t, k, blob)
}
