package cloudsim

import (
	"net/http"
	"strings"
	"time"
)

// edge is what stands before all services: it dates the answers by the tenant's clock. The Management API is also found
// under the version that Microsoft's own pages print in NextPageUri.
func (c *Cloud) edge() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/{tenant}/activity/feed/{operation...}", c.feed)
	mux.Handle("/", c.routes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.clockOf(tenantIn(r.URL.Path)).UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	})
}

// tenantIn gives the part of a path that names a tenant: behind the Management API's version, and first elsewhere.
func tenantIn(path string) string {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) > 3 && parts[1] == "api" {
		return parts[3]
	}
	return parts[min(1, len(parts)-1)]
}

// pause waits and says whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-timer.C:
		return true
	}
}
