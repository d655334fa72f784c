package sigma

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const counting = "type: event_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 10m\ncondition: {gte: 3}"

func TestWhatIsTooLateIsToldAndWhatEndedIsForgotten(t *testing.T) {
	r := newRun(t, correlated(counting, "fail"), TrackerOptions{Lateness: time.Hour})
	tracker := r.trackers[r.set.Correlations()[0]]
	fail := func(seconds int, host string) { r.add(seconds, record{"Kind": "fail", "Host": host}) }
	fail(0, "a")
	fail(0, "b")
	fail(60, "a")
	tracker.Advance(start.Add(70 * time.Minute)) // exactly timespan and lateness after
	if tracker.Len() != 2 {
		t.Errorf("%d groups, want 2", tracker.Len())
	}
	fail(30, "a") // late, but in time
	tracker.Advance(start.Add(75 * time.Minute))
	fail(299, "a")                               // too late
	fail(300, "c")                               // just in time
	tracker.Advance(start.Add(74 * time.Minute)) // no way back
	fail(290, "a")
	if tracker.Len() != 1 {
		t.Errorf("%d groups, want 1", tracker.Len())
	}
	r.want("C fired a e4", "C late a ", "C late a ")
	tracker.Advance(start.Add(80 * time.Minute))
	if tracker.Len() != 0 {
		t.Errorf("%d groups, want none", tracker.Len())
	}
}

func TestAGroupThatIsSeenAgainIsForgottenLater(t *testing.T) {
	r := newRun(t, correlated(counting, "fail"), TrackerOptions{})
	tracker := r.trackers[r.set.Correlations()[0]]
	r.add(0, record{"Kind": "fail", "Host": "a"})
	r.add(600, record{"Kind": "fail", "Host": "a"})
	for _, c := range [][2]int{{15, 1}, {25, 0}} {
		tracker.Advance(start.Add(time.Duration(c[0]) * time.Minute))
		if tracker.Len() != c[1] {
			t.Errorf("%d groups after %d minutes, want %d", tracker.Len(), c[0], c[1])
		}
	}
}

func TestTheSameEventCountsOnce(t *testing.T) {
	c := newRun(t, correlated(counting, "fail"), TrackerOptions{}).set.Correlations()[0]
	var w Window
	s := Sample{Time: start, Ref: "e1"}
	c.Add(&w, s)
	if o := c.Add(&w, s); o.Kind != Known || w.Len() != 1 {
		t.Errorf("outcome = %v, %d samples", o.Kind, w.Len())
	}
	s.Ref = "e2"
	c.Add(&w, s)
	s.Ref = "e3"
	if o := c.Add(&w, s); o.Kind != Fired || len(o.Samples) != 3 || o.Measure != 3 {
		t.Errorf("outcome = %+v", o)
	}
	s.Ref, s.Time = "e4", start.Add(time.Second)
	if o := c.Add(&w, s); o.Kind != Updated || o.Ref != "e3" || !o.Last.Equal(s.Time) {
		t.Errorf("outcome = %+v", o)
	}
}

func TestARestoredEpisodeDoesNotFireAgain(t *testing.T) {
	r := newRun(t, correlated(counting, "fail"), TrackerOptions{})
	r.trackers[r.set.Correlations()[0]].Restore([]string{"A"}, Episode{Ref: "before", First: start, Last: start.Add(time.Minute)})
	for i := range 3 {
		r.add(50+i*10, record{"Kind": "fail", "Host": "a"})
	}
	r.want("C updated a before", "C updated a before", "C updated a before")
}

// shelf is a Store in memory.
type shelf struct {
	saved      map[string][]byte
	saves, got int
}

func (s *shelf) Save(group string, window []byte, _ time.Time) {
	s.saves++
	s.saved[group] = slices.Clone(window)
}

func (s *shelf) Load(group string) []byte {
	window := s.saved[group]
	if window != nil {
		s.got++
		delete(s.saved, group)
	}
	return window
}

