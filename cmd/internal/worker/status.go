package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
)

const (
	reportWithin = 30 * time.Second // how long a request for a report may take
	reportFresh  = 2 * time.Second  // how old a report may be that is given again
)

// reports serves the status of the deployment as JSON. It looks when it is asked, and once at a time however many ask.
type reports struct {
	watcher *status.Watcher
	quotas  *quotas       // nil where nothing is fetched here
	rules   *turn         // nil where nothing is detected here
	turn    chan struct{} // whose it is may use the watcher
	last    status.Report
	taken   time.Time
}

func (w *Worker) newReports() *reports {
	o := status.Options{Tenants: w.options.Tenants}
	if w.options.Microsoft.Credential != nil {
		o.States = w.options.Microsoft.States(func(tenant string) o365.Quota { return w.quotas.of(tenant) })
	}
	s := &reports{watcher: status.New(w.cluster, o), turn: make(chan struct{}, 1)}
	if slices.Contains(w.options.Stages, StageIngest) {
		s.quotas = w.quotas
	}
	if w.detects() {
		s.rules = &w.turn
	}
	return s
}

// ServeHTTP answers 200 with a status.Report, or 503 with the reason in a sentence.
func (s *reports) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), reportWithin)
	defer cancel()
	report, err := s.report(ctx)
	if err != nil {
		http.Error(rw, "no status: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(report) // an error is that nobody listens any more
}

// report gives the last report while it is fresh, else a new one.
func (s *reports) report(ctx context.Context) (report status.Report, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return report, fmt.Errorf("gathering takes long: %w", ctx.Err())
	}
	if time.Since(s.taken) < reportFresh {
		return s.last, nil
	}
	if report, err = s.watcher.Look(ctx); err == nil {
		if s.quotas != nil {
			s.quotas.note(&report)
		}
		if s.rules != nil {
			report.Rules = s.rules.status()
		}
		s.last, s.taken = report, time.Now()
	}
	return report, err
}
