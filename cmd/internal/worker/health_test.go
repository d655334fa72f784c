package worker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/worker"
)

func TestReadyWhileKafkaAnswersAndHealthyAllTheTime(t *testing.T) {
	t.Parallel()
	cloud, dir, address := startCloud(t), t.TempDir()+"/broker", freeAddress(t)
	broker := startBroker(t, dir)
	k := broker.Config()
	k.Logger = slog.New(slog.DiscardHandler)
	broker.Close()
	o := options(slog.New(slog.DiscardHandler), cloud.URL(), transport(cloud), k)
	o.HTTP = address
	start(t, o)

	eventually(t, address+"/readyz", http.StatusServiceUnavailable, "topics are not prepared yet")
	eventually(t, address+"/healthz", http.StatusOK, "ok")
	broker = startBroker(t, dir)
	eventually(t, address+"/readyz", http.StatusOK, "ready")
	eventually(t, address+"/metrics", http.StatusOK, "ualstream_rejects_total")
	broker.Close()
	eventually(t, address+"/readyz", http.StatusServiceUnavailable, "Kafka does not answer")
	eventually(t, address+"/healthz", http.StatusOK, "ok")
}

func TestAnAddressThatIsTakenEndsTheWorker(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(logger(t), "https://127.0.0.1:1", nil, testKafka(t))
	o.HTTP = taken.Addr().String()
	w, err := worker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), o.HTTP) {
		t.Errorf("got %v, want an error that names %s", err, o.HTTP)
	}
}

func TestAWorkerWhoseTimeIsOverBeforeKafkaIsThereStopsInGoodOrder(t *testing.T) {
	k := testKafka(t)
	k.Brokers = []string{freeAddress(t)}
	k.Logger = slog.New(slog.DiscardHandler)
	w, err := worker.New(options(logger(t), "https://127.0.0.1:1", nil, k))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Run(ctx); err != nil {
		t.Errorf("got %v", err)
	}
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually asks until the answer is as wanted.
func eventually(t *testing.T, url string, code int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	last := ""
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if resp, err := http.Get("http://" + url); err == nil {
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode == code && strings.Contains(string(body), text) {
				return
			}
			last = fmt.Sprintf("%d %s", resp.StatusCode, body)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s never answered %d with %q, but %s", url, code, text, last)
		case <-tick.C:
		}
	}
}
