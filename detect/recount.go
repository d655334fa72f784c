package detect

import (
	"slices"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Recount correlates what lies before it as a whole, as in files: the order of events does not matter, because no time
// passes in it, so that nothing is late and nothing is forgotten. It is not safe for use by several goroutines.
type Recount struct {
	counts *Correlator
	next   int64 // the place of the next signal
}

// recountGroups bounds the groups in memory of a correlation and tenant, where others have a store to go to.
const recountGroups = 20_000

// NewRecount gives a recount that has seen nothing; nil where there is nothing to correlate. Spill gives a store for the
// groups of a correlation and tenant that are too many for memory; where it is nil, memory grows with the groups.
func (e *Engine) NewRecount(spill func() sigma.Store) *Recount {
	if e.rules == nil || len(e.rules.Correlations()) == 0 {
		return nil
	}
	o := CorrelatorOptions{Spill: spill}
	if spill != nil {
		o.MaxGroups = recountGroups
	}
	return &Recount{counts: NewCorrelator(e.rules, o)}
}

// Add counts the signals of an event, and what comes of them, and gives the findings and updates that they complete.
func (r *Recount) Add(signals []schemas.Signal) (found []schemas.Threat) {
	r.add(signals, func(c Correlated) { found = append(found, c.Threats...) })
	return found
}

// add counts signals and what they make correlations of correlations count.
func (r *Recount) add(signals []schemas.Signal, each func(Correlated)) {
	for waiting := slices.Clip(signals); len(waiting) > 0; waiting = waiting[1:] {
		found := r.counts.Add(waiting[0], r.next, time.Time{}) // received at no time: event time stands still
		r.next++
		each(found)
		waiting = append(waiting, found.Signals...)
	}
}
