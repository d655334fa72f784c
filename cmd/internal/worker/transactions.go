package worker

import (
	"github.com/prometheus/client_golang/prometheus"

	"ualstream/cmd/internal/kafka"
)

// transactions shows in the metrics how this worker's transactions go.
type transactions struct{ cluster *kafka.Cluster }

var (
	committedDesc = prometheus.NewDesc("ualstream_transactions_committed_total", "Transactions committed.", nil, nil)
	abortedDesc   = prometheus.NewDesc("ualstream_transactions_aborted_total",
		"Transactions that were not committed cleanly; their batches are written again.", nil, nil)
	fencedDesc = prometheus.NewDesc("ualstream_transactions_fenced_total",
		"Of the aborted transactions, those that another owner of the partition ended, as in a rebalance.", nil, nil)
	openDesc = prometheus.NewDesc("ualstream_transaction_open_seconds",
		"Age of the oldest transaction that this worker has open; 0 for none.", nil, nil)
)

// Describe implements prometheus.Collector.
func (transactions) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{committedDesc, abortedDesc, fencedDesc, openDesc} {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (t transactions) Collect(metrics chan<- prometheus.Metric) {
	now := t.cluster.Transactions()
	for desc, n := range map[*prometheus.Desc]int64{committedDesc: now.Committed, abortedDesc: now.Aborted, fencedDesc: now.Fenced} {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n))
	}
	metrics <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, now.Open.Seconds())
}
