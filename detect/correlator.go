package detect

import (
	"slices"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// CorrelatorOptions say what a Correlator remembers.
type CorrelatorOptions struct {
	// Lateness is how long after the end of a window its hits may come, by event time.
	Lateness time.Duration
	// MaxGroups bounds the groups in memory of a correlation and tenant; 0 for no bound. Beyond it, the groups that were
	// last seen longest ago go to a store.
	MaxGroups int
	// Spill gives a store for the groups of a correlation and tenant. Where it is nil they are forgotten.
	Spill func() sigma.Store
	// Forgot, if set, is called for each group that is forgotten for want of Spill.
	Forgot func()
}

// Correlator counts the signals of one partition for the correlations of a set of rules. What it gives depends on the
// signals, their order and the time at which they were received alone. It is not safe for use by several goroutines.
//
// Event time is that of a tenant's newest signal that lies not in the future of its receipt: a new tenant's past is
// judged by its own clock, however late it is told.
type Correlator struct {
	rules    *sigma.Set
	options  CorrelatorOptions
	known    map[definition]*sigma.Correlation
	tenants  map[string]*tenant
	episodes map[string]*episode // by the finding's uid
	swept    time.Time
}

// definition tells correlations apart. Without IDs and names some may be called the same.
type definition struct{ id, shape string }

func definitionOf(c *sigma.Correlation) definition { return definition{RuleID(&c.About), c.Shape()} }

// Correlated is what came of a signal.
type Correlated struct {
	Threats []schemas.Threat // a finding, or an update of one
	Signals []schemas.Signal // for correlations of the correlation that fired
	Fired   []schemas.Fired  // to be kept for Restore
	Late    bool             // it came after its windows were forgotten
	Foreign bool             // no correlation of the set counts it
}

// NewCorrelator gives a correlator that has seen nothing.
func NewCorrelator(rules *sigma.Set, o CorrelatorOptions) *Correlator {
	c := &Correlator{rules: rules, options: o, known: map[definition]*sigma.Correlation{}, tenants: map[string]*tenant{}, episodes: map[string]*episode{}}
	for _, r := range rules.Correlations() {
		c.known[definitionOf(r)] = r
	}
	return c
}

// slack is added to what correlations look back: a partition is not quite in the order of receipt.
const slack = time.Hour

// Reach gives how far before the event time of a partition's tenants a rebuild must begin, by receipt, to know what a
// Correlator knows that ran through: what may still be counted was received no earlier, and so was the newest entry
// about each firing that may still be updated.
func Reach(rules *sigma.Set, lateness time.Duration) (reach time.Duration) {
	for _, c := range rules.Correlations() {
		reach = max(reach, c.Timespan+lateness+quiet+slack)
	}
	return reach
}

// Add counts a signal. offset is its place in the partition and received when its record was.
func (c *Correlator) Add(s schemas.Signal, offset int64, received time.Time) Correlated {
	counts, o := c.count(s, received)
	switch {
	case counts == nil:
		return Correlated{Foreign: true}
	case o.Kind == sigma.Late:
		return Correlated{Late: true}
	case o.Kind == sigma.Fired || o.Kind == sigma.Updated:
		return c.tell(counts, s, o, offset, received)
	}
	return Correlated{}
}

// Restore notes what fired before the signals that are replayed next. Of several entries with one uid the last counts.
func (c *Correlator) Restore(all []schemas.Fired) {
	newest := map[string]int{}
	for i, f := range all {
		newest[f.UID] = i
	}
	for i, f := range all {
		counts := c.counting(f.Correlation, f.Shape, f.Group)
		if counts == nil || newest[f.UID] != i {
			continue
		}
		c.tracker(f.Tenant, counts).Restore(f.Group, sigma.Episode{Ref: f.Ref, First: f.First, Last: f.Last})
		c.episodes[f.UID] = &episode{f}
	}
}

// Replay counts a signal that was counted before, and tells nothing. What seems to fire and was not restored did not
// fire when more was known: it is taken back.
func (c *Correlator) Replay(s schemas.Signal, offset int64, received time.Time) {
	counts, o := c.count(s, received)
	if counts == nil || o.Kind != sigma.Fired && o.Kind != sigma.Updated {
		return
	}
	if e := c.episodes[c.uid(counts, s, o)]; e != nil {
		e.grow(o, c.until(counts, o), offset)
	} else {
		c.tracker(s.Tenant, counts).Drop(s.Group, o.Ref)
	}
}

// count adds a signal to its window; nil where no correlation counts it.
func (c *Correlator) count(s schemas.Signal, received time.Time) (*sigma.Correlation, sigma.Outcome) {
	counts := c.counting(s.Correlation, s.Shape, s.Group)
	if counts == nil || !counts.Fits(s.Group, sigma.Sample{Input: s.Input, Values: s.Values, Carry: s.Carry}) {
		return nil, sigma.Outcome{}
	}
	c.advance(s, received)
	return counts, c.tracker(s.Tenant, counts).Add(s.Group, sample(s))
}

// Groups gives the number of groups in memory.
func (c *Correlator) Groups() (n int) {
	for _, t := range c.tenants {
		for _, tracker := range t.trackers {
			n += tracker.Len()
		}
	}
	return n
}

func (c *Correlator) counting(id, shape string, group []string) *sigma.Correlation {
	k := c.known[definition{id, shape}]
	if k == nil || len(group) != len(k.GroupBy) {
		return nil
	}
	return k
}

// sample is the signal as windows keep it. Behind the values that other correlations ask for stands what a finding
// tells of the event.
func sample(s schemas.Signal) sigma.Sample {
	return sigma.Sample{Time: s.Time, Ref: s.Ref, Input: s.Input, Values: s.Values, Carry: append(slices.Clip(s.Carry), note(s.Event))}
}
