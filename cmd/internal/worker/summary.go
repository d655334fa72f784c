package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"ualstream/schemas"
)

// Summary is what a run amounted to.
type Summary struct {
	Records, Repeats, Events, Rejects, Threats int
	Tags                                       map[string]int // threats by priority tag
	Triage                                     map[string]int // threats by triage
	Lag                                        int            // messages that the stages have yet to read
	Delays                                     []Delay        // by content type
}

// Delay is how long the records of a content type took on average, in parts.
type Delay struct {
	Source                       string
	Offered, Received, Published time.Duration // from the part before; the first from when it happened
}

// Summary gives what the run has amounted to so far.
func (w *Worker) Summary() (Summary, error) {
	families, err := w.metrics.registry.Gather()
	if err != nil {
		return Summary{}, fmt.Errorf("gather metrics: %w", err)
	}
	f := gathered{}
	for _, family := range families {
		f[strings.TrimPrefix(family.GetName(), "ualstream_")] = family.GetMetric()
	}
	return Summary{
		Records: f.total("records_stored_total"), Repeats: f.total("repeats_total"), Events: f.total("events_total"),
		Rejects: f.total("rejects_total"), Threats: f.total("threats_total"),
		Tags: f.by("threat_tags_total"), Triage: f.by("threats_total"), Lag: f.total("stage_lag_records"),
		Delays: f.delays(),
	}, nil
}

// String gives the summary in a few lines for people.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "records %d   events %d   threats %d, of them noise %d   rejects %d   repeats %d   lag %d\n",
		s.Records, s.Events, s.Threats, s.Triage[string(schemas.TriageNoise)], s.Rejects, s.Repeats, s.Lag)
	for _, tag := range schemas.PriorityTags {
		fmt.Fprintf(&b, "  %-28s %5d\n", tag, s.Tags[tag])
	}
	if len(s.Delays) > 0 {
		fmt.Fprintf(&b, "%-28s %12s %12s %12s\n", "mean delay:         happened", "→ offered", "→ received", "→ published")
	}
	for _, d := range s.Delays {
		fmt.Fprintf(&b, "  %-26s %12s %12s %12s\n", d.Source, brief(d.Offered), brief(d.Received), brief(d.Published))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// brief gives a length of time in the precision that matters at its size, and "-" for none.
func brief(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}

// gathered is the registry's metrics by name.
type gathered map[string][]*dto.Metric

func (g gathered) total(name string) (sum int) {
	for _, m := range g[name] {
		sum += int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
	}
	return sum
}

// by gives a counter by the value of its one label.
func (g gathered) by(name string) map[string]int {
	out := map[string]int{}
	for _, m := range g[name] {
		out[m.GetLabel()[0].GetValue()] += int(m.GetCounter().GetValue())
	}
	return out
}

// delays gives the mean of each part by content type, over all tenants.
func (g gathered) delays() []Delay {
	mean := func(source, part string) time.Duration {
		var sum float64
		var count uint64
		for _, m := range g["delay_seconds"] {
			if label(m, "source") == source && label(m, "part") == part {
				sum += m.GetHistogram().GetSampleSum()
				count += m.GetHistogram().GetSampleCount()
			}
		}
		if count == 0 {
			return 0
		}
		return time.Duration(sum / float64(count) * float64(time.Second))
	}
	sources := map[string]bool{}
	for _, m := range g["delay_seconds"] {
		sources[label(m, "source")] = true
	}
	var out []Delay
	for _, s := range slices.Sorted(maps.Keys(sources)) {
		out = append(out, Delay{s, mean(s, partOffered), mean(s, partReceived), mean(s, partPublished)})
	}
	return out
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
