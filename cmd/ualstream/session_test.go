package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ualstream/ingest/cloudsim"
)

// process is a running ualstream, a process of its own.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr chan string // lines
}

// begin starts ualstream in an empty environment; it is killed when the test ends.
func begin(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = "ualstream" // the test program is the command under that name
	cmd.Env = []string{"HOME=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
	p := &process{t, cmd, make(chan string, 1<<16), make(chan string, 1<<16)}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go lines(out, p.stdout)
	go lines(problems, p.stderr)
	return p
}

func lines(r io.Reader, to chan<- string) {
	defer close(to)
	for s := bufio.NewReader(r); ; {
		line, err := s.ReadString('\n')
		if err != nil {
			return
		}
		to <- line
	}
}

// until gives the first line that holds the text.
func (p *process) until(from <-chan string, text string) string {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case line, ok := <-from:
			if !ok {
				p.t.Fatalf("%s ended before it wrote %q", p.cmd.Args[1], text)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			p.t.Fatalf("%s never wrote %q", p.cmd.Args[1], text)
		}
	}
}

// end sends a signal, waits, and gives the exit code and what was still to be read of stderr.
func (p *process) end(signal os.Signal) (code int, stderr string) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	for range p.stdout { // it has to be read to its end
	}
	for line := range p.stderr {
		stderr += line
	}
	_ = p.cmd.Wait() // the exit code says it
	return p.cmd.ProcessState.ExitCode(), stderr
}

func TestSimulateRunAndTailTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tenant, data := filepath.Join(dir, "tenant"), filepath.Join(dir, "broker")
	cloud := begin(t, "simulate", "--listen", "127.0.0.1:0", "--dir", tenant, "--per-second", "30")
	cloud.until(cloud.stderr, "config.yaml")
	run := []string{"run", "--embedded", "--data", data, "--config", filepath.Join(tenant, "config.yaml"),
		"--poll-interval", "200ms", "--sinks", "json", "--http", "127.0.0.1:0", "--log-level", "debug"}

	worker := begin(t, run...)
	if line := worker.until(worker.stdout, `"class_uid":`); !json.Valid([]byte(line)) {
		t.Errorf("not JSON: %s", line)
	}
	follower := begin(t, "tail", "threats", "--embedded", "--data", data, "--since", "all", "--json")
	follower.until(follower.stdout, `"labels":["`)
	_, first := worker.end(syscall.SIGKILL)

	worker = begin(t, run...) // its session is over at once, and what was read stays read
	worker.until(worker.stdout, `"class_uid":`)
	reader := begin(t, "tail", "events", "--embedded", "--data", data, "--since", "1h")
	reader.until(reader.stdout, "contoso.example")

	logs := first
	for _, p := range []*process{follower, reader, worker, cloud} {
		code, stderr := p.end(syscall.SIGTERM)
		if code != exitDone {
			t.Errorf("%s exits with %d: %s", p.cmd.Args[1], code, stderr)
		}
		logs += stderr
	}
	for _, private := range []string{cloudsim.DefaultClientSecret, "eyJ", "UserAgent", "@contoso.example", "unmapped"} {
		if strings.Contains(logs, private) {
			t.Errorf("%q stands in the logs", private)
		}
	}
}

func TestATerminatedWorkerExitsWithZeroWhateverIsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nobody := "https://127.0.0.1:1"
	for name, args := range map[string][]string{
		"no tenant": {"--embedded", "--data", filepath.Join(dir, "idle")},
		"Kafka":     {"--brokers", "127.0.0.1:1"},
		"Microsoft": {"--embedded", "--data", filepath.Join(dir, "alone"), "--tenants", cloudsim.DefaultTenant,
			"--client-id", cloudsim.DefaultClientID, "--client-secret-file", secret, "--endpoint", nobody, "--authority", nobody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := begin(t, append([]string{"run", "--http", "127.0.0.1:0"}, args...)...)
			p.until(p.stderr, "health and metrics are served")
			if code, stderr := p.end(syscall.SIGTERM); code != exitDone {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
}

func TestAnInterruptedTailOfAKafkaThatIsAwayIsDone(t *testing.T) {
	t.Parallel()
	p := begin(t, "tail", "threats", "--brokers", "127.0.0.1:1")
	p.until(p.stderr, "retrying")
	if code, stderr := p.end(os.Interrupt); code != exitDone || strings.Contains(stderr, "error: ") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestWhatASimulationSaysToTypeIsComplete(t *testing.T) {
	t.Parallel()
	cloud := begin(t, "simulate", "--no-subscriptions", "--listen", "127.0.0.1:0", "--dir", filepath.Join(t.TempDir(), "tenant"))
	_, command, _ := strings.Cut(cloud.until(cloud.stderr, "ualstream connect"), "ualstream ")
	typed := begin(t, strings.Fields(command)...)
	for range typed.stdout { // it has to be read to its end
	}
	typed.until(typed.stderr, "embedded broker") // there is none here, and nothing else is missing
}

func TestAnInterruptIsNoFault(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"doctor"}, {"connect", tenant, "--client-id", cloudsim.DefaultClientID, "--credential", "managed-identity"}} {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		p := begin(t, append(args, "--brokers", silent.Addr().String())...)
		if _, err := silent.Accept(); err != nil { // a Kafka that says nothing
			t.Fatal(err)
		}
		if code, stderr := p.end(os.Interrupt); code != exitFailed || stderr != "ualstream: error: interrupted\n" {
			t.Errorf("%s exits with %d: %s", args[0], code, stderr)
		}
	}
}
