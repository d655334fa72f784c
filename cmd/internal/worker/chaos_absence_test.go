package worker_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// absences are the times when workers were away, asleep or cut off, so that their partitions may have gone to others.
type absences struct {
	mu  sync.Mutex
	all []*absence
}

type absence struct {
	who      string // "" for all, as the broker was away
	from, to time.Time
}

// away notes that a worker is away until it is back.
func (a *absences) away(who string) (back func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := &absence{who: who, from: time.Now()}
	a.all = append(a.all, one)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		one.to = time.Now()
	}
}

// excuses says whether a worker was away just before that time.
func (a *absences) excuses(who string, at time.Time) bool {
	const after = chaosSession // by then it has seen what happened meanwhile
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.all {
		if (one.who == "" || one.who == who) && at.After(one.from) && at.Before(one.to.Add(after)) {
			return true
		}
	}
	return false
}

var movedLine = regexp.MustCompile(`^(\S+)-\d+\.log: time=(\S+) `)

// unmoved checks that nobody moved the offset of a partition but its owner. Who was away may find it moved, and is no
// owner any more; everybody else is told so by Kafka, before he moves anything.
func (a *absences) unmoved(t *testing.T, dir string) {
	t.Helper()
	for _, line := range logs(t, dir, "the group's offset is not where this member left it") {
		found := movedLine.FindStringSubmatch(line)
		if found == nil {
			t.Errorf("log line %q", line)
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, found[2])
		if err != nil {
			t.Errorf("log line %q: %v", line, err)
		}
		if !a.excuses(found[1], at) {
			t.Errorf("an owner's offset was moved by another: %s", strings.TrimSpace(line))
		}
	}
}
