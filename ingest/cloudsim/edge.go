package cloudsim

import (
	"net/http"
	"time"
)

// edge is what stands before all services: it dates the answers by the cloud's clock. The Management API is also found
// under the version that Microsoft's own pages print in NextPageUri.
func (c *Cloud) edge() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/{tenant}/activity/feed/{operation...}", c.feed)
	mux.Handle("/", c.routes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.cfg.Clock().UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	})
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
