package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/schemas"
)

// collect runs a collector of the cloud until the returned function is called, which waits for its end.
func collect(t *testing.T, c *cloud, s *sink, change ...func(*Config)) (stop func()) {
	t.Helper()
	cfg := Config{
		Tenant: schemas.Tenant{ID: tenant, ContentTypes: []string{"Audit.Exchange"}},
		Sink:   s, Ledger: s.replay(t), Poll: 5 * time.Millisecond,
	}
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Feed == nil {
		cfg.Feed = c.client(t)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- New(cfg).Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return stop
}

func TestEveryRecordIsStoredAndThenRemembered(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a", "b")
	c.has("Audit.General", "c")
	c.serve["b"] = func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, "[]") }
	stop := collect(t, c, s, func(cfg *Config) {
		cfg.Tenant.ContentTypes = []string{"Audit.Exchange", "Audit.General"}
	})
	s.until(t, "all are settled", s.settled("a", "b", "c"))
	stop()

	if got, want := sorted(s.keys()), sorted(append(recordIDs("a"), recordIDs("c")...)); !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	for blob, want := range map[string]int{"a": 3, "b": 0, "c": 3} {
		e := s.entry(blob)
		if e.State != schemas.BlobStored || e.Records != want || e.Tenant != tenant || e.Created.IsZero() || e.Expires.IsZero() || e.At.IsZero() {
			t.Errorf("blob %s: %+v", blob, e)
		}
		offsets := map[int]int64{}
		for _, m := range s.raw {
			if m.Header(schemas.HeaderContentID) == blob {
				offsets[m.Partition] = m.Offset
			}
		}
		if !maps.Equal(e.Offsets, offsets) {
			t.Errorf("blob %s: offsets %v, want %v", blob, e.Offsets, offsets)
		}
	}
	m := s.raw[0]
	if m.Topic != schemas.TopicRaw || m.Header(schemas.HeaderTenant) != tenant || m.Header(schemas.HeaderContentCreated) == "" ||
		m.Header(schemas.HeaderReceived) == "" || !strings.HasPrefix(m.Header(schemas.HeaderSource), "Audit.") {
		t.Errorf("raw message %+v", m)
	}
}

func TestWhatIsStoredIsNotFetchedAgain(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a")
	stop := collect(t, c, s)
	s.until(t, "a is settled", s.settled("a"))
	c.has("Audit.Exchange", "b") // found by a later poll, which lists a as well
	s.until(t, "b is settled", s.settled("b"))
	stop()
	stop = collect(t, c, s) // and not after a restart
	c.has("Audit.Exchange", "c")
	s.until(t, "c is settled", s.settled("c"))
	stop()
	for _, blob := range []string{"a", "b", "c"} {
		if c.fetched(blob) != 1 {
			t.Errorf("%s was fetched %d times", blob, c.fetched(blob))
		}
	}
}

func TestABlobInFlightIsNotFetchedTwice(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "slow")
	release := make(chan struct{})
	c.serve["slow"] = func(w http.ResponseWriter, _ *http.Request, _ int) {
		<-release
		fmt.Fprint(w, bodyOf("slow"))
	}
	collect(t, c, s)
	// Each blob that is found after the one before proves another listing while the slow one is in flight.
	for i := range 5 {
		blob := fmt.Sprint("quick", i)
		c.has("Audit.Exchange", blob)
		s.until(t, blob+" is settled", s.settled(blob))
	}
	close(release)
	s.until(t, "the slow one is settled", s.settled("slow"))
	if c.fetched("slow") != 1 {
		t.Errorf("fetched %d times", c.fetched("slow"))
	}
}

func TestAKillInTheMiddleOfABlobLosesNothing(t *testing.T) {
	c, s := newCloud(t), newSink()
	const records = 3 * chunkRecords
	c.has("Audit.Exchange", "large", "small")
	var want []string
	c.serve["large"] = func(w http.ResponseWriter, _ *http.Request, _ int) {
		sep := "["
		for i := range records {
			fmt.Fprintf(w, `%s{"Id":"large-%d"}`, sep, i)
			sep = ","
		}
		fmt.Fprint(w, "]")
	}
	for i := range records {
		want = append(want, fmt.Sprint("large-", i))
	}
	blocked := make(chan struct{})
	s.before = func(ctx context.Context, batch []schemas.Message) error {
		if !slices.ContainsFunc(batch, func(m schemas.Message) bool { return string(m.Key) == "large-700" }) {
			return nil
		}
		close(blocked)
		<-ctx.Done()
		return ctx.Err()
	}
	stop := collect(t, c, s)
	<-blocked
	s.until(t, "the small one is settled", s.settled("small"))
	stop()
	if e := s.entry("large"); e.State != "" {
		t.Fatalf("the ledger says %+v of a blob that is not stored", e)
	}
	if got := len(s.raw); got != chunkRecords+3 {
		t.Errorf("%d records acknowledged before the kill", got)
	}

	s.before = nil
	stop = collect(t, c, s)
	s.until(t, "the large one is settled", s.settled("large"))
	stop()
	if e := s.entry("large"); e.State != schemas.BlobStored || e.Records != records {
		t.Errorf("ledger %+v", e)
	}
	if got := sorted(s.keys()); !slices.Equal(got, sorted(append(want, recordIDs("small")...))) {
		t.Errorf("%d different records stored", len(got))
	}
	if c.fetched("small") != 1 {
		t.Errorf("what was stored was fetched again")
	}
}

func TestNothingIsRememberedThatWasNotAcknowledged(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a")
	var fails atomic.Int32
	s.before = func(context.Context, []schemas.Message) error {
		if fails.Add(1) <= 3 {
			return errors.New("not enough replicas")
		}
		return nil
	}
	s.beforeLedger = func(e schemas.Blob) error {
		if e.State != schemas.BlobListed && fails.Load() <= 3 {
			t.Error("remembered before anything was acknowledged")
		}
		return nil
	}
	collect(t, c, s)
	s.until(t, "a is settled", s.settled("a"))
}

func TestContentTypesDoNotHoldEachOtherUp(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.denied["DLP.All"] = true
	c.has("DLP.All", "secret")
	c.has("Audit.Exchange", "a")
	collect(t, c, s, func(cfg *Config) { cfg.Tenant.ContentTypes = []string{"DLP.All", "Audit.Exchange"} })
	s.until(t, "a is settled", s.settled("a"))
	for i := range 5 {
		blob := fmt.Sprint("b", i)
		c.has("Audit.Exchange", blob)
		s.until(t, blob+" is settled", s.settled(blob))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.starts["DLP.All"] > 1 || c.starts["Audit.Exchange"] != 1 {
		t.Errorf("starts %v", c.starts)
	}
}

func TestASubscriptionThatExistsIsLeftAlone(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.enabled["audit.exchange"], c.enabled["Audit.Exchange"] = true, true
	c.has("Audit.Exchange", "a")
	collect(t, c, s)
	s.until(t, "a is settled", s.settled("a"))
	if c.starts["Audit.Exchange"] != 0 {
		t.Errorf("started %d times", c.starts["Audit.Exchange"])
	}
}
