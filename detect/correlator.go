package detect

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// CorrelatorOptions say what a Correlator remembers.
type CorrelatorOptions struct {
	// Lateness is how long after the end of a window its hits may come, by event time.
	Lateness time.Duration
	// MaxGroups bounds the groups in memory of a correlation and tenant; 0 for no bound. Beyond it, the groups that were
	// last seen longest ago are forgotten.
	MaxGroups int
	// Forgot, if set, is called for each group that is forgotten for that bound.
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
	known    map[string]known // by id
	tenants  map[string]*tenant
	episodes map[string]*episode // by the finding's uid
	swept    time.Time
}

type known struct {
	*sigma.Correlation
	shape string
}

// tenant is what is known of one tenant. Nothing goes from one to another.
type tenant struct {
	now      time.Time
	trackers map[*sigma.Correlation]*sigma.Tracker
}

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
	c := &Correlator{rules: rules, options: o, known: map[string]known{}, tenants: map[string]*tenant{}, episodes: map[string]*episode{}}
	for _, r := range rules.Correlations() {
		c.known[RuleID(&r.About)] = known{r, r.Shape()}
	}
	return c
}

// Reach gives how long before a signal's receipt others may have been received that it is counted with.
func Reach(rules *sigma.Set, lateness time.Duration) (reach time.Duration) {
	for _, c := range rules.Correlations() {
		reach = max(reach, c.Timespan+lateness)
	}
	return reach
}

// Add counts a signal. offset is its place in the partition and received when its record was.
func (c *Correlator) Add(s schemas.Signal, offset int64, received time.Time) Correlated {
	counts := c.counting(s.Correlation, s.Shape, s.Group)
	if counts == nil || s.Input < 0 || s.Input >= len(counts.Rules) {
		return Correlated{Foreign: true}
	}
	c.advance(s, received)
	o := c.tracker(s.Tenant, counts).Add(s.Group, sample(s))
	switch o.Kind {
	case sigma.Late:
		return Correlated{Late: true}
	case sigma.Fired, sigma.Updated:
		return c.tell(counts, s, o, offset)
	}
	return Correlated{}
}

// Restore notes what fired before the signals that are added next. Of several entries with one uid the last counts.
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
		e := sigma.Episode{Ref: f.Ref, First: f.First, Last: f.Last}
		c.tracker(f.Tenant, counts).Restore(f.Group, e)
		c.episodes[f.UID] = &episode{f}
	}
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
	k, ok := c.known[id]
	if !ok || k.shape != shape || len(group) != len(k.GroupBy) {
		return nil
	}
	return k.Correlation
}

func (c *Correlator) tenant(id string) *tenant {
	id = strings.ToLower(id)
	if c.tenants[id] == nil {
		c.tenants[id] = &tenant{trackers: map[*sigma.Correlation]*sigma.Tracker{}}
	}
	return c.tenants[id]
}

func (c *Correlator) tracker(id string, of *sigma.Correlation) *sigma.Tracker {
	t := c.tenant(id)
	if t.trackers[of] == nil {
		o := sigma.TrackerOptions{Lateness: c.options.Lateness, MaxGroups: c.options.MaxGroups, Store: forget{c.options.Forgot}}
		t.trackers[of] = sigma.NewTracker(of, o)
		if !t.now.IsZero() {
			t.trackers[of].Advance(t.now)
		}
	}
	return t.trackers[of]
}

// tick is how finely event time passes: to forget costs time, too.
const tick = time.Minute

// advance moves a tenant's event time on.
func (c *Correlator) advance(s schemas.Signal, received time.Time) {
	at := s.Time
	if at.After(received) {
		at = received
	}
	t := c.tenant(s.Tenant)
	if at = at.Truncate(tick); !at.After(t.now) {
		return
	}
	t.now = at
	for _, tracker := range t.trackers {
		tracker.Advance(at)
	}
	c.sweep(received)
}

// sweep forgets episodes that nothing can join any more, once an hour of receipt.
func (c *Correlator) sweep(received time.Time) {
	if received.Sub(c.swept) < time.Hour {
		return
	}
	c.swept = received
	for uid, e := range c.episodes {
		if e.Until.Before(c.tenant(e.Tenant).now) {
			delete(c.episodes, uid)
		}
	}
}

// forget is a store that keeps nothing, and says so.
type forget struct{ forgot func() }

func (f forget) Save(string, []byte) {
	if f.forgot != nil {
		f.forgot()
	}
}

func (f forget) Load(string) []byte { return nil }

// episode is a finding of a correlation, as far as it was told.
type episode struct{ schemas.Fired }

// grow counts a later hit, and says whether it is told: the first, the second, the fourth and so on, so that a hit that
// comes late is seen and a hundred thousand are told by seventeen updates.
func (e *episode) grow(o sigma.Outcome, until time.Time, offset int64) bool {
	e.First, e.Last, e.Until = o.First, o.Last, until
	if offset <= e.Offset {
		return false // what is read again was counted before
	}
	e.Count++
	e.Later++
	if bits.OnesCount(uint(e.Later)) != 1 {
		return false
	}
	e.Update++
	e.Offset = offset
	return true
}

// tell gives what is written of a window that fired or has grown.
func (c *Correlator) tell(of *sigma.Correlation, s schemas.Signal, o sigma.Outcome, offset int64) Correlated {
	id, tenant := RuleID(&of.About), strings.ToLower(s.Tenant)
	uid := FindingUID(id, tenant, sigma.GroupKey(s.Group)+"\x00"+o.Ref)
	until := inYears(o.Last.Add(of.Timespan + c.options.Lateness))
	e, told := c.episodes[uid], true
	if e == nil {
		e = &episode{schemas.Fired{
			Key: s.Key, UID: uid, Tenant: tenant, Correlation: id, Shape: c.known[id].shape, Group: append([]string{}, s.Group...), Ref: o.Ref,
			First: o.First, Last: o.Last, Until: until, Count: len(o.Samples), Offset: offset,
		}}
		c.episodes[uid] = e
	} else {
		told = e.grow(o, until, offset)
	}
	var found Correlated
	o.Ref = uid
	for _, chained := range c.rules.Chain(of, o, nil) {
		found.Signals = append(found.Signals, outgoing(tenant, chained, c.sceneOf(of, s)))
	}
	if !told {
		return found
	}
	found.Fired = append(found.Fired, e.Fired)
	if !of.Mute {
		found.Threats = append(found.Threats, correlated(of, e.Fired, o.Samples))
	}
	return found
}

// sceneOf is what a finding tells of a correlation that fired.
func (c *Correlator) sceneOf(of *sigma.Correlation, s schemas.Signal) schemas.Scene {
	scene := s.Event
	scene.Operation, scene.TypeUID = title(&of.About), typeCreate
	return scene
}

// sample is the signal as windows keep it. Behind the values that other correlations ask for stands what a finding
// tells of the event.
func sample(s schemas.Signal) sigma.Sample {
	return sigma.Sample{Time: s.Time, Ref: s.Ref, Input: s.Input, Values: s.Values, Carry: append(slices.Clip(s.Carry), note(s.Event))}
}
