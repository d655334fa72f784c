package worker

import (
	"testing"
	"time"

	"ualstream/schemas"
)

// rawOffered is a raw record that Microsoft offered and we received at those times.
func rawOffered(offered, received time.Time) *schemas.Message {
	m := &schemas.Message{Topic: schemas.TopicRaw, Time: received}
	m.SetHeader(schemas.HeaderContentCreated, schemas.FormatTime(offered))
	return m
}

// eventOf is the event of a record of Audit.Exchange that happened at that time.
func eventOf(happened time.Time) *schemas.Message {
	m := &schemas.Message{Topic: schemas.TopicEvents}
	m.SetHeader(schemas.HeaderTenant, "tenant")
	m.SetHeader(schemas.HeaderSource, "Audit.Exchange")
	m.SetHeader(schemas.HeaderTime, schemas.FormatTime(happened))
	return m
}

func TestDelayIsToldInParts(t *testing.T) {
	m, now := newMetrics(), time.Now().Truncate(time.Second)
	m.arrived(rawOffered(now.Add(-time.Minute), now), eventOf(now.Add(-time.Hour)))
	threat := eventOf(now.Add(-time.Hour))
	threat.Topic, threat.Time = schemas.TopicThreats, now.Add(-5*time.Hour)
	m.detected([]schemas.Message{*threat})

	d := delaysOf(t, m)
	if len(d) != 1 || d[0].Source != "Audit.Exchange" {
		t.Fatalf("delays of %v, want those of Audit.Exchange alone", d)
	}
	got := Delay{d[0].Source, d[0].Offered.Round(time.Second), d[0].Received.Round(time.Second), d[0].Published.Round(time.Minute)}
	if want := (Delay{"Audit.Exchange", 59 * time.Minute, time.Minute, 5 * time.Hour}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDelaysAreNeverNegativeNorCountedFromAnUnknownTime(t *testing.T) {
	m, now := newMetrics(), time.Now()
	m.arrived(rawOffered(now.Add(time.Hour), now), eventOf(now.Add(2*time.Hour))) // their clock is ahead
	m.arrived(rawOffered(time.Time{}, now), eventOf(time.Time{}))                 // nobody knows when
	d := delaysOf(t, m)
	if len(d) != 1 || d[0].Offered != 0 || d[0].Received != 0 {
		t.Errorf("got %+v, want no delay", d)
	}
}

func delaysOf(t *testing.T, m *metrics) []Delay {
	t.Helper()
	s, err := (&Worker{metrics: m}).Summary()
	if err != nil {
		t.Fatal(err)
	}
	return s.Delays
}
