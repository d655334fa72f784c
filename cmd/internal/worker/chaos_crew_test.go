package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
)

// crew is the workers of TestChaos, and the broker that they share.
type crew struct {
	t       *testing.T
	broker  *chaosBroker
	workers []*chaosWorker
	figures *figures
	dir     string // of logs
	// up is held while the broker may not be restarted.
	up sync.RWMutex
	// quiet is held while the embedded broker is killed: nobody is started or woken up meanwhile.
	quiet  sync.RWMutex
	orders atomic.Int64
	*diary
}

// chaosWorker is one machine of the crew, with a folder of its own. It is disturbed by who holds its lock.
type chaosWorker struct {
	*crew
	sync.Mutex
	name   string
	what   chaosChild
	starts int

	mu   sync.Mutex
	proc *process // nil while it is down
}

// newCrew gives workers that run one stage each, and some that run all. Those are more than one for each stage.
func newCrew(t *testing.T, broker *chaosBroker, what chaosChild, dir string) *crew {
	t.Helper()
	c := &crew{t: t, broker: broker, figures: &figures{}, dir: dir, diary: newDiary(t, dir)}
	all := worker.Stages
	for i, stages := range [][]string{
		{worker.StageIngest}, {worker.StageIngest}, {worker.StageNormalize}, {worker.StageNormalize},
		{worker.StageDetect}, {worker.StageDetect}, all, all,
	} {
		one := &chaosWorker{crew: c, what: what, name: fmt.Sprintf("%d-%s", i, stages[0])}
		if len(stages) > 1 {
			one.name = fmt.Sprintf("%d-all", i)
		}
		one.what.Stages, one.what.State = stages, filepath.Join(t.TempDir(), "state")
		c.workers = append(c.workers, one)
	}
	return c
}

// transactional gives the stages that it runs in transactions.
func (w *chaosWorker) transactional() (all []string) {
	for _, stage := range w.what.Stages {
		switch stage {
		case worker.StageNormalize:
			all = append(all, stage)
		case worker.StageDetect:
			all = append(all, stage, worker.StageCorrelate)
		}
	}
	return all
}

// start has it run.
func (w *chaosWorker) start() {
	w.quiet.RLock()
	defer w.quiet.RUnlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts++
	w.note("%s starts", w.name)
	w.proc = startProcess(w.t, w.what, filepath.Join(w.dir, fmt.Sprintf("%s-%d.log", w.name, w.starts)))
}

// running gives its process, or nil.
func (w *chaosWorker) running() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.proc
}

// gone takes note of what the process did, and that it is no more.
func (w *chaosWorker) gone(end func(*process)) {
	w.mu.Lock()
	p := w.proc
	w.proc = nil
	w.mu.Unlock()
	select {
	case <-p.ended:
		w.t.Errorf("%s ended by itself: %v, see %s", w.name, p.err, p.log)
	default:
	}
	w.figures.note(p)
	end(p)
}

// kill ends it with SIGKILL.
func (w *chaosWorker) kill() {
	w.note("%s is killed", w.name)
	w.gone((*process).kill)
}

// stop ends it in good order.
func (w *chaosWorker) stop() {
	w.note("%s is to stop", w.name)
	w.running().hears(patience, "listens")
	w.gone(func(p *process) {
		p.end()
		if p.err != nil {
			w.t.Errorf("%s did not stop in good order: %v, see %s", w.name, p.err, p.log)
		}
	})
}

// forget loses its folder.
func (w *chaosWorker) forget() {
	if err := os.RemoveAll(w.what.State); err != nil {
		w.t.Error(err)
	}
}

// wake has it go on after it was stopped by SIGSTOP.
func (w *chaosWorker) wake() {
	w.quiet.RLock()
	defer w.quiet.RUnlock()
	w.note("%s is woken up", w.name)
	w.running().wake()
}

// freeze has it stop at the next request of a kind, before or after that is sent, and gives the transactional.id of an
// offset's commit, and whether it came to a request. Else it goes on. The order tells of what comes of it.
func (w *chaosWorker) freeze(at freeze, within time.Duration) (id, order string, frozen bool) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return w.freezeUntil(ctx, at)
}

// freezeUntil is freeze until ctx ends.
func (w *chaosWorker) freezeUntil(ctx context.Context, at freeze) (id, order string, frozen bool) {
	p := w.running()
	at.order = fmt.Sprint(w.orders.Add(1))
	p.order("freeze %s %d %t %t %q", at.order, at.key, at.sent, at.stall, at.of)
	word := at.name()
	defer context.AfterFunc(ctx, func() { p.order("unfreeze %s", at.order) })()
	line := p.hears(patience, word, "unfrozen "+at.order)
	id, frozen = strings.CutPrefix(line, word)
	w.note("%s is to stop at request %d, sent %t, of %q: %t %s", w.name, at.key, at.sent, at.of, frozen, id)
	return strings.TrimSpace(id), at.order, frozen
}

// hold returns when no worker ends a transaction; none does until the release. Those that sleep do nothing.
func (c *crew) hold() (release func()) {
	order := c.orders.Add(1)
	var held []*process
	for _, w := range c.workers {
		if p := w.running(); p != nil {
			p.order("hold %d", order)
			held = append(held, p)
		}
	}
	for _, p := range held {
		if p.hears(patience, fmt.Sprint("held ", order)) == "" && p.awake() {
			c.t.Errorf("%s does not answer", p.log)
		}
	}
	return func() {
		for _, p := range held {
			p.order("release")
		}
	}
}

// crash kills the broker. A kill within EndTxn is beyond what the embedded broker keeps: it writes the markers of a
// transaction one by one. So nobody ends one at that moment, unless anytime says so.
func (c *crew) crash(down func(), anytime bool) {
	if c.broker.proc == nil || anytime {
		c.broker.restart(true, down)
		return
	}
	c.quiet.Lock()
	release := c.hold()
	c.answered() // and so is what was sent by those that are gone or asleep
	c.broker.proc.kill()
	release()
	c.quiet.Unlock()
	c.broker.restart(true, down)
}

// answered returns when the broker has answered a request on a new connection.
func (c *crew) answered() {
	cluster, err := kafka.Connect(c.broker.config())
	if err != nil {
		c.t.Error(err)
		return
	}
	defer cluster.Close()
	if err := cluster.Ping(c.t.Context()); err != nil {
		c.t.Errorf("the broker does not answer: %v", err)
	}
}
