package worker_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one of the processes of TestChaos, from its start to its end.
type process struct {
	cmd    *exec.Cmd
	orders io.WriteCloser
	log    string        // file
	ended  chan struct{} // closed when it has ended
	err    error         // how it ended, then

	mu       sync.Mutex
	said     []string      // lines
	more     chan struct{} // closed with the next line, or the end
	asleep   bool          // stopped by SIGSTOP
	stopping bool          // by itself
}

func startProcess(t *testing.T, what chaosChild, log string) *process {
	t.Helper()
	config, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), chaosEnv+"="+string(config)), file
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, orders: orders, ended: make(chan struct{}), log: log, more: make(chan struct{})}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.heard(lines.Text())
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) heard(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, line)
	switch {
	case strings.HasPrefix(line, "frozen"):
		p.asleep, p.stopping = true, true
	case strings.HasPrefix(line, "thawed"):
		p.asleep, p.stopping = false, false
	}
	p.tell()
}

// tell has those who wait look again.
func (p *process) tell() {
	close(p.more)
	p.more = make(chan struct{})
}

// order has the process do something. One that has ended does nothing.
func (p *process) order(format string, args ...any) {
	_, _ = fmt.Fprintf(p.orders, format+"\n", args...)
}

// hears waits until the process has said one of the words, which may begin a line. It gives "" when it ends before that,
// or falls asleep without a word, or time is over.
func (p *process) hears(within time.Duration, words ...string) string {
	over := time.After(within)
	for {
		p.mu.Lock()
		more, asleep := p.more, p.asleep
		for _, line := range p.said {
			for _, word := range words {
				if line == word || strings.HasPrefix(line, word+" ") {
					p.mu.Unlock()
					return line
				}
			}
		}
		p.mu.Unlock()
		if asleep {
			return ""
		}
		select {
		case <-more:
		case <-p.ended:
			return ""
		case <-over:
			return ""
		}
	}
}

// times gives how often the process has said a word.
func (p *process) times(word string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		if strings.HasPrefix(line, word+" ") {
			n++
		}
	}
	return n
}

// awake says whether the process runs and is not stopped.
func (p *process) awake() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
		return false
	default:
		return !p.asleep
	}
}

// sleep stops the process with SIGSTOP.
func (p *process) sleep() { p.rest(true, syscall.SIGSTOP) }

// wake has a process that was stopped, or is about to stop itself, go on.
func (p *process) wake() {
	for again := time.NewTicker(20 * time.Millisecond); p.rest(false, syscall.SIGCONT); {
		select {
		case <-again.C:
		case <-p.ended:
			return
		}
	}
}

// rest says whether the process has yet to stop itself, or to say that it goes on.
func (p *process) rest(asleep bool, s syscall.Signal) (stopping bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asleep = asleep || p.stopping
	_ = p.cmd.Process.Signal(s)
	p.tell()
	return p.stopping
}

// end has the process end in good order.
func (p *process) end() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
}

// kill ends the process at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

var metricsURL = regexp.MustCompile(`url=(http://\S+/metrics)`)

// counters gives those of the process's metrics that have no labels, by name, or nothing where it serves none now.
func (p *process) counters() map[string]float64 {
	if !p.awake() {
		return nil
	}
	text, _ := os.ReadFile(p.log)
	found := metricsURL.FindSubmatch(text)
	if found == nil {
		return nil
	}
	res, err := (&http.Client{Timeout: time.Second}).Get(string(found[1]))
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	out := map[string]float64{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ") // those that are wanted have no labels
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = n
		}
	}
	return out
}

// logs gives the lines of all processes' logs in a folder that hold any of the words.
func logs(t *testing.T, dir string, words ...string) (lines []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("logs in %s: %v", dir, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, word := range words {
				if strings.Contains(line, word) {
					lines = append(lines, filepath.Base(name)+": "+strings.TrimSpace(line))
				}
			}
		}
	}
	return lines
}
