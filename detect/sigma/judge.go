package sigma

import (
	"slices"
	"time"
)

// judge looks at the windows that have the sample at the given place in them.
func (c *Correlation) judge(w *Window, at int) Outcome {
	held := w.join(w.samples[at])
	if held.Kind == Updated && !c.rises() {
		return held // it is part of an episode: looking at each window again would tell no more
	}
	looks := maxLooks
	added := w.samples[at]
	for end := at; end < len(w.samples) && looks > 0; end++ {
		if w.samples[end].at-added.at > int64(c.Timespan) {
			break
		}
		first := w.begin(w.samples[end].at - int64(c.Timespan))
		if !c.rises() || held.lacks(w.samples[first], w.samples[end]) {
			if measure, holds := c.look(w, first, end, added, &looks); holds {
				w.enter(&held, first, end, at, measure)
			} else {
				continue
			}
		}
		if c.rises() { // what ends within the episode reaches less far back
			end = max(end, w.begin(nanos(held.Last)+1)-1)
		}
	}
	return held
}

// rises says whether a window that holds goes on to hold when it gets more samples.
func (c *Correlation) rises() bool {
	return c.condition.rises() && !c.calculates() && !c.isShare()
}

// lacks says whether an episode would grow by a window.
func (o *Outcome) lacks(first, last sample) bool {
	return o.Kind == Quiet || first.at < nanos(o.First) || last.at > nanos(o.Last)
}

// begin gives the first sample that is not before a time.
func (w *Window) begin(at int64) int {
	i, _ := slices.BinarySearchFunc(w.samples, at, func(s sample, at int64) int {
		if s.at < at {
			return -1
		}
		return 1
	})
	return i
}

// look goes back over a window, and no farther than it must to see the condition hold.
func (c *Correlation) look(w *Window, first, end int, added sample, looks *int) (float64, bool) {
	m := newMeasure(c, added)
	for i := end; i >= first && *looks > 0; i-- {
		*looks--
		m.add(&w.samples[i])
		if c.rises() && c.condition.holds(m.value()) {
			return m.value(), true
		}
	}
	measure := m.value()
	return measure, !c.rises() && c.condition.holds(measure)
}

// enter puts a window that holds into an outcome. The first of them begins an episode, unless it overlaps one.
func (w *Window) enter(o *Outcome, first, end, at int, measure float64) {
	from, to := w.samples[first].Time, w.samples[end].Time
	if o.Kind == Quiet {
		*o = Outcome{Kind: Fired, Episode: Episode{w.samples[at].Ref, from, to}, Measure: measure}
	}
	own := o.Episode
	o.First, o.Last = earlier(o.First, from), later(o.Last, to)
	kept := w.episodes[:0]
	for _, e := range w.episodes {
		switch {
		case e.First.After(o.Last) || e.Last.Before(o.First):
			kept = append(kept, e)
			continue
		case o.Kind == Fired && e != own: // the episode that was there goes on
			o.Kind, o.Ref, o.Samples = Updated, e.Ref, nil
		}
		o.First, o.Last = earlier(o.First, e.First), later(o.Last, e.Last)
	}
	w.episodes = append(kept, o.Episode)
	switch {
	case o.Samples != nil:
	case o.Kind == Updated:
		o.Samples = []Sample{w.samples[at].Sample}
	default:
		o.Samples = w.show(first, end)
	}
}

// show copies the samples of a window, the newest where there are too many.
func (w *Window) show(first, end int) []Sample {
	first = max(first, end+1-maxShown)
	shown := make([]Sample, 0, end+1-first)
	for _, s := range w.samples[first : end+1] {
		shown = append(shown, s.Sample)
	}
	return shown
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// near is how many neighbours thin looks at.
const near = 64

// thin forgets samples that no window needs. Where only different values or rules count, a sample between two like it
// that are within one timespan is in no window without one of them.
func (c *Correlation) thin(w *Window, at int) {
	if c.Type == ValueCount || c.Type == Temporal {
		c.thinBetween(w, at)
	}
	if most := c.mostSamples(); len(w.samples) >= most+most/8 { // many at a time: taking out moves all others
		w.samples = slices.Delete(w.samples, 0, len(w.samples)-most)
	}
}

func (c *Correlation) thinBetween(w *Window, at int) {
	same := func(a, b sample) bool {
		return a.rank == b.rank && a.key == b.key && slices.Equal(a.Carry, b.Carry)
	}
	neighbours := []int{}
	for i := at - 1; i >= 0 && at-i <= near && len(neighbours) < 2; i-- {
		if same(w.samples[i], w.samples[at]) {
			neighbours = append(neighbours, i)
		}
	}
	slices.Reverse(neighbours)
	neighbours = append(neighbours, at)
	for i := at + 1; i < len(w.samples) && i-at <= near && len(neighbours) < 5; i++ {
		if same(w.samples[i], w.samples[at]) {
			neighbours = append(neighbours, i)
		}
	}
	for k := len(neighbours) - 2; k > 0; k-- {
		before, after := w.samples[neighbours[k-1]], w.samples[neighbours[k+1]]
		if after.at-before.at <= int64(c.Timespan) {
			w.samples = slices.Delete(w.samples, neighbours[k], neighbours[k]+1)
			return
		}
	}
}

// mostSamples is how many samples a group remembers.
func (c *Correlation) mostSamples() int {
	low, _ := c.condition.ends()
	if c.Type == EventCount || c.Type == ValueCount {
		return max(maxSamples, int(min(low, maxThreshold))+1)
	}
	return maxSamples
}
