package ingest

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	messages *prometheus.CounterVec
	errors   *prometheus.CounterVec
	parse    prometheus.Histogram
}

// newMetrics makes the package's metrics and registers them on reg, if any.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aupd_messages_total", Help: "Messages recorded, by outcome; duplicate for bytes that were a report already.",
		}, []string{"outcome"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aupd_ingest_errors_total", Help: "Messages that could not be read or recorded, by kind.",
		}, []string{"kind"}),
		parse: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aupd_read_seconds", Help: "Time to parse and classify one message.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 8),
		}),
	}
	if reg != nil {
		reg.MustRegister(m.messages, m.errors, m.parse)
	}
	return m
}
