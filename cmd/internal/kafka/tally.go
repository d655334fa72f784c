package kafka

import (
	"sync"
	"time"
)

// Transactions is how a Cluster's transactions went, since it was made.
type Transactions struct {
	Committed int64
	Aborted   int64         // those that ended otherwise, or of which no answer tells; their batches are written again
	Fenced    int64         // of them, those that another owner of the partition ended
	Open      time.Duration // how long the oldest open one has been open; 0 for none
}

// Transactions gives how the transactions of this process have gone so far.
func (c *Cluster) Transactions() Transactions { return c.tally.sum() }

// tallies counts transactions.
type tallies struct {
	mu   sync.Mutex
	sums Transactions
	open map[*producer]time.Time
}

func (t *tallies) opened(p *producer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*producer]time.Time{}
	}
	t.open[p] = time.Now()
}

func (t *tallies) closed(p *producer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, p)
}

func (t *tallies) committed(p *producer) {
	t.closed(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sums.Committed++
}

// failed notes a transaction that was not committed cleanly. It may be open still.
func (t *tallies) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sums.Aborted++
	if fenced(err) || elsewhere(err) {
		t.sums.Fenced++
	}
}

func (t *tallies) sum() Transactions {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.sums
	for _, since := range t.open {
		out.Open = max(out.Open, time.Since(since))
	}
	return out
}
