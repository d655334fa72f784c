package worker

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ualstream/cmd/internal/identity"
)

// identityMetrics is what is shown of the identity stores of this process, by raw partition.
type identityMetrics struct {
	records, bytes, behind *prometheus.GaugeVec
}

func newIdentityMetrics() *identityMetrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ualstream_identity_" + name, Help: help}, []string{"partition"})
	}
	return &identityMetrics{
		records: gauge("records", "Records that a raw partition's identity store remembers."),
		bytes:   gauge("bytes", "Disk that a raw partition's identity store takes."),
		behind:  gauge("behind_records", "Messages that an identity store has yet to read before its partition goes on."),
	}
}

// behind notes how many messages a store has yet to read.
func (m *metrics) behind(partition int, messages int64) {
	m.known.behind.WithLabelValues(strconv.Itoa(partition)).Set(float64(messages))
}

// knows notes how large a store is.
func (m *metrics) knows(partition int, s *identity.Store) {
	records, bytes := s.Size()
	m.known.records.WithLabelValues(strconv.Itoa(partition)).Set(float64(records))
	m.known.bytes.WithLabelValues(strconv.Itoa(partition)).Set(float64(bytes))
}

// gone forgets a partition that another worker may have now.
func (m *metrics) gone(partition int) {
	for _, gauge := range []*prometheus.GaugeVec{m.known.records, m.known.bytes, m.known.behind} {
		gauge.DeleteLabelValues(strconv.Itoa(partition))
	}
}
