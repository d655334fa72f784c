package sigma

import "time"

// Tracker keeps the windows of all groups of one correlation. It is not safe for use by several goroutines.
type Tracker struct {
	correlation *Correlation
	options     TrackerOptions
	groups      map[string]*group
	horizon     int64 // samples before this are late; nanoseconds since 1970
	swept       int64 // the horizon up to which groups were forgotten
}

// TrackerOptions say what a Tracker remembers. The zero value remembers everything that is not late.
type TrackerOptions struct {
	// Lateness is how long after the end of a window its samples may come.
	Lateness time.Duration
	// MaxGroups bounds the groups in memory; 0 for no bound. It wants a Store.
	MaxGroups int
	// Store takes the groups beyond MaxGroups.
	Store Store
}

type group struct {
	window Window
	last   int64 // the newest sample's time
}

// NewTracker gives a tracker without groups.
func NewTracker(c *Correlation, o TrackerOptions) *Tracker {
	return &Tracker{correlation: c, options: o, groups: map[string]*group{}, horizon: never, swept: never}
}

// Add adds a sample to a group. Groups are told apart without case.
func (t *Tracker) Add(values []string, s Sample) Outcome {
	at := nanos(s.Time)
	if at < t.horizon {
		return Outcome{Kind: Late}
	}
	key := keyOf(values)
	g := t.open(key)
	outcome := t.correlation.Add(&g.window, s)
	g.last = max(g.last, at)
	t.shrink(key)
	return outcome
}

// Restore notes an episode that fired before what is replayed, so that it does not fire again.
func (t *Tracker) Restore(values []string, e Episode) {
	key := keyOf(values)
	g := t.open(key)
	g.window.Restore(e)
	g.last = max(g.last, nanos(e.Last))
	t.shrink(key)
}

// Drop takes back that a group's episode fired: what is added next may fire anew.
func (t *Tracker) Drop(values []string, ref string) {
	key := keyOf(values)
	t.open(key).window.drop(ref)
	t.shrink(key)
}

// open gives the group, from the store if it is there, as it is at the horizon.
func (t *Tracker) open(key string) *group {
	g := t.groups[key]
	if g == nil {
		if g = t.load(key); g == nil {
			g = &group{last: never}
		}
		t.groups[key] = g
	}
	if g.window.first() < t.horizon {
		g.window.expire(t.horizon)
	}
	return g
}

// Advance says that event time has come to now: what ended Lateness ago is forgotten, and what comes later for it is
// late. A time before an earlier one changes nothing. The caller decides what now is; the newest event's time is a
// bad choice where a sender's clock may be wrong.
func (t *Tracker) Advance(now time.Time) {
	t.horizon = max(t.horizon, nanos(now.Add(-t.options.Lateness-t.correlation.Timespan)))
	if t.horizon-t.swept < t.pause() {
		return
	}
	t.swept = t.horizon
	for key, g := range t.groups {
		if g.last < t.horizon {
			delete(t.groups, key)
		}
	}
	if t.options.Store != nil {
		t.options.Store.Expire(time.Unix(0, t.horizon).UTC())
	}
}

// pause is how far event time goes on until groups are looked through again for those that are over: what is added to
// one meanwhile finds it empty.
func (t *Tracker) pause() int64 { return int64(t.options.Lateness+t.correlation.Timespan) / 16 }

// Len gives the number of groups in memory.
func (t *Tracker) Len() int { return len(t.groups) }
