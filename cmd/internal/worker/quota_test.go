package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/cmd/internal/status"
)

func TestQuotaIsATenantsOwnAndSeenInTheMetrics(t *testing.T) {
	q := newQuotas(100)
	if first := q.of("a"); first == q.of("b") || first != q.of("a") {
		t.Error("two tenants share a quota, or one has two")
	}
	q.of("elsewhere") // as when a report is asked for
	q.begin("a")
	q.begin("b")
	q.of("gone")
	q.begin("gone")
	q.end("gone")
	q.of("b").Throttled(time.Now(), time.Minute)
	want := `
# HELP ualstream_ingest_tenants Tenants that this worker collects; others may be other workers'.
# TYPE ualstream_ingest_tenants gauge
ualstream_ingest_tenants 2
# HELP ualstream_throttled_total Answers of Microsoft that there were too many requests (AF429).
# TYPE ualstream_throttled_total counter
ualstream_throttled_total{tenant="a"} 0
ualstream_throttled_total{tenant="b"} 1
# HELP ualstream_quota_waiting_requests Requests that wait for the quota.
# TYPE ualstream_quota_waiting_requests gauge
ualstream_quota_waiting_requests{tenant="a"} 0
ualstream_quota_waiting_requests{tenant="b"} 0
`
	if err := testutil.CollectAndCompare(q, strings.NewReader(want), "ualstream_throttled_total", "ualstream_quota_waiting_requests", "ualstream_ingest_tenants"); err != nil {
		t.Error(err)
	}
	problems, err := testutil.CollectAndLint(q)
	if err != nil || len(problems) > 0 {
		t.Error(err, problems)
	}
}

func TestQuotasAreNotedInAReport(t *testing.T) {
	q := newQuotas(100)
	if err := q.of("a").Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.begin("a")
	q.of("fetched elsewhere")
	r := status.Report{Tenants: []status.Tenant{{ID: "a"}, {ID: "fetched elsewhere"}}}
	q.note(&r)
	if got := r.Tenants[0].Quota; got == nil || *got != (status.Quota{Used: 1, Allowed: 100, Configured: 100}) {
		t.Errorf("quota %v", got)
	}
	if got := r.Tenants[1].Quota; got != nil {
		t.Errorf("quota %v of a tenant that is not fetched here", got)
	}
}
