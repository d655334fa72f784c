package ingest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// BenchmarkQuota collects thousands of small blobs from a service that takes 50 ms for each request and allows 2,000
// a minute, until a minute has passed. It reports, as the service saw it, how much of the quota was used, and the
// most requests in any minute.
func BenchmarkQuota(b *testing.B) {
	const (
		perMinute = DefaultQuota
		lasts     = 70 * time.Second
	)
	types := schemas.ContentTypes
	sim, client := simulate(b, cloudsim.Config{
		Latency: 50 * time.Millisecond, Quota: perMinute,
		Tenants: []cloudsim.Tenant{{ID: cloudsim.DefaultTenant, Domain: "contoso.example", Enabled: types}},
	}, func(cfg *o365.Config) { cfg.Quota = NewQuota(perMinute) })
	for i := range 2 * perMinute {
		record := fmt.Appendf(nil, `{"Id":"%d","CreationTime":"2026-03-01T10:00:00","Operation":"FileAccessed"}`, i)
		age := time.Duration(i) * 6 * 24 * time.Hour / (2 * perMinute)
		if _, err := sim.Offer(cloudsim.DefaultTenant, types[i%len(types)], time.Now().Add(-age), record); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		before := len(sim.Requests(cloudsim.DefaultTenant))
		ctx, cancel := context.WithTimeout(b.Context(), lasts)
		c := New(Config{Tenant: schemas.Tenant{ID: cloudsim.DefaultTenant, ContentTypes: types}, Feed: client, Sink: newSink()})
		if err := c.Run(ctx); err != nil {
			b.Fatal(err)
		}
		cancel()
		sent := len(sim.Requests(cloudsim.DefaultTenant)) - before
		b.ReportMetric(100*float64(sent)/(perMinute*lasts.Minutes()), "%used")
		b.ReportMetric(100*float64(sim.Busiest(cloudsim.DefaultTenant))/perMinute, "%busiest-minute")
	}
}