func (s *shelf) Expire(time.Time) {}

func TestGroupsBeyondTheBoundAreStoredAndFoundAgain(t *testing.T) {
	store := &shelf{saved: map[string][]byte{}}
	text := correlated("type: value_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 10m\ncondition: {field: User, gte: 3}", "fail")
	bounded := newRun(t, text, TrackerOptions{MaxGroups: 10, Store: store, Lateness: time.Hour})
	free := newRun(t, text, TrackerOptions{Lateness: time.Hour})
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		event := record{"Kind": "fail", "Host": fmt.Sprintf("h%d", rnd.IntN(60)), "User": fmt.Sprintf("u%d", rnd.IntN(6))}
		second := i*3 + rnd.IntN(100)
		bounded.add(second, event)
		free.add(second, event)
		for _, r := range []*run{bounded, free} {
			r.trackers[r.set.Correlations()[0]].Advance(start.Add(time.Duration(i*3) * time.Second))
		}
		if n := bounded.trackers[bounded.set.Correlations()[0]].Len(); n > 60 {
			t.Fatalf("%d groups in memory", n)
		}
	}
	if !slices.Equal(bounded.log, free.log) || len(free.log) < 50 {
		t.Errorf("with a store %d outcomes, without %d", len(bounded.log), len(free.log))
	}
	if store.saves == 0 || store.got == 0 {
		t.Errorf("the store was not used: %d saves, %d loads", store.saves, store.got)
	}
}

func TestAGroupRemembersABoundedNumberOfSamples(t *testing.T) {
	c := newRun(t, correlated("type: value_sum\nrules: [fail]\ntimespan: 1s\ncondition: {field: N, gt: 1e9}", "fail"), TrackerOptions{}).set.Correlations()[0]
	var w Window
	for i := range maxSamples + maxSamples/8 + 100 {
		c.Add(&w, Sample{Time: start.Add(time.Duration(i) * time.Minute), Ref: fmt.Sprint(i), Values: []string{"1"}})
	}
	if w.Len() != maxSamples+100 || w.samples[0].Ref != fmt.Sprint(maxSamples/8) {
		t.Errorf("%d samples, the oldest %s", w.Len(), w.samples[0].Ref)
	}
}

func TestTimesBeyondReasonDoNoHarm(t *testing.T) {
	tracker := NewTracker(newRun(t, correlated(counting, "fail"), TrackerOptions{}).set.Correlations()[0], TrackerOptions{})
	for i, at := range []time.Time{{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0), start, time.Unix(-1<<60, 0)} {
		if o := tracker.Add(nil, Sample{Time: at, Ref: fmt.Sprint(i)}); o.Kind == Fired && i < 2 {
			t.Errorf("%v: %v", at, o.Kind)
		}
	}
	tracker.Advance(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
}

// FuzzWindow holds of windows made from a seed: what fires is what a search over all windows finds, in any order of
// the samples for conditions that rise; a window that was written and read goes on as the other; damage does no harm.
func FuzzWindow(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, []byte("damaged"))
	}
	sets := map[string]*Correlation{}
	for _, section := range []string{
		"type: event_count\ncondition: {gte: 3}", "type: value_count\ncondition: {field: V, gte: 3}",
		"type: temporal", "type: temporal_ordered", "type: temporal_ordered\ncondition: {gte: 2}",
	} {
		text := correlated(section+"\nrules: [ra, rb, rc]\ngroup-by: [H]\ntimespan: 10s", "ra", "rb", "rc")
		sets[section] = load(f, text, Options{}).Correlations()[0]
	}
	f.Fuzz(func(t *testing.T, seed uint64, damage []byte) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		var samples []Sample
		for i := range 1 + rnd.IntN(12) {
			samples = append(samples, Sample{
				Time: start.Add(time.Duration(rnd.IntN(40)) * time.Second), Ref: fmt.Sprint(i),
				Input: rnd.IntN(3), Values: []string{fmt.Sprint(rnd.IntN(4))},
			})
		}
		for section, c := range sets {
			want := covered(c, samples)
			for range 3 {
				rnd.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
				if got := episodes(t, c, samples); !agree(c, got, want) {
					t.Fatalf("%s: episodes %v, want %v of %v", section, got, want, samples)
				}
			}
			var w Window
			c.decode(damage, &w)
			c.Add(&w, samples[0])
		}
	})
}

