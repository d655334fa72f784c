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
	own, oldest := o.Episode, o.First
	o.First, o.Last = earlier(o.First, from), later(o.Last, to)
	kept := w.episodes[:0]
	for _, e := range w.episodes {
		switch {
		case e.First.After(o.Last) || e.Last.Before(o.First):
			kept = append(kept, e)
			continue
		case e != own && (o.Kind == Fired || e.First.Before(oldest)): // the episode that was there goes on
			if o.Kind == Fired {
				o.Samples = nil
			}
			o.Kind, o.Ref, oldest = Updated, e.Ref, e.First
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

// thinBetween looks at stretches of a quarter of the timespan by themselves, so that what is left does not depend on what
// was forgotten or expired before: of samples that are alike, each has its first and its last.
func (c *Correlation) thinBetween(w *Window, at int) {
	s := w.samples[at]
	quarter := max(1, int64(c.Timespan/4))
	alike := make([]int, 0, 4) // with s, in order: two and one more at the most
	look := func(i int) {
		if o := &w.samples[i]; o.rank == s.rank && o.key == s.key && slices.Equal(o.Carry, s.Carry) {
			alike = append(alike, i)
		}
	}
	from := at
	for from > 0 && at-from < near && floor(w.samples[from-1].at, quarter) == floor(s.at, quarter) {
		from--
	}
	for i := from; i < len(w.samples) && i-at <= near && floor(w.samples[i].at, quarter) == floor(s.at, quarter); i++ {
		look(i)
	}
	if len(alike) > 2 {
		middle := alike[1 : len(alike)-1]
		for _, i := range slices.Backward(middle) {
			w.samples = slices.Delete(w.samples, i, i+1)
		}
	}
}

// floor divides and rounds down.
func floor(a, by int64) int64 {
	if a < 0 {
		return (a+1)/by - 1
	}
	return a / by
}

// mostSamples is how many samples a group remembers.
func (c *Correlation) mostSamples() int {
	low, _ := c.condition.ends()
	if c.Type == EventCount || c.Type == ValueCount {
		return max(maxSamples, int(min(low, maxThreshold))+1)
	}
	return maxSamples
}
