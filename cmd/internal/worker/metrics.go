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

	records *prometheus.CounterVec // tenant, source
	blobs   *prometheus.CounterVec // tenant, source, state
	events  *prometheus.CounterVec // class_uid
	rejects *prometheus.CounterVec // stage
	threats *prometheus.CounterVec // triage
	tags    *prometheus.CounterVec // tag
	repeats prometheus.Counter     //

	expired *prometheus.CounterVec   // stage
	skipped *prometheus.CounterVec   // stage
	lag     *prometheus.GaugeVec     // stage
	hidden  *prometheus.GaugeVec     // stage
	held    *prometheus.GaugeVec     // stage
	delay   *prometheus.HistogramVec // tenant, source, part
	known   *identityMetrics
	counts  *correlateMetrics

	partitions prometheus.Gauge       // of the ledger
	waits      prometheus.Gauge       // 1 while other rules are in use
	rules      prometheus.Gauge       // rules and correlations
	reloads    *prometheus.CounterVec // result
	holding    prometheus.Gauge       // 1 while ingest holds back
}

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
		skipped: counter("messages_skipped_total", "Messages that could not be decoded and were stepped over because --skip names them: a loss.", "stage"),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_stage_lag_records",
			Help: "Messages that a stage has yet to read."}, []string{"stage"}),
		hidden: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_stage_hidden_records",
			Help: "Of the messages that a stage has yet to read, those that an open transaction hides from it."}, []string{"stage"}),
		held: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_last_stable_offset_age_seconds",
			Help: "How long an open transaction has held a stage back, on the partition where it has done so the longest."}, []string{"stage"}),
		delay: newDelay(),
		known: newIdentityMetrics(), counts: newCorrelateMetrics(),
		partitions: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ualstream_ingest_partitions",
			Help: "Partitions of the ledger whose tenants are this worker's to collect."}),
		waits: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ualstream_rules_waiting",
			Help: "1 while other rules are in use than this worker's, so that it does not detect, else 0."}),
		rules: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ualstream_rules_loaded",
			Help: "Rules and correlations that this worker detects with."}),
		reloads: counter("rules_reloads_total", "How often the rules were read again while the worker ran, by whether they could be used.", "result"),
		holding: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ualstream_ingest_held",
			Help: "1 while normalize is more than an hour behind and only what expires within a day is fetched, else 0."}),
	}
	m.registry.MustRegister(m.records, m.blobs, m.events, m.rejects, m.threats, m.tags, m.repeats, m.waits, m.rules, m.reloads, m.expired, m.skipped, m.lag, m.hidden, m.held,
		m.delay, m.partitions, m.holding, m.known.records, m.known.bytes, m.known.behind,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.counts.all()...)
	m.begin()
	return m
}

// begin shows what has not happened yet as zero, so that an alert on the first time works.
func (m *metrics) begin() {
	for _, stage := range []string{StageIngest, StageNormalize, StageDetect, StageCorrelate} {
		m.rejects.WithLabelValues(stage)
	}
	for stage := range consumes {
		m.expired.WithLabelValues(stage)
	}
	for _, stage := range append([]string{StageCorrelate}, Stages...) {
		m.skipped.WithLabelValues(stage)
	}
	for _, result := range []string{reloadOK, reloadRefused} {
		m.reloads.WithLabelValues(result)
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

// normalized notes what raw records became: out[i] is what in[i] became.
func (m *metrics) normalized(in, out []schemas.Message) {
	for i := range out {
		if out[i].Topic == schemas.TopicRejects {
			m.rejects.WithLabelValues(StageNormalize).Inc()
			continue
		}
		m.events.WithLabelValues(out[i].Header(schemas.HeaderClassUID)).Inc()
		m.arrived(&in[i], &out[i])
	}
}

func (m *metrics) detected(out []schemas.Message) {
	now := time.Now()
	for i := range out {
		threat := &out[i]
		if threat.Topic != schemas.TopicThreats {
			continue
		}
		m.threats.WithLabelValues(threat.Header(schemas.HeaderTriage)).Inc()
		if tags := threat.Header(schemas.HeaderTags); tags != "" {
			for tag := range strings.SplitSeq(tags, ",") {
				m.tags.WithLabelValues(tag).Inc()
			}
		}
		if threat.Header(schemas.HeaderSource) != "" { // a correlation's finding is not of one record
			m.delayed(threat, partPublished, threat.Time, now)
		}
	}
}

// lagUnknown forgets the lag that was measured last.
func (m *metrics) lagUnknown() {
	for stage := range consumes {
		m.noLag(stage)
	}
}

func (m *metrics) noLag(stage string) {
	m.lag.DeleteLabelValues(stage)
	m.hidden.DeleteLabelValues(stage)
	m.held.DeleteLabelValues(stage)
}

// lost gives what counts the messages that Kafka deleted before a stage had read them.
func (m *metrics) lost(stage string) func(partition int, from, to int64) {
	return func(_ int, from, to int64) { m.expired.WithLabelValues(stage).Add(float64(to - from)) }
}