// agree says whether episodes are what they must be. Where samples are thinned out, an episode may end a little
// earlier, but none is lost and none is there that must not be.
func agree(c *Correlation, got, want [][2]int) bool {
	if c.Type != ValueCount && c.Type != Temporal {
		return reflect.DeepEqual(got, want)
	}
	within := func(a, b [2]int) bool { return b[0] <= a[0] && a[1] <= b[1] }
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w [2]int) bool { return within(g, w) }) {
			return false
		}
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g [2]int) bool { return within(g, w) }) {
			return false
		}
	}
	return true
}

// episodes gives the episodes that are left when all samples are added, by first and last second.
func episodes(t *testing.T, c *Correlation, samples []Sample) [][2]int {
	var w Window
	fired := 0
	for _, s := range samples {
		var copied Window
		c.decode(w.encode(nil), &copied)
		o, o2 := c.Add(&w, s), c.Add(&copied, s)
		if o.Kind != o2.Kind || o.Ref != o2.Ref || !o.First.Equal(o2.First) || !o.Last.Equal(o2.Last) {
			t.Fatalf("a window that was written and read: %+v, else %+v", o2, o)
		}
		if o.Kind == Fired {
			fired++
		}
	}
	var all [][2]int
	for _, e := range w.episodes {
		all = append(all, [2]int{int(e.First.Sub(start).Seconds()), int(e.Last.Sub(start).Seconds())})
	}
	if fired < len(all) {
		t.Fatalf("%d fired, %d episodes", fired, len(all))
	}
	slices.SortFunc(all, func(a, b [2]int) int { return a[0] - b[0] })
	return all
}

// covered gives the stretches that windows cover whose condition holds, looking at every window of every sample.
func covered(c *Correlation, samples []Sample) [][2]int {
	sorted := slices.Clone(samples)
	slices.SortFunc(sorted, func(a, b Sample) int { return c.sample(a).compare(c.sample(b)) })
	var all [][2]int
	for i := range sorted {
		for j := i; j < len(sorted) && sorted[j].Time.Sub(sorted[i].Time) <= c.Timespan; j++ {
			if slowly := measured(c, sorted[i:j+1]); c.condition.holds(float64(slowly)) {
				all = append(all, [2]int{int(sorted[i].Time.Sub(start).Seconds()), int(sorted[j].Time.Sub(start).Seconds())})
			}
		}
	}
	slices.SortFunc(all, func(a, b [2]int) int { return a[0] - b[0] })
	var united [][2]int
	for _, w := range all {
		if n := len(united); n > 0 && w[0] <= united[n-1][1] {
			united[n-1][1] = max(united[n-1][1], w[1])
			continue
		}
		united = append(united, w)
	}
	return united
}

// measured gives the measure of a window by its definition.
func measured(c *Correlation, samples []Sample) int {
	different := map[string]bool{}
	for _, s := range samples {
		switch c.Type {
		case ValueCount:
			different[strings.Join(s.Values, "")] = true
		case Temporal:
			different[fmt.Sprint(s.Input)] = true
		case EventCount:
			different[s.Ref] = true
		}
	}
	if c.Type != TemporalOrdered {
		return len(different)
	}
	best := 0
	for wanted := range 8 { // every choice of rules
		have, next := 0, 0
		for _, s := range samples {
			for next < 3 && wanted>>next&1 == 0 {
				next++
			}
			if next < 3 && s.Input == next {
				have++
				next++
			}
		}
		best = max(best, have)
	}
	return best
}
