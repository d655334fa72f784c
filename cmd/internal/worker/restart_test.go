package worker_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// restartable gives a Kafka for the test alone, and a function that restarts it: it returns when Kafka is there
// again, after an outage that was long enough to be told in the log. The embedded broker restarts in this process;
// for the brokers that UALSTREAM_TEST_BROKERS names, UALSTREAM_TEST_BROKER_RESTART is the command that does it.
func restartable(t *testing.T, log *logLines) (k kafka.Config, restart func()) {
	t.Helper()
	if os.Getenv("UALSTREAM_TEST_BROKERS") == "" {
		dir := t.TempDir() + "/broker"
		broker := startBroker(t, dir)
		t.Cleanup(func() { broker.Close() })
		return broker.Config(), func() {
			broker.Close()
			log.waitFor(t, "of an outage", func(text string) bool { return strings.Contains(text, "retrying") })
			broker = startBroker(t, dir)
		}
	}
	command := os.Getenv("UALSTREAM_TEST_BROKER_RESTART")
	if command == "" {
		t.Skip("UALSTREAM_TEST_BROKER_RESTART is unset: it is the command that restarts the broker of UALSTREAM_TEST_BROKERS")
	}
	return testKafka(t), func() {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
}

func TestEndToEndWithABrokerRestartInTheMiddle(t *testing.T) {
	log := &logLines{more: make(chan struct{}, 1)}
	cloud := startCloud(t)
	k, restart := restartable(t, log)
	k.Logger = slog.New(slog.NewTextHandler(log, nil))
	_, stop := start(t, options(k.Logger, cloud.URL(), transport(cloud), k))

	offerMany(t, cloud, "before")
	seen := 0
	follow(t, k, schemas.TopicThreats, func(schemas.Message) bool { seen++; return seen > 20 }) // all stages are at work
	var restarting sync.WaitGroup
	restarting.Go(restart)
	for i := range 50 {
		offer(t, cloud, time.Now(), record(fmt.Sprintf("during-%d", i)))
	}
	restarting.Wait()
	offerMany(t, cloud, "after")

	for _, topic := range []schemas.Topic{schemas.TopicRaw, schemas.TopicEvents, schemas.TopicThreats} {
		holds(t, k, topic, cloud)
	}
	log.waitFor(t, "that all outages are over", func(text string) bool { return len(unended(text)) == 0 })
	if err := stop(); err != nil {
		t.Errorf("the worker did not stop in good order: %v", err)
	}
	if n := count(t, k, schemas.TopicRejects); n != 0 {
		t.Errorf("%d records were rejected, and none is broken", n)
	}
	if !strings.Contains(log.String(), "retrying") {
		t.Errorf("the log tells of no outage:\n%s", log)
	}
}

// holds waits until the topic has every record that the cloud served, which is an inbox rule and so a threat, and
// checks that it has no other.
func holds(t *testing.T, k kafka.Config, topic schemas.Topic, cloud *cloudsim.Cloud) {
	t.Helper()
	want, missing := records(cloud), records(cloud)
	follow(t, k, topic, func(m schemas.Message) bool {
		uid := m.Header(schemas.HeaderUID)
		if topic == schemas.TopicRaw {
			uid = string(m.Key)
		}
		id := m.Header(schemas.HeaderTenant) + "/" + uid
		if !want[id] {
			t.Errorf("%s: %s was never served", topic, id)
		}
		delete(missing, id)
		return len(missing) == 0
	})
}

// logLines keeps a log.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor waits until the log tells what it should. It may be called from any goroutine.
func (l *logLines) waitFor(t *testing.T, what string, told func(text string) bool) {
	for deadline := time.After(patience); !told(l.String()); {
		select {
		case <-l.more:
		case <-deadline:
			t.Errorf("the log never told %s:\n%s", what, l)
			return
		}
	}
}

var outageLine = regexp.MustCompile(`msg="kafka: ([a-z ]+)(, retrying|: over)"`)

// unended gives the outages that a log tells of and not the end of.
func unended(text string) map[string]bool {
	away := map[string]bool{}
	for _, m := range outageLine.FindAllStringSubmatch(text, -1) {
		if m[2] == ": over" {
			delete(away, m[1])
		} else {
			away[m[1]] = true
		}
	}
	return away
}
