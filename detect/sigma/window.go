package sigma

import (
	"slices"
	"time"
)

// Window is what a correlation remembers of one group: its samples and its episodes. It depends on the samples alone
// and on the order in which they were added; it reads no clock. Its zero value is empty.
//
// A window of the correlation is any stretch of event time of at most the timespan, both ends included: with 10m, a
// sample at 10:00:00 and one at 10:10:00 stand in one window. Windows slide; they begin and end at samples. Whenever a
// sample is added, every window is judged that has it in it and ends at it or at a later sample. So samples may be
// added in any order: whether a condition of gt and gte ever holds does not depend on it. Conditions with lt, lte, eq
// and neq are judged by what was added so far: eq: 3 fires at the third sample, though a fourth may follow.
//
// The first window whose condition holds begins an episode, from its first to its last sample: Fired. Further windows
// that hold and overlap an episode extend it, and samples that fall into it join it: Updated, with the Ref of the
// sample that completed it first. What holds later, apart from every episode, is a new one. Several episodes that grow
// into one keep the Ref of the earliest.
//
// What the measure is: event_count counts samples, value_count different values (without case), temporal different
// rules. temporal_ordered takes the longest row of samples in which each sample's rule stands after that of the sample
// before, in the order of Rules; samples of the same time are in order. Sums, averages and percentiles are over the
// values of the window's samples. value_percentile without percentile is the share, in percent, that the added
// sample's value has among the window's values; with percentile it is that percentile (nearest rank).
//
// An event that several rules match counts once, except where the types are temporal. A firing of a correlation counts
// once, at its latest time, except there.
//
// What is bounded: a group remembers the newest 10,000 samples, or as many as its condition counts to, and at most an
// eighth more; one addition looks at no more than maxLooks. Where only different values or rules count, samples between two of the
// same are forgotten; an episode may then seem to begin later or to end earlier by one of them.
type Window struct {
	samples  []sample // by time, then by rank
	episodes []Episode
}

// Bounds of a window.
const (
	maxSamples = 10_000
	maxLooks   = 1 << 20
	maxShown   = 1_000 // samples of an outcome
)

// sample is a Sample, ready to be compared.
type sample struct {
	Sample
	at   int64  // nanoseconds since 1970
	rank int    // Input where rules are told apart, else 0
	key  string // of Values, without case
	num  float64
}

// Kind says what came of a sample.
const (
	Quiet   OutcomeKind = iota // nothing holds
	Fired                      // a new episode began
	Updated                    // an episode has grown or has a sample more
	Known                      // the sample was there already
	Late                       // the sample is older than what is remembered; only a Tracker says so
)

// OutcomeKind says what came of adding a sample.
type OutcomeKind uint8

func (k OutcomeKind) String() string {
	return [...]string{"quiet", "fired", "updated", "known", "late"}[k]
}

// Episode is a stretch of event time in which a correlation's condition held.
type Episode struct {
	Ref         string    // of the sample that completed it first
	First, Last time.Time // of its samples
}

// Outcome says what came of adding a sample.
type Outcome struct {
	Kind    OutcomeKind
	Episode         // of Fired and Updated
	Measure float64 // that made the condition hold, as far as it had to be counted; 0 for a sample that only joined
	// Samples are those of the window that fired, the oldest first, at most 1,000; of an update the added one.
	Samples []Sample
}

// keyOf makes one text of several, without case.
func keyOf(values []string) string {
	var key []byte
	for i, v := range values {
		if i > 0 {
			key = append(key, 0)
		}
		key = appendFold(slices.Grow(key, len(v)), v)
	}
	return string(key)
}

func (c *Correlation) sample(s Sample) sample {
	made := sample{Sample: s, at: nanos(s.Time), key: keyOf(s.Values)}
	made.Time = time.Unix(0, made.at).UTC() // as it comes back from a Store
	if c.isTemporal() {
		made.rank = s.Input
	}
	if len(s.Values) == 1 {
		n, _ := parseNumber(s.Values[0])
		made.num = n.float
	}
	return made
}

func (s sample) compare(o sample) int {
	switch {
	case s.at != o.at:
		return int(max(-1, min(1, s.at-o.at)))
	default:
		return s.rank - o.rank
	}
}

