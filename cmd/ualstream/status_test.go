package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
)

// serveStatus is a worker that answers as it is told, and counts who asks.
func serveStatus(t *testing.T, answer func(http.ResponseWriter, int32)) string {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			http.NotFound(w, r)
			return
		}
		answer(w, asked.Add(1))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// report answers with a report of one stage, whose lag tells who asked first.
func report(w http.ResponseWriter, asked int32) {
	at := time.Date(2026, 2, 12, 10, 53, 24, 0, time.UTC)
	_ = json.NewEncoder(w).Encode(status.Report{At: at, Stages: []status.Stage{{Name: "normalize", Lag: int64(asked), Rate: 2}}})
}

func askStatus(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	e := &env{&bytes.Buffer{}, &out, &problems, func(string) string { return "" }}
	code = e.exitCode(e.dispatch(t.Context(), append([]string{"status"}, args...)))
	return code, out.String(), problems.String()
}

func TestStatusShowsWhatAWorkerServes(t *testing.T) {
	url := serveStatus(t, report)
	code, out, problems := askStatus(t, "--worker", url)
	if code != exitDone || problems != "" || !strings.HasPrefix(out, "Office 365 Subscriptions ") || !strings.Contains(out, "\nnormalize  ") {
		t.Errorf("exit code %d: %s%s", code, out, problems)
	}
	code, out, problems = askStatus(t, "--worker", url+"/", "--json")
	var r status.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone || problems != "" || strings.Count(out, "\n") != 1 || len(r.Stages) != 1 || r.Stages[0].Lag != 2 {
		t.Errorf("exit code %d, %v: %s%s", code, err, out, problems)
	}
}

func TestStatusSaysWhatAWorkerAnswersInstead(t *testing.T) {
	for want, answer := range map[string]func(http.ResponseWriter, int32){
		"says: no status: reach kafka\n": func(w http.ResponseWriter, _ int32) {
			http.Error(w, "no status: reach kafka\nmore", http.StatusServiceUnavailable)
		},
		"answers 404 Not Found\nualstream: hint: is it a worker":       func(w http.ResponseWriter, _ int32) { http.Error(w, "what?", http.StatusNotFound) },
		"answers with something else than a report: invalid character": func(w http.ResponseWriter, _ int32) { fmt.Fprint(w, "<html>") },
	} {
		code, out, problems := askStatus(t, "--worker", serveStatus(t, answer))
		if code != exitFailed || out != "" || !strings.Contains(problems, want) {
			t.Errorf("exit code %d: %s%s, want %q", code, out, problems, want)
		}
	}
}

func TestStatusOfAKafkaWithoutTopicsMakesNone(t *testing.T) {
	t.Parallel()
	broker, err := kafka.StartEmbedded(kafka.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	for range 2 {
		code, out, problems := askStatus(t, "--brokers", broker.Config().Brokers[0], "--prefix", "other")
		if code != exitFailed || out != "" || !strings.Contains(problems, "nothing has run on this Kafka yet: other.raw, ") ||
			!strings.Contains(problems, "hint: 'ualstream run' makes the topics") {
			t.Errorf("exit code %d: %s%s", code, out, problems)
		}
	}
}

func TestAWatchGoesOnAfterAFailureAndAnInterruptEndsItInGoodOrder(t *testing.T) {
	t.Parallel()
	url := serveStatus(t, func(w http.ResponseWriter, asked int32) {
		if asked == 2 {
			http.Error(w, "no status: Kafka went away", http.StatusServiceUnavailable)
			return
		}
		report(w, asked)
	})
	p := begin(t, "status", "--watch", "--worker", url)
	first := p.until(p.stdout, "normalize")
	p.until(p.stderr, "what stands above is no longer so: the worker at "+url+"/status says: no status: Kafka went away")
	if next := p.until(p.stdout, "normalize"); !strings.HasSuffix(first, " 1\n") || !strings.HasSuffix(next, " 3\n") {
		t.Errorf("got %q and then %q", first, next)
	}
	if code, problems := p.end(os.Interrupt); code != exitDone || strings.Contains(problems, "error") {
		t.Errorf("exit code %d: %s", code, problems)
	}
}

func TestStatusOfASimulatedTenantIsToldByTheWorkerAndByTheTopics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tenant, data := filepath.Join(dir, "tenant"), filepath.Join(dir, "broker")
	cloud := begin(t, "simulate", "--listen", "127.0.0.1:0", "--dir", tenant)
	cloud.until(cloud.stderr, "config.yaml")
	config := filepath.Join(tenant, "config.yaml")
	worker := begin(t, "run", "--embedded", "--data", data, "--config", config, "--sinks", "json", "--http", "127.0.0.1:0")
	served := worker.until(worker.stderr, "health and metrics are served")
	worker.until(worker.stdout, `"class_uid":`)

	_, url, _ := strings.Cut(served, "url=")
	url = strings.TrimSuffix(strings.TrimSpace(url), "/metrics")
	for _, args := range [][]string{{"--worker", url}, {"--embedded", "--data", data, "--config", config}} {
		code, out, problems := askStatus(t, args...)
		if code != exitDone || !strings.Contains(out, "\ncontoso.example  5f8a1c3e") || !strings.Contains(out, "\nAudit.Exchange              enabled ") {
			t.Errorf("%v: exit code %d: %s%s", args, code, out, problems)
		}
	}
}

func TestAPictureTakesThePlaceOfTheOneBefore(t *testing.T) {
	for name, c := range map[string]struct {
		height int
		want   string
	}{
		"any height": {0, "\x1b[H" + "a\x1b[K\nb\x1b[K\nc\x1b[K\nd\x1b[K\n\x1b[J"},
		"fits":       {5, "\x1b[H" + "a\x1b[K\nb\x1b[K\nc\x1b[K\nd\x1b[K\n\x1b[J"},
		"too tall":   {4, "\x1b[H" + "a\x1b[K\nb\x1b[K\n… and 2 more lines, which 'ualstream status' shows\x1b[K\n\x1b[J"},
		"too low":    {2, "\x1b[H" + "a\x1b[K\nb\x1b[K\nc\x1b[K\nd\x1b[K\n\x1b[J"},
	} {
		if got := over("a\nb\nc\nd\n", c.height); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
