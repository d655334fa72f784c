package ingest

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// TestWithAllFaultsWhatIsSettledIsSettledRightly collects two hours of a tenant from a service with every fault there
// is, until nine records of ten are stored. What had to be set aside comes later and is not waited for.
func TestWithAllFaultsWhatIsSettledIsSettledRightly(t *testing.T) {
	var log book
	types := schemas.ContentTypes
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	sim, client := simulate(t, cloudsim.Config{
		Faults: cloudsim.AllFaults(), LargeBlob: 2 << 20, PageSize: 20,
		Tenants: []cloudsim.Tenant{{ID: cloudsim.DefaultTenant, Domain: "contoso.example", Enabled: types}},
	}, func(cfg *o365.Config) { cfg.Quota, cfg.Logger = NewQuota(100_000), logger })
	past, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sim.Play(past, cloudsim.DemoDay()); err != nil {
		t.Fatal(err)
	}
	s := newSink()
	stop := collect(t, nil, s, func(cfg *Config) {
		cfg.Tenant = schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: types}
		cfg.Feed, cfg.Logger, cfg.Poll = client, logger, 50*time.Millisecond
	})
	stored := map[string]bool{}
	s.until(t, "nine of ten records are stored", func() bool {
		for _, key := range s.keys() {
			stored[sim.Tenants()[0].ID+"/"+key] = true
		}
		known := 0
		events := sim.Reckon().Events
		for key := range events {
			if stored[key] {
				known++
			}
		}
		return len(events) > 100 && known*10 >= len(events)*9
	})
	stop()
	lost := sim.Reckon().Lost
	for _, e := range s.ledger {
		if e.State == schemas.BlobStored && lost[e.ContentID] != "" {
			t.Errorf("%s is %s, and the ledger says %+v", e.ContentID, lost[e.ContentID], e)
		}
	}
	for id, fate := range lost {
		if e := s.entry(id); e.State == schemas.BlobLost && e.Reason == "" {
			t.Errorf("%s is %s, and the ledger gives no reason: %+v", id, fate, e)
		}
	}
	for _, e := range s.ledger {
		if last := s.entry(e.ContentID); last.State == schemas.BlobLost && lost[e.ContentID] == "" {
			t.Errorf("%s can be had, and the ledger says %+v", e.ContentID, last)
		}
	}
	if requests, withToken := sim.Foreign(); requests != 0 || withToken != 0 {
		t.Errorf("%d requests to a foreign host, %d with a token", requests, withToken)
	}
	if text := log.String(); strings.Contains(text, "eyJ") || strings.Contains(text, cloudsim.DefaultClientSecret) {
		t.Error("the log holds a token or the secret")
	}
}
