package ingest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// largeBlob is the size that the benchmark is about.
const largeBlob = 100 << 20

// cloudOf asks this binary, by its environment, to be a simulated cloud with so many large blobs.
const cloudOf = "UALSTREAM_TEST_LARGE_BLOBS"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(cloudOf)); err == nil {
		if err := beCloud(n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

// address is what the parent is told of the cloud.
type address struct {
	URL string
	CA  []byte
}

// beCloud serves until standard input ends.
func beCloud(blobs int) error {
	sim, err := cloudsim.New(cloudsim.Config{Tenants: []cloudsim.Tenant{
		{ID: cloudsim.DefaultTenant, Domain: "contoso.example", Enabled: []string{"Audit.Exchange"}},
	}})
	if err != nil {
		return err
	}
	if err := sim.Start("127.0.0.1:0"); err != nil {
		return err
	}
	for range blobs {
		if _, err := sim.OfferLarge(cloudsim.DefaultTenant, time.Now().Add(-time.Minute), largeBlob); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(address{sim.URL(), sim.CAPEM()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// spawnCloud starts a cloud in a process of its own, so that its memory is not counted, and gives a client of it with
// what that was made of.
func spawnCloud(b *testing.B, blobs int) (client *o365.Client, cfg o365.Config) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), cloudOf+"="+strconv.Itoa(blobs)), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	var a address
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		b.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.CA)
	client = signedIn(b, a.URL, pool, func(c *o365.Config) { cfg = *c })
	return client, cfg
}

// still is for how long the sink takes nothing at first, so that all blobs are in flight and as much of them has
// arrived as may.
const still = 3 * time.Second

// counting is a sink that copies what it is given, as a producer does into its request, and then forgets it.
type counting struct {
	moves   <-chan struct{} // closed when it begins to take something
	bytes   atomic.Int64
	records atomic.Int64
	settled chan schemas.Blob
}

func (s *counting) Store(_ context.Context, messages []schemas.Message) (map[int]int64, error) {
	<-s.moves
	var request bytes.Buffer
	for _, m := range messages {
		request.Write(m.Value)
	}
	s.bytes.Add(int64(request.Len()))
	s.records.Add(int64(len(messages)))
	return map[int]int64{0: s.records.Load()}, nil
}

func (s *counting) Remember(_ context.Context, e schemas.Blob) error {
	s.settled <- e
	return nil
}

// BenchmarkLargeBlob collects blobs of 100 MB, one and then as many at once as there are slots. It reports the most
// memory that the process held meanwhile, and how fast that was in comparison with a copy of the same download to
// nowhere, in the same run.
func BenchmarkLargeBlob(b *testing.B) {
	for _, blobs := range []int{1, 16} {
		b.Run(fmt.Sprint(blobs), func(b *testing.B) {
			client, cfg := spawnCloud(b, blobs)
			var floor, ours time.Duration
			for b.Loop() {
				begun := time.Now()
				size := copyBlob(b, client, cfg) * int64(blobs)
				floor += time.Since(begun) * time.Duration(blobs)
				forgetPeak(b)
				begun = time.Now()
				collectBlobs(b, client, blobs, size)
				ours += time.Since(begun) - still
				b.SetBytes(size)
			}
			b.ReportMetric(peak(b), "peak-MB")
			b.ReportMetric(float64(floor)/float64(ours), "of-floor")
		})
	}
}

// copyBlob downloads the first blob that is listed and gives its size.
func copyBlob(b *testing.B, client *o365.Client, cfg o365.Config) int64 {
	for blob, err := range client.List(b.Context(), "Audit.Exchange", time.Now().Add(-time.Hour), time.Now()) {
		if err != nil {
			b.Fatal(err)
		}
		token, err := cfg.Credential.GetToken(b.Context(), policy.TokenRequestOptions{Scopes: []string{cfg.Endpoint + "/.default"}})
		if err != nil {
			b.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, blob.URI, http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.Token)
		resp, err := (&http.Client{Transport: cfg.Transport}).Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("status %d, error %v", resp.StatusCode, err)
		}
		return n
	}
	b.Fatal("no blob is listed")
	return 0
}

// collectBlobs has a collector collect blobs until all are settled.
func collectBlobs(b *testing.B, client *o365.Client, blobs int, size int64) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	moves := make(chan struct{})
	time.AfterFunc(still, func() { close(moves) })
	s := &counting{moves: moves, settled: make(chan schemas.Blob, blobs)}
	c := New(Config{Tenant: schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: []string{"Audit.Exchange"}}, Feed: client, Sink: s})
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	for range blobs {
		if e := <-s.settled; e.State != schemas.BlobStored {
			b.Fatalf("ledger %+v", e)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if got := s.bytes.Load(); got < size*9/10 { // the blobs are about as large as one another
		b.Fatalf("stored %d bytes of about %d", got, size)
	}
}

// forgetPeak gives memory back that is not in use and has the system measure the peak anew.
func forgetPeak(b *testing.B) {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Skip("this system does not measure a process's peak of memory: ", err)
	}
}

// peak gives the most memory that the process has held, in MB.
func peak(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		b.Fatal("the peak is not in /proc/self/status")
	}
	kb, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1000
}
