package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// consent accepts on the page of that address, as an administrator does.
func consent(t *testing.T, cloud *cloudsim.Cloud, address string) {
	t.Helper()
	response, err := (&http.Client{Transport: trusting(cloud.CertPool())}).Post(address, "application/x-www-form-urlencoded", strings.NewReader("tenant="+tenant))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the page of consent answers %s", response.Status)
	}
}

// told is a log handler that passes messages on.
type told struct {
	slog.Handler
	messages chan string
}

func (h told) Handle(_ context.Context, r slog.Record) error { h.messages <- r.Message; return nil }
func (h told) Enabled(context.Context, slog.Level) bool      { return true }
func (h told) WithAttrs([]slog.Attr) slog.Handler            { return h }

// work runs a worker of the site that fetches, and gives what its log says.
func (s *site) work() <-chan string {
	s.t.Helper()
	log := told{slog.DiscardHandler, make(chan string, 10_000)}
	var c config
	fs := newFlags("run")
	c.kafkaFlags(fs)
	c.workerFlags(fs)
	e := &env{nil, nil, s.t.Output(), func(string) string { return "" }}
	if err := e.configOnly(fs, &c, runUsage, []string{"--config", s.config, "--stages", "ingest", "--poll-interval", "100ms", "--http", ""}); err != nil {
		s.t.Fatal(err)
	}
	o, err := c.options(e)
	if err != nil {
		s.t.Fatal(err)
	}
	o.Logger = slog.New(log)
	w, err := worker.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	s.t.Cleanup(func() { cancel(); <-done })
	return log.messages
}

func (s *site) wait(messages <-chan string, part string) {
	s.t.Helper()
	over := time.After(time.Minute)
	for {
		select {
		case m := <-messages:
			if strings.Contains(m, part) {
				return
			}
		case <-over:
			s.t.Fatalf("the worker never said %q", part)
		}
	}
}

// stored waits until the ledger has the blob.
func (s *site) stored(blob string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	found := false
	_ = s.cluster().Read(ctx, kafka.Read{Topic: schemas.TopicLedger, Follow: true}, func(m schemas.Message) error {
		if found = strings.HasSuffix(string(m.Key), blob); found {
			return context.Canceled
		}
		return nil
	})
	if !found {
		s.t.Fatalf("blob %s was not fetched", blob)
	}
}

func (s *site) offer(id string) string {
	s.t.Helper()
	blob, err := s.cloud.Offer(tenant, "Audit.Exchange", time.Now(), []byte(`{"Id":"`+id+`","CreationTime":"2026-03-02T09:15:00"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	return blob
}

func TestAWorkerThatRunsFetchesWhatIsConnectedUntilItIsDisconnected(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, "Audit.Exchange")
	messages := s.work()
	s.wait(messages, "no tenant is connected yet")
	blob := s.offer("1")
	if code, out, problems := s.run("connect", tenant, "--wait"); code != exitDone || strings.Contains(out, "No content yet") {
		t.Fatalf("connect exits with %d: %s%s", code, out, problems)
	}
	s.stored(blob)

	code, _, problems := s.run("disconnect", tenant)
	if code != exitMisuse || !strings.Contains(problems, "hint: add --yes") || !s.entry().Connected {
		t.Errorf("without a terminal it exits with %d: %s", code, problems)
	}
	code, out, problems := s.run("disconnect", "contoso.example", "--yes")
	if code != exitDone || !strings.Contains(out, "can never be fetched") || !strings.Contains(out, "Audit.Exchange              stopped") {
		t.Fatalf("disconnect exits with %d: %s%s", code, out, problems)
	}
	s.wait(messages, "no longer collected")
	if s.entry().Connected {
		t.Error("the tenant is still on the topic")
	}
	if found := failures(s.report(tenant)); len(found) > 0 {
		t.Errorf("a tenant that was disconnected on purpose has failures: %+v", found)
	}
	if code, out, _ := s.run("connect", tenant); !strings.Contains(out, "was started") {
		t.Errorf("within 15 minutes it exits with %d, saying:\n%s", code, out)
	}
}

func TestDisconnectCanLeaveTheSubscriptions(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if code, out, problems := s.run("connect", tenant); code != exitDone {
		t.Fatalf("connect exits with %d: %s%s", code, out, problems)
	}
	code, out, _ := s.run("disconnect", tenant, "--yes", "--keep-subscriptions")
	if code != exitDone || strings.Contains(out, "stopped") || !strings.Contains(out, "seven days") || s.entry().Connected {
		t.Errorf("exits with %d, saying:\n%s", code, out)
	}
	if _, out, _ := s.run("connect", tenant); !strings.Contains(out, "Audit.Exchange              enabled\n") {
		t.Errorf("connected again it says:\n%s", out)
	}
}

func TestATenantsNameCannotPassForALineOfOurs(t *testing.T) {
	var out bytes.Buffer
	d := &disconnecting{e: &env{stdout: &out}, c: &config{}, id: tenant}
	d.entry.Tenant.Name, d.entry.Connected = "Contoso\x1b[2J\nok       workers", true
	if err := d.agree(true); err != nil || !strings.HasPrefix(out.String(), `Disconnecting tenant `+tenant+` "Contoso\x1b[2J\nok workers".`) {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

func TestTheConfigurationsTenantIsConnectedAsItSaysAndDisconnectedThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "tenants: [{id: "+tenant+", name: Contoso, content_types: [Audit.Exchange]}]\n"...)
	if err := os.WriteFile(s.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, problems := s.run("connect", tenant)
	if e := s.entry().Tenant; code != exitDone || !strings.Contains(out, "with the same settings") || e.Name != "Contoso" || len(s.entry().Starts) != 1 {
		t.Errorf("kept %+v, exits with %d: %s%s", s.entry(), code, out, problems)
	}
	code, out, problems = s.run("disconnect", tenant)
	if code != exitFailed || out != "" || !strings.Contains(problems, "nothing was changed\nualstream: hint: leave the tenant out of the configuration") {
		t.Errorf("disconnect exits with %d: %s%s", code, out, problems)
	}
}
