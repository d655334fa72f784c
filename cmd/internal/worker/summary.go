package worker

import (
	"fmt"
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
	Microsoft, Ours                            time.Duration  // mean delay of a threat, in its two parts
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
		Microsoft: f.mean("threat_delay_seconds", delayMicrosoft), Ours: f.mean("threat_delay_seconds", delayOurs),
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
	if s.Threats == 0 {
		return strings.TrimSuffix(b.String(), "\n")
	}
	fmt.Fprintf(&b, "a threat took %s on average from the act until it was received, and %s from then to its topic",
		s.Microsoft.Round(time.Second), s.Ours.Round(10*time.Millisecond))
	return b.String()
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

func (g gathered) mean(name, label string) time.Duration {
	for _, m := range g[name] {
		if h := m.GetHistogram(); m.GetLabel()[0].GetValue() == label && h.GetSampleCount() > 0 {
			return time.Duration(h.GetSampleSum() / float64(h.GetSampleCount()) * float64(time.Second))
		}
	}
	return 0
}
