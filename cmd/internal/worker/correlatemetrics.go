package worker

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ualstream/schemas"
)

// correlateMetrics is what is shown of correlations.
type correlateMetrics struct {
	late, foreign prometheus.Counter   // hits
	forgotten     prometheus.Counter   // groups
	groups, bytes *prometheus.GaugeVec // on disk, by partition of the signals topic
}

func newCorrelateMetrics() *correlateMetrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "ualstream_" + name, Help: help})
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_correlation_" + name, Help: help}, []string{"partition"})
	}
	return &correlateMetrics{
		late: counter("signals_late_total",
			"Hits that correlations did not count because their windows were over for longer than hits may be late."),
		foreign: counter("signals_foreign_total",
			"Hits for correlations that this worker does not have, or has with another definition."),
		forgotten: counter("correlation_groups_forgotten_total",
			"Groups that correlations forgot because they did not fit into memory and the disk did not take them: a loss."),
		groups: gauge("spilled_groups", "Groups of correlations on disk, because there are more than are kept in memory."),
		bytes:  gauge("spilled_bytes", "Disk that groups of correlations take."),
	}
}

func (m *correlateMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.late, m.foreign, m.forgotten, m.groups, m.bytes}
}

// correlated notes what signals became.
func (m *metrics) correlated(out []schemas.Message, late, foreign int) {
	m.counts.late.Add(float64(late))
	m.counts.foreign.Add(float64(foreign))
	for i := range out {
		if out[i].Topic == schemas.TopicRejects {
			m.rejects.WithLabelValues(StageCorrelate).Inc()
		}
	}
	m.detected(out)
}

// spilled notes what correlations have on disk.
func (m *metrics) spilled(partition int, f spillFigures) {
	m.counts.forgotten.Add(float64(f.lost))
	p := strconv.Itoa(partition)
	if f.groups == 0 && f.bytes == 0 {
		m.counts.groups.DeleteLabelValues(p)
		m.counts.bytes.DeleteLabelValues(p)
		return
	}
	m.counts.groups.WithLabelValues(p).Set(float64(f.groups))
	m.counts.bytes.WithLabelValues(p).Set(float64(f.bytes))
}
