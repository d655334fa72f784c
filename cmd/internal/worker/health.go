package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serve answers /healthz, /readyz, /metrics and /status from the start, so that a worker that waits for Kafka can be seen
// waiting. The function that it gives ends it.
func (w *Worker) serve() (stop func(), err error) {
	if w.options.HTTP == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", w.options.HTTP)
	if err != nil {
		return nil, fmt.Errorf("serve health and metrics on %s: %w", w.options.HTTP, err)
	}
	server := &http.Server{Handler: w.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			w.options.Logger.Error("health and metrics are no longer served", "error", err)
		}
	}()
	w.options.Logger.Info("health and metrics are served", "url", "http://"+listener.Addr().String()+"/metrics")
	return func() { _ = server.Close() }, nil
}

func (w *Worker) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprintln(rw, "ok") })
	mux.HandleFunc("GET /readyz", w.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.metrics.registry, promhttp.HandlerOpts{}))
	mux.Handle("GET /status", w.newReports())
	return mux
}

// ready answers 200 while the stages run and Kafka answers, else 503 with the reason.
func (w *Worker) ready(rw http.ResponseWriter, r *http.Request) {
	if !w.prepared.Load() {
		http.Error(rw, "not ready: topics are not prepared yet, is Kafka there?", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := w.cluster.Ping(ctx); err != nil {
		http.Error(rw, "not ready: Kafka does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(rw, "ready"+w.shareOfTenants())
}

// shareOfTenants says in half a sentence what of the tenants this worker collects: one that has none of them is well.
func (w *Worker) shareOfTenants() string {
	r := w.roster.Load()
	if r == nil {
		return ""
	}
	wanted, here := r.counts()
	switch {
	case wanted == 0:
		return ": no tenant is connected yet"
	case here == wanted:
		return fmt.Sprintf(": collects all %d tenants", wanted)
	default:
		return fmt.Sprintf(": collects %d of %d tenants, the others are with other workers", here, wanted)
	}
}
