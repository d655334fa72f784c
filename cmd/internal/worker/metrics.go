package worker

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ualstream/schemas"
)

// metrics is what /metrics shows. Names follow Prometheus: base units, _total for counters.
type metrics struct {
	registry *prometheus.Registry

	records *prometheus.CounterVec   // tenant, source
	blobs   *prometheus.CounterVec   // tenant, source, state
	events  *prometheus.CounterVec   // class_uid
	rejects *prometheus.CounterVec   // stage
	threats *prometheus.CounterVec   // triage
	tags    *prometheus.CounterVec   // tag
	repeats prometheus.Counter       //
	expired *prometheus.CounterVec   // stage
	lag     *prometheus.GaugeVec     // stage
	delay   *prometheus.HistogramVec // part
}

// The parts of an event's way that delay tells apart.
const (
	delayMicrosoft = "microsoft" // happened until received
	delayOurs      = "ualstream" // received until its threat is on the topic
)

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ualstream_" + name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		records:  counter("records_stored_total", "Records acknowledged in the raw topic, repeats included.", "tenant", "source"),
		blobs:    counter("blobs_total", "Content blobs by what became of them.", "tenant", "source", "state"),
		events:   counter("events_total", "OCSF events written.", "class_uid"),
		rejects:  counter("rejects_total", "Records that could not be read.", "stage"),
		threats:  counter("threats_total", "Threats written.", "triage"),
		tags:     counter("threat_tags_total", "Priority tags on the threats written; a threat may have several.", "tag"),
		repeats: prometheus.NewCounter(prometheus.CounterOpts{Name: "ualstream_repeats_total",
			Help: "Records that had been written before and were left out."}),
		expired: counter("messages_expired_total", "Messages that Kafka deleted before the stage had read them: a loss.", "stage"),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_stage_lag_records",
			Help: "Messages that a stage has yet to read."}, []string{"stage"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ualstream_threat_delay_seconds",
			Help:    "Age of a threat, in parts: microsoft until we received the record, ualstream from then on.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600}}, []string{"part"}),
	}
	m.registry.MustRegister(m.records, m.blobs, m.events, m.rejects, m.threats, m.tags, m.repeats, m.expired, m.lag, m.delay,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// begin shows what has not happened yet as zero, so that an alert on the first time works.
func (m *metrics) begin() {
	for _, stage := range []string{StageIngest, StageNormalize, StageDetect} {
		m.rejects.WithLabelValues(stage)
	}
	for stage := range consumes {
		m.expired.WithLabelValues(stage)
	}
	for _, triage := range schemas.Triages {
		m.threats.WithLabelValues(string(triage))
	}
	for _, tag := range schemas.PriorityTags {
		m.tags.WithLabelValues(tag)
	}
}

func (m *metrics) stored(messages []schemas.Message) {
	for i := range messages {
		if messages[i].Topic == schemas.TopicRejects {
			m.rejects.WithLabelValues(StageIngest).Inc()
			continue
		}
		m.records.WithLabelValues(messages[i].Header(schemas.HeaderTenant), messages[i].Header(schemas.HeaderSource)).Inc()
	}
}

func (m *metrics) remembered(b schemas.Blob) {
	m.blobs.WithLabelValues(b.Tenant, b.ContentType, string(b.State)).Inc()
}

func (m *metrics) normalized(out []schemas.Message) {
	for i := range out {
		if out[i].Topic == schemas.TopicRejects {
			m.rejects.WithLabelValues(StageNormalize).Inc()
			continue
		}
		m.events.WithLabelValues(out[i].Header(schemas.HeaderClassUID)).Inc()
	}
}

func (m *metrics) detected(out []schemas.Message) {
	now := time.Now()
	for i := range out {
		threat := &out[i]
		m.threats.WithLabelValues(threat.Header(schemas.HeaderTriage)).Inc()
		if tags := threat.Header(schemas.HeaderTags); tags != "" {
			for tag := range strings.SplitSeq(tags, ",") {
				m.tags.WithLabelValues(tag).Inc()
			}
		}
		m.delayed(delayMicrosoft, schemas.ParseTime(threat.Header(schemas.HeaderTime)), threat.Time)
		m.delayed(delayOurs, threat.Time, now)
	}
}

// delayed notes one part of a threat's way. Clocks differ, so that a delay may seem to be less than nothing; where
// a time is unknown there is nothing to note.
func (m *metrics) delayed(part string, from, to time.Time) {
	if from.IsZero() || to.IsZero() {
		return
	}
	m.delay.WithLabelValues(part).Observe(max(0, to.Sub(from).Seconds()))
}

// lost gives what counts the messages that Kafka deleted before a stage had read them.
func (m *metrics) lost(stage string) func(partition int, from, to int64) {
	return func(_ int, from, to int64) { m.expired.WithLabelValues(stage).Add(float64(to - from)) }
}
