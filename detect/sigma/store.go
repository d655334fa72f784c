package sigma

import (
	"cmp"
	"slices"
	"time"
)

// Store holds windows outside of memory. Neither method may keep the bytes it is given. What a store has lost was never
// there.
type Store interface {
	// Save keeps the window of a group that is not there. Nothing in it is later than last.
	Save(group string, window []byte, last time.Time)
	// Load gives the window of a group and forgets it. Nil means none. What it gives is valid until the next call.
	Load(group string) []byte
	// Expire forgets, now or later, windows with nothing in them at or after a time.
	Expire(before time.Time)
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

// shrink moves groups to the store while there are too many, those first that were last seen long ago.
func (t *Tracker) shrink(keep string) {
	most := t.options.MaxGroups
	if most <= 0 || t.options.Store == nil || len(t.groups) <= most {
		return
	}
	type aged struct {
		key  string
		last int64
	}
	all := make([]aged, 0, len(t.groups))
	for key, g := range t.groups {
		if key != keep {
			all = append(all, aged{key, g.last})
		}
	}
	slices.SortFunc(all, func(a, b aged) int { return cmp.Compare(a.last, b.last) })
	var window []byte
	for _, a := range all[:len(all)-most*9/10] { // a tenth at a time, so that sorting is rare
		window = t.groups[a.key].window.encode(window[:0])
		t.options.Store.Save(a.key, window, time.Unix(0, a.last).UTC())
		delete(t.groups, a.key)
	}
}
