package sigma

import (
	"slices"
	"time"
)

// Tracker keeps the windows of all groups of one correlation. It is not safe for use by several goroutines.
type Tracker struct {
	correlation *Correlation
	options     TrackerOptions
	groups      map[string]*group
	due         map[int64][]string // groups by the step of event time in which they were last seen
	horizon     int64              // samples before this are late; nanoseconds since 1970
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

// Store holds windows outside of memory. Neither method may keep the bytes it is given.
type Store interface {
	// Save keeps the window of a group, in place of an earlier one.
	Save(group string, window []byte)
	// Load gives the window that was saved last and forgets it. Nil means none.
	Load(group string) []byte
}

type group struct {
	window Window
	last   int64 // the newest sample's time
	queued bool  // stands in due
}

// NewTracker gives a tracker without groups.
func NewTracker(c *Correlation, o TrackerOptions) *Tracker {
	return &Tracker{correlation: c, options: o, groups: map[string]*group{}, due: map[int64][]string{}, horizon: never}
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
	t.touch(key, g, at)
	t.shrink(key)
	return outcome
}

// Restore notes an episode that fired before what is replayed, so that it does not fire again.
func (t *Tracker) Restore(values []string, e Episode) {
	key := keyOf(values)
	g := t.open(key)
	g.window.Restore(e)
	t.touch(key, g, nanos(e.Last))
	t.shrink(key)
}

// open gives the group, from the store if it is there.
func (t *Tracker) open(key string) *group {
	g := t.groups[key]
	if g == nil {
		if g = t.load(key); g == nil {
			g = &group{last: never}
		}
		t.groups[key] = g
	}
	return g
}

// load takes a group out of the store.
func (t *Tracker) load(key string) *group {
	if t.options.Store == nil {
		return nil
	}
	saved := t.options.Store.Load(key)
	if saved == nil {
		return nil
	}
	g := &group{}
	t.correlation.decode(saved, &g.window)
	g.last = g.window.last()
	return g
}

// step is how finely groups are filed by time.
func (t *Tracker) step() int64 { return max(int64(t.correlation.Timespan/4), int64(time.Second)) }

// touch notes when a group was last seen. It stands in due once; what happened since is seen when its turn comes.
func (t *Tracker) touch(key string, g *group, at int64) {
	g.last = max(g.last, at)
	if !g.queued {
		slot := g.last / t.step()
		t.due[slot] = append(t.due[slot], key)
		g.queued = true
	}
}

// Advance says that event time has come to now: what ended Lateness ago is forgotten, and what comes later for it is
// late. A time before an earlier one changes nothing. The caller decides what now is; the newest event's time is a
// bad choice where a sender's clock may be wrong.
func (t *Tracker) Advance(now time.Time) {
	t.horizon = max(t.horizon, nanos(now.Add(-t.options.Lateness-t.correlation.Timespan)))
	for slot, keys := range t.due {
		if (slot+1)*t.step() > t.horizon {
			continue
		}
		delete(t.due, slot)
		for _, key := range keys {
			t.expire(key)
		}
	}
}

// expire forgets a group whose turn has come, or files it anew.
func (t *Tracker) expire(key string) {
	g := t.groups[key]
	if g == nil {
		if g = t.load(key); g == nil {
			return
		}
		t.groups[key] = g
	}
	g.queued = false
	if !g.window.Expire(time.Unix(0, t.horizon)) {
		delete(t.groups, key)
		return
	}
	t.touch(key, g, g.last)
}

// shrink moves groups to the store while there are too many, those first that were last seen long ago.
func (t *Tracker) shrink(keep string) {
	most := t.options.MaxGroups
	if most <= 0 || t.options.Store == nil || len(t.groups) <= most {
		return
	}
	keys := make([]string, 0, len(t.groups))
	for key := range t.groups {
		if key != keep {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return int(max(-1, min(1, t.groups[a].last-t.groups[b].last))) })
	for _, key := range keys[:len(keys)-most*9/10] { // a tenth at a time, so that sorting is rare
		t.options.Store.Save(key, t.groups[key].window.encode(nil))
		delete(t.groups, key)
	}
}

// Len gives the number of groups in memory.
func (t *Tracker) Len() int { return len(t.groups) }
