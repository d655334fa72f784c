package kafka

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

// patience bounds what a test waits for; nothing passes or fails by how long something takes.
const patience = 2 * time.Minute

// The tests run against an embedded broker, or against a real Kafka that these variables name; "broker env" in
// .ci/kafka prints them. What needs a variable that is unset is skipped.
//
//	UALSTREAM_TEST_BROKERS         bootstrap servers of a plain listener, where anybody may do everything
//	UALSTREAM_TEST_BROKER_RESTART  a command that restarts that broker (the worker's tests)
//	UALSTREAM_TEST_TLS_BROKERS     the same brokers' TLS listener
//	UALSTREAM_TEST_MTLS_BROKERS    … that wants a client certificate
//	UALSTREAM_TEST_SASL_BROKERS    … over TLS that wants a login: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
//	UALSTREAM_TEST_SASL_LOGIN      user:password; by SCRAM the user "nobody" has the same password and may do nothing
//	UALSTREAM_TEST_CERTIFICATES    folder with ca.crt, and client and stranger (whom the brokers do not know) .crt and .key

// connect gives a cluster with a prefix of its own on an embedded broker, or on the brokers that
// UALSTREAM_TEST_BROKERS names, so that the same tests run against a real Kafka.
func connect(t testing.TB) *Cluster {
	t.Helper()
	if brokers := os.Getenv("UALSTREAM_TEST_BROKERS"); brokers != "" {
		return join(t, Config{Brokers: strings.Split(brokers, ",")})
	}
	return join(t, embed(t, "").Config())
}

func embed(t testing.TB, dir string) *Broker {
	t.Helper()
	b, err := StartEmbedded(Embedded{Dir: dir, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func join(t testing.TB, cfg Config) *Cluster {
	t.Helper()
	if cfg.Prefix == "" {
		cfg.Prefix = "test-" + rand.Text()[:8]
	}
	if cfg.Partitions == 0 {
		cfg.Partitions = 3
	}
	if cfg.Logger == nil {
		cfg.Logger = logger(t)
	}
	c, err := Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// prepared gives a cluster whose topics exist.
func prepared(t testing.TB) *Cluster {
	t.Helper()
	c := connect(t)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

// again connects to the same topics as another process would.
func again(t testing.TB, c *Cluster) *Cluster {
	t.Helper()
	return join(t, c.cfg)
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func logger(t testing.TB) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})).With("test", t.Name())
}

// numbered gives n messages with keys from on.
func numbered(t schemas.Topic, from, n int) []schemas.Message {
	msgs := make([]schemas.Message, n)
	for i := range msgs {
		key := fmt.Sprintf("record-%06d", from+i)
		msgs[i] = schemas.Message{Topic: t, Key: []byte(key), Value: []byte(`{"Id":"` + key + `"}`)}
	}
	return msgs
}

func produce(t testing.TB, c *Cluster, msgs []schemas.Message) {
	t.Helper()
	if _, err := c.Produce(within(t), msgs); err != nil {
		t.Fatal(err)
	}
}

// read gives all messages of a topic, partition by partition.
func read(t testing.TB, c *Cluster, topic schemas.Topic) (msgs []schemas.Message) {
	t.Helper()
	err := c.Read(within(t), Read{Topic: topic}, func(m schemas.Message) error {
		msgs = append(msgs, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(msgs, func(a, b schemas.Message) int {
		if a.Partition != b.Partition {
			return a.Partition - b.Partition
		}
		return int(a.Offset - b.Offset)
	})
	return msgs
}

// tally counts keys, from any goroutine.
type tally struct {
	mu   sync.Mutex
	keys map[string]int
	more chan struct{}
}

func newTally() *tally { return &tally{keys: map[string]int{}, more: make(chan struct{}, 1)} }

func (c *tally) add(msgs ...schemas.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range msgs {
		c.keys[string(m.Key)]++
	}
	select {
	case c.more <- struct{}{}:
	default:
	}
}

func (c *tally) distinct() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.keys)
}

// wait waits until n different keys were counted.
func (c *tally) wait(t testing.TB, n int) {
	t.Helper()
	deadline := time.After(patience)
	for c.distinct() < n {
		select {
		case <-c.more:
		case <-deadline:
			t.Fatalf("saw %d different messages, want %d", c.distinct(), n)
		}
	}
}

// until waits for a condition that only polling can tell.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx := within(t); !ok(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// transform is a Transform made of functions.
type transform struct {
	process func(context.Context, []schemas.Message) ([]schemas.Message, error)
	done    func()
}

func (f transform) Process(ctx context.Context, batch []schemas.Message) ([]schemas.Message, error) {
	return f.process(ctx, batch)
}

func (f transform) Done() {
	if f.done != nil {
		f.done()
	}
}

// copying gives a stage that writes events as threats and counts them when they are done.
func copying(seen *tally) Stage {
	return Stage{Group: "copy", From: schemas.TopicEvents, New: func(int) Transform {
		var batch []schemas.Message
		return transform{
			process: func(_ context.Context, in []schemas.Message) ([]schemas.Message, error) {
				batch = in
				out := slices.Clone(in)
				for i := range out {
					out[i].Topic = schemas.TopicThreats
				}
				return out, nil
			},
			done: func() { seen.add(batch...) },
		}
	}}
}

// start runs a stage; the function that it gives ends it and waits for the end.
func start(t testing.TB, c *Cluster, s Stage) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, s) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run did not return after its context had ended")
		}
	})
	t.Cleanup(stop)
	return stop
}
