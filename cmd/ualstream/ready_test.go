package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"ualstream/ingest/cloudsim"
)

// askReady runs 'ualstream ready' and gives its exit code and all that it wrote.
func askReady(t *testing.T, args ...string) (int, string) {
	t.Helper()
	out := &bytes.Buffer{}
	e := &env{&bytes.Buffer{}, out, out, func(string) string { return "" }}
	return e.exitCode(e.dispatch(t.Context(), append([]string{"ready"}, args...))), out.String()
}

func TestReadySaysWhatTheWorkerAnswers(t *testing.T) {
	code, text := http.StatusOK, "ready\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.TrimSuffix(text, "\n"), code)
	}))
	defer server.Close()
	if got, out := askReady(t, server.URL); got != exitDone || out != "ready\n" {
		t.Errorf("a ready worker gives exit code %d and %q", got, out)
	}
	code, text = http.StatusServiceUnavailable, "not ready: Kafka does not answer\n"
	if got, out := askReady(t, server.URL); got != exitFailed || !strings.Contains(out, "503 Service Unavailable: not ready: Kafka does not answer") {
		t.Errorf("a worker that is not ready gives exit code %d and %q", got, out)
	}
	text = "\x1b[2Jready\u202e\n"
	for _, code = range []int{http.StatusOK, http.StatusTeapot} {
		if _, out := askReady(t, server.URL); !strings.Contains(out, " [2Jready \n") {
			t.Errorf("a terminal is told to do what a server says: %q", out)
		}
	}
	server.Close()
	if got, out := askReady(t, server.URL); got != exitFailed || !strings.Contains(out, "not ready") {
		t.Errorf("no worker gives exit code %d and %q", got, out)
	}
}

func TestReadyAsksTheSimulation(t *testing.T) {
	cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	dir := t.TempDir()
	if _, err := writeClientFiles(dir, cloud, cloud.Tenants()); err != nil {
		t.Fatal(err)
	}
	url := cloud.URL() + "/contoso.example/v2.0/.well-known/openid-configuration"
	if got, out := askReady(t, "--ca-file", filepath.Join(dir, "ca.pem"), url); got != exitDone {
		t.Errorf("exit code %d: %s", got, out)
	}
	if got, out := askReady(t, url); got != exitFailed || !strings.Contains(out, "certificate") {
		t.Errorf("an unknown authority gives exit code %d and %q", got, out)
	}
}

func TestReadyRefusesWhatIsNoAddress(t *testing.T) {
	for _, args := range [][]string{{"http://a", "http://b"}, {":bad"}, {"--ca-file", "missing.pem", "https://localhost"}} {
		if got, out := askReady(t, args...); got != exitMisuse {
			t.Errorf("%v gives exit code %d: %s", args, got, out)
		}
	}
}