// Add adds a sample of the correlation's group to its window. One of a rule that there is not changes nothing.
func (c *Correlation) Add(w *Window, added Sample) Outcome {
	if added.Input < 0 || added.Input >= len(c.inputs) {
		return Outcome{}
	}
	s := c.sample(added)
	at, known := w.place(s)
	if known {
		return Outcome{Kind: Known}
	}
	if c.inputs[s.Input].correlation != nil && !c.isTemporal() {
		at = w.replace(s, at)
	}
	w.samples = slices.Insert(w.samples, at, s)
	outcome := c.judge(w, at)
	c.thin(w, at)
	return outcome
}

// place gives where a sample belongs, and whether it is there.
func (w *Window) place(s sample) (int, bool) {
	at, _ := slices.BinarySearchFunc(w.samples, s, sample.compare)
	for ; at < len(w.samples) && w.samples[at].compare(s) == 0; at++ {
		if o := w.samples[at]; o.Ref == s.Ref && o.key == s.key && slices.Equal(o.Carry, s.Carry) {
			return at, true
		}
	}
	return at, false
}

// isTemporal says whether it matters which rule a sample is of. Other types count an event once, whatever it matches.
func (c *Correlation) isTemporal() bool { return c.Type == Temporal || c.Type == TemporalOrdered }

// replace takes out what was known of the same firing: it counts once, at its latest time.
func (w *Window) replace(s sample, at int) int {
	w.samples = slices.DeleteFunc(w.samples, func(o sample) bool {
		gone := o.Ref == s.Ref && o.at <= s.at && o.key == s.key
		if gone {
			at-- // what is at or before its time stands before it
		}
		return gone
	})
	return at
}

// join lets a sample that falls into an episode join it.
func (w *Window) join(s sample) Outcome {
	for _, e := range w.episodes {
		if nanos(e.First) <= s.at && s.at <= nanos(e.Last) {
			return Outcome{Kind: Updated, Episode: e, Samples: []Sample{s.Sample}}
		}
	}
	return Outcome{}
}

// Restore notes an episode that is known from elsewhere, so that it does not fire again.
func (w *Window) Restore(e Episode) {
	e.First, e.Last = time.Unix(0, nanos(e.First)).UTC(), time.Unix(0, nanos(e.Last)).UTC()
	kept := w.episodes[:0]
	for _, o := range w.episodes {
		if o.First.After(e.Last) || o.Last.Before(e.First) {
			kept = append(kept, o)
			continue
		}
		if o.First.Before(e.First) {
			e.Ref = o.Ref
		}
		e.First, e.Last = earlier(o.First, e.First), later(o.Last, e.Last)
	}
	w.episodes = append(kept, e)
}

// drop forgets an episode.
func (w *Window) drop(ref string) {
	w.episodes = slices.DeleteFunc(w.episodes, func(e Episode) bool { return e.Ref == ref })
}

// Expire forgets the samples and episodes before a time and says whether anything is left.
func (w *Window) Expire(before time.Time) bool { return w.expire(nanos(before)) }

func (w *Window) expire(limit int64) bool {
	w.samples = slices.DeleteFunc(w.samples, func(s sample) bool { return s.at < limit })
	w.episodes = slices.DeleteFunc(w.episodes, func(e Episode) bool { return nanos(e.Last) < limit })
	return len(w.samples)+len(w.episodes) > 0
}

// first gives the time of the oldest sample or of the end of the earliest episode, in nanoseconds since 1970.
func (w *Window) first() int64 {
	oldest := int64(1<<63 - 1)
	if len(w.samples) > 0 {
		oldest = w.samples[0].at
	}
	for i := range w.episodes {
		oldest = min(oldest, nanos(w.episodes[i].Last))
	}
	return oldest
}

// last gives the time of the newest sample or of the end of the latest episode, in nanoseconds since 1970.
func (w *Window) last() int64 {
	newest := int64(never)
	if n := len(w.samples); n > 0 {
		newest = w.samples[n-1].at
	}
	for _, e := range w.episodes {
		newest = max(newest, nanos(e.Last))
	}
	return newest
}

// never is before every time; farthest bounds times, so that their differences do not overflow.
const (
	never    = -1 << 62
	farthest = 4e18 // nanoseconds: from 1843 to 2096
)

// nanos gives a time as nanoseconds since 1970. Times beyond the bounds are the bounds.
func nanos(t time.Time) int64 {
	const bound = farthest / int64(time.Second)
	if sec := t.Unix(); sec >= bound || sec <= -bound {
		return max(-1, min(1, sec)) * farthest
	}
	return t.UnixNano()
}

// Len gives the number of samples that are remembered.
func (w *Window) Len() int { return len(w.samples) }
