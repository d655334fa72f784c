package worker

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ualstream/cmd/internal/kafka"
)

// standstills shows in the metrics which partitions stand still until somebody mends what is wrong.
type standstills struct{ cluster *kafka.Cluster }

var stoppedDesc = prometheus.NewDesc("ualstream_partition_stopped",
	"1 for a partition that stands still in this worker until somebody mends what the log says is wrong; absent for the others.", []string{"topic", "partition"}, nil)

// Describe implements prometheus.Collector.
func (standstills) Describe(descs chan<- *prometheus.Desc) { descs <- stoppedDesc }

// Collect implements prometheus.Collector.
func (s standstills) Collect(metrics chan<- prometheus.Metric) {
	for _, p := range s.cluster.Stopped() {
		metrics <- prometheus.MustNewConstMetric(stoppedDesc, prometheus.GaugeValue, 1, string(p.Topic), strconv.Itoa(p.Partition))
	}
}
