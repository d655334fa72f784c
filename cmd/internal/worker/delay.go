package worker

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ualstream/schemas"
)

// The parts of a record's way: happened → offered → received → published. Each is named for its end. The first two
// are of every record that became an event, the last of every threat.
const (
	partOffered   = "offered"   // from when it happened until Microsoft offered it (contentCreated)
	partReceived  = "received"  // from then until we received it
	partPublished = "published" // from then until its threat is acknowledged on the threat topic
)

func newDelay() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ualstream_delay_seconds",
		Help: "Age of a record, in parts: offered = from happening until Microsoft offered it, received = until we received it, " +
			"published = until its threat was on the threat topic.",
		Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600},
	}, []string{"tenant", "source", "part"})
}

// arrived notes how long a record took to reach us. raw is the record, event what it became.
func (m *metrics) arrived(raw, event *schemas.Message) {
	offered := schemas.ParseTime(raw.Header(schemas.HeaderContentCreated))
	m.delayed(event, partOffered, schemas.ParseTime(event.Header(schemas.HeaderTime)), offered)
	m.delayed(event, partReceived, offered, raw.Time)
}

// delayed notes one part of a record's way. Clocks differ, so that a delay may seem to be less than nothing; where a
// time is unknown there is nothing to note.
func (m *metrics) delayed(of *schemas.Message, part string, from, to time.Time) {
	if from.IsZero() || to.IsZero() {
		return
	}
	source := cmp.Or(of.Header(schemas.HeaderSource), StageCorrelate) // what counts many records has no source of its own
	m.delay.WithLabelValues(of.Header(schemas.HeaderTenant), source, part).Observe(max(0, to.Sub(from).Seconds()))
}
