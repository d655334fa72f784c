package worker

import (
	"sync"

	"ualstream/cmd/internal/status"
	"ualstream/detect/sigma"
)

// turn holds the rules of this worker and says whether it is their turn: whether they are in use, and no other worker's.
type turn struct {
	mu      sync.Mutex
	rules   *sigma.Set // nil for none
	ours    bool
	changed chan struct{} // closed when anything changes
}

// now gives the rules, whether they are in use, and what is closed when either is no longer so. Rules that others could
// not differ from, those of no file, are always in use.
func (t *turn) now() (rules *sigma.Set, ours bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.rules, t.ours || hashOf(t.rules) == "", t.changed
}

// set says whether the rules of that hash are in use. It gives whether that is news, and whether they are still those of
// this worker: if not it has changed nothing.
func (t *turn) set(hash string, ours bool) (news, current bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hashOf(t.rules) != hash {
		return false, false
	}
	if news = ours != t.ours; news {
		t.ours = ours
		t.tell()
	}
	return news, true
}

// replace puts other rules in the place of those that there are. It is not their turn before set says so.
func (t *turn) replace(rules *sigma.Set) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules, t.ours = rules, false
	t.tell()
}

// status says what the rules are.
func (t *turn) status() *status.Rules {
	rules, ours, _ := t.now()
	s := &status.Rules{Hash: hashOf(rules), Waiting: !ours}
	if rules != nil {
		s.Rules, s.Correlations = len(rules.Rules()), len(rules.Correlations())
	}
	return s
}

func (t *turn) tell() {
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// hashOf names rules; "" where there are none that others could differ from.
func hashOf(rules *sigma.Set) string {
	if rules == nil {
		return ""
	}
	return rules.Hash()
}

// correlates says whether there is anything to correlate.
func correlates(rules *sigma.Set) bool { return rules != nil && len(rules.Correlations()) > 0 }
