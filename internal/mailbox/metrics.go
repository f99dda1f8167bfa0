package mailbox

import (
	"time"

	"aupd/internal/aup"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what all watchers of a process do.
type Metrics struct {
	polls, reconnects, errors, messages, bytes *prometheus.CounterVec
	lastPoll, waiting, connected, secretEnds   *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them on reg, unless it is nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	labels := func(more ...string) []string { return append([]string{"mailbox", "folder"}, more...) }
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aupd_mailbox_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels []string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aupd_mailbox_" + name, Help: help}, labels)
	}
	m := &Metrics{
		polls:      counter("polls_total", "Looks at a folder that found out all there was to know.", labels()),
		reconnects: counter("connections_total", "Connections signed in; those that several folders share name none.", labels()),
		errors:     counter("errors_total", "Errors that ended a connection or kept it from being made, by kind.", labels("kind")),
		messages:   counter("messages_total", "Messages dealt with, by what became of them.", labels("fate")),
		bytes:      counter("bytes_total", "Bytes of whole messages fetched.", labels()),
		lastPoll:   gauge("last_poll_timestamp_seconds", "When a folder was last known whole.", labels()),
		waiting:    gauge("waiting_messages", "Messages listed and not yet dealt with.", labels()),
		connected:  gauge("connected", "1 while signed in.", labels()),
		secretEnds: gauge("secret_end_timestamp_seconds", "When the secret of the sign-in runs out, where that is known.", []string{"mailbox"}),
	}
	if reg != nil {
		reg.MustRegister(m.polls, m.reconnects, m.errors, m.messages, m.bytes, m.lastPoll, m.waiting, m.connected, m.secretEnds)
	}
	return m
}

func (f *folder) count(c *prometheus.CounterVec, n int, more ...string) {
	c.WithLabelValues(append([]string{f.w.opt.Name, f.name}, more...)...).Add(float64(n))
}

func (f *folder) gauge(g *prometheus.GaugeVec, v float64) {
	g.WithLabelValues(f.w.opt.Name, f.name).Set(v)
}

// setWaiting tells how many listed messages are still to be dealt with.
func (f *folder) setWaiting(n int) {
	f.gauge(f.w.opt.Metrics.waiting, float64(n))
	f.update(func(s *aup.FolderStatus) { s.Waiting = n })
}

func (l *line) setConnected(yes bool) {
	v := 0.0
	if yes {
		v = 1
		l.w.opt.Metrics.reconnects.WithLabelValues(l.w.opt.Name, l.name()).Inc()
	}
	for _, f := range l.folders {
		f.gauge(f.w.opt.Metrics.connected, v)
		f.update(func(s *aup.FolderStatus) { s.Connected = yes })
	}
}

// polled notes a look at the folder that left nothing open.
func (f *folder) polled(now time.Time) {
	f.gains++
	f.count(f.w.opt.Metrics.polls, 1)
	f.gauge(f.w.opt.Metrics.lastPoll, float64(now.Unix()))
	f.update(func(s *aup.FolderStatus) { s.LastPoll, s.LastError = now.UTC(), "" })
}

// failed notes an error of one folder.
func (f *folder) failed(err *Error) {
	f.count(f.w.opt.Metrics.errors, 1, string(err.Kind))
	f.update(func(s *aup.FolderStatus) { s.LastError = err.Error() })
}

// failed notes an error of the connection with each folder that hangs on it.
func (l *line) failed(err *Error) {
	for _, f := range l.folders {
		its := *err
		its.Folder = f.name
		f.failed(&its)
	}
}
