package worker_test

import (
	"fmt"
	"sync/atomic"
	"time"
)

// figures say how much a run of TestChaos has seen.
type figures struct {
	kills, stops, pauses, duels, cuts, restarts, crashes atomic.Int64
	late                                                 atomic.Int64 // EndTxn requests that arrived in a later transaction
	aborted, fenced                                      atomic.Int64 // at least: what a process counted last goes with it
	records, events, threats, findings, repeats          int
	lost, twice                                          int
}

// note takes what a process has counted, just before its end.
func (f *figures) note(p *process) {
	f.late.Add(int64(p.times("late")))
	counted := p.counters()
	f.aborted.Add(int64(counted["ualstream_transactions_aborted_total"]))
	f.fenced.Add(int64(counted["ualstream_transactions_fenced_total"]))
}

func (f *figures) line(seed uint64, long time.Duration) string {
	return fmt.Sprintf("seed %d, %.0f s: %d records, %d events, %d threats, %d findings of correlations, %d repeats; %d kills, %d stops, %d pauses with %d duels, %d cuts, "+
		"%d broker restarts and %d broker kills; %d late ends of transactions; %d aborted transactions, %d of them fenced; %d lost, %d twice",
		seed, long.Seconds(), f.records, f.events, f.threats, f.findings, f.repeats, f.kills.Load(), f.stops.Load(), f.pauses.Load(), f.duels.Load(), f.cuts.Load(),
		f.restarts.Load(), f.crashes.Load(), f.late.Load(), f.aborted.Load(), f.fenced.Load(), f.lost, f.twice)
}
