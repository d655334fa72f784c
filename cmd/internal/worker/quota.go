package worker

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"ualstream/cmd/internal/status"
	"ualstream/ingest"
)

// quotas holds each tenant's quota for as long as the worker runs, so that a tenant that is connected again does not
// get a second one in the same minute, and shows those of the tenants that are collected here in the metrics.
//
// A quota is of a tenant and of this process. A worker that takes a tenant over begins with a count of its own, and in
// the first minute both together may ask more than Microsoft answers: it says so (AF429), and the new owner asks less.
type quotas struct {
	perMinute int

	mu       sync.Mutex
	byTenant map[string]*ingest.Quota
	here     map[string]bool // tenants that are collected by this worker
}

func newQuotas(perMinute int) *quotas {
	return &quotas{perMinute: perMinute, byTenant: map[string]*ingest.Quota{}, here: map[string]bool{}}
}

// begin notes that a tenant is collected here.
func (q *quotas) begin(tenant string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.here[tenant] = true
}

// end notes that a tenant is no longer collected here.
func (q *quotas) end(tenant string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.here, tenant)
}

// of gives a tenant's quota.
func (q *quotas) of(tenant string) *ingest.Quota {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.byTenant[tenant] == nil {
		q.byTenant[tenant] = ingest.NewQuota(q.perMinute)
	}
	return q.byTenant[tenant]
}

// note writes into a report what is used of the quotas of the tenants that are collected here.
func (q *quotas) note(r *status.Report) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, t := range r.Tenants {
		if q.here[t.ID] {
			s := q.byTenant[t.ID].Stats()
			r.Tenants[i].Quota = &status.Quota{
				Used: s.Used, Allowed: int(s.Current), Configured: int(s.Configured), Throttled: s.Throttled,
			}
		}
	}
}

var (
	quotaDesc = prometheus.NewDesc("ualstream_quota_requests_per_minute",
		"Requests a minute that a tenant's collector allows itself; throttling lowers it for a while.", []string{"tenant"}, nil)
	waitingDesc = prometheus.NewDesc("ualstream_quota_waiting_requests",
		"Requests that wait for the quota.", []string{"tenant"}, nil)
	usedDesc = prometheus.NewDesc("ualstream_quota_used_requests",
		"Requests of the last minute.", []string{"tenant"}, nil)
	throttledDesc = prometheus.NewDesc("ualstream_throttled_total",
		"Answers of Microsoft that there were too many requests (AF429).", []string{"tenant"}, nil)
	tenantsDesc = prometheus.NewDesc("ualstream_ingest_tenants",
		"Tenants that this worker collects; others may be other workers'.", nil, nil)
)

// Describe implements prometheus.Collector.
func (q *quotas) Describe(descs chan<- *prometheus.Desc) {
	descs <- quotaDesc
	descs <- waitingDesc
	descs <- usedDesc
	descs <- throttledDesc
	descs <- tenantsDesc
}

// Collect implements prometheus.Collector.
func (q *quotas) Collect(metrics chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	metrics <- prometheus.MustNewConstMetric(tenantsDesc, prometheus.GaugeValue, float64(len(q.here)))
	for tenant := range q.here {
		s := q.byTenant[tenant].Stats()
		metrics <- prometheus.MustNewConstMetric(quotaDesc, prometheus.GaugeValue, s.Current, tenant)
		metrics <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(s.Waiting), tenant)
		metrics <- prometheus.MustNewConstMetric(usedDesc, prometheus.GaugeValue, float64(s.Used), tenant)
		metrics <- prometheus.MustNewConstMetric(throttledDesc, prometheus.CounterValue, float64(s.Throttled), tenant)
	}
}
