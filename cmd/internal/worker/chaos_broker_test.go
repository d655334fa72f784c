package worker_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
)

// Commands for the broker that UALSTREAM_TEST_BROKERS names, which return when it is there again.
const (
	restartEnv = "UALSTREAM_TEST_BROKER_RESTART" // stops it in good order and starts it
	crashEnv   = "UALSTREAM_TEST_BROKER_CRASH"   // kills it with SIGKILL and starts it
)

// chaosBroker is a Kafka that is stopped and killed: an embedded broker in a process of its own, or the one that
// UALSTREAM_TEST_BROKERS names.
type chaosBroker struct {
	t      *testing.T
	child  chaosChild // how others reach it
	log    string     // prefix of log files
	starts int
	proc   *process // nil for a real one
}

func startChaosBroker(t *testing.T, dir string) *chaosBroker {
	t.Helper()
	b := &chaosBroker{t: t, log: filepath.Join(dir, "broker"), child: chaosChild{Prefix: fmt.Sprintf("chaos-%d", time.Now().UnixNano())}}
	if brokers := os.Getenv("UALSTREAM_TEST_BROKERS"); brokers != "" {
		b.child.Brokers = strings.Split(brokers, ",")
		for _, name := range []string{restartEnv, crashEnv} {
			if os.Getenv(name) == "" {
				t.Skip(name + " is unset: it is a command for the broker of UALSTREAM_TEST_BROKERS")
			}
		}
		return b
	}
	b.child.Broker = filepath.Join(t.TempDir(), "broker")
	b.keepPort()
	b.start()
	return b
}

// keepPort gives the broker a port that nothing takes while it is down: not one of those that connections get.
func (b *chaosBroker) keepPort() {
	b.t.Helper()
	if err := os.Mkdir(b.child.Broker, 0o700); err != nil {
		b.t.Fatal(err)
	}
	const first, last = 20_000, 32_000
	for range last - first {
		port := first + rand.IntN(last-first) // that another such test does not look for while the broker is down
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		if err := os.WriteFile(filepath.Join(b.child.Broker, "address"), []byte(l.Addr().String()), 0o600); err != nil {
			b.t.Fatal(err)
		}
		return
	}
	b.t.Fatal("no port is free")
}

func (b *chaosBroker) start() {
	b.starts++
	b.proc = startProcess(b.t, chaosChild{Broker: b.child.Broker}, fmt.Sprintf("%s-%d.log", b.log, b.starts))
	if b.proc.hears(patience, "ready") == "" {
		text, _ := os.ReadFile(b.proc.log)
		b.t.Errorf("the broker does not start: %s", text)
	}
}

// config says how to reach it.
func (b *chaosBroker) config() kafka.Config {
	b.t.Helper()
	k, err := b.child.kafka()
	if err != nil {
		b.t.Fatal(err)
	}
	k.Logger = logger(b.t)
	return k
}

// restart stops it in good order, or kills it, and starts it when down returns.
func (b *chaosBroker) restart(crash bool, down func()) {
	if b.proc == nil {
		b.command(map[bool]string{false: restartEnv, true: crashEnv}[crash])
		return
	}
	if crash {
		b.proc.kill()
	} else {
		b.proc.end()
	}
	down()
	b.start()
}

func (b *chaosBroker) command(variable string) {
	command := os.Getenv(variable)
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		b.t.Errorf("%s: %s: %v: %s", variable, command, err, out)
	}
}
