package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"ualstream/cmd/internal/identity"
	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// threatOf is a threat with what the metrics read of it.
func threatOf(triage schemas.Triage, tags string, received time.Time) schemas.Message {
	m := schemas.Message{Topic: schemas.TopicThreats, Time: received}
	m.SetHeader(schemas.HeaderTriage, string(triage))
	m.SetHeader(schemas.HeaderTags, tags)
	return m
}

func TestMetricsFollowPrometheusConventions(t *testing.T) {
	m, now := newMetrics(), time.Now()
	m.stored([]schemas.Message{{Topic: schemas.TopicRaw}})
	m.remembered(schemas.Blob{Tenant: "t", State: schemas.BlobStored})
	m.normalized([]schemas.Message{{Topic: schemas.TopicRaw}}, []schemas.Message{{Topic: schemas.TopicEvents}})
	m.detected([]schemas.Message{threatOf(schemas.TriagePriority, schemas.LogonAttempt, now)})
	m.arrived(rawOffered(now, now), eventOf(now))
	m.lag.WithLabelValues(StageDetect).Set(1)
	m.knows(3, &identity.Store{})
	m.behind(3, 0)
	m.hidden.WithLabelValues(StageDetect).Set(1)
	m.held.WithLabelValues(StageDetect).Set(1)
	cluster, err := kafka.Connect(kafka.Config{Brokers: []string{"192.0.2.1:9092"}})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	m.registry.MustRegister(transactions{cluster}, standstills{cluster})
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestWhatHasNotHappenedYetIsZeroNotAbsent(t *testing.T) {
	want := `
# HELP ualstream_rejects_total Records that could not be read.
# TYPE ualstream_rejects_total counter
ualstream_rejects_total{stage="correlate"} 0
ualstream_rejects_total{stage="detect"} 0
ualstream_rejects_total{stage="ingest"} 0
ualstream_rejects_total{stage="normalize"} 0
`
	want += `
# HELP ualstream_ingest_held 1 while normalize is more than an hour behind and only what expires within a day is fetched, else 0.
# TYPE ualstream_ingest_held gauge
ualstream_ingest_held 0
# HELP ualstream_messages_skipped_total Messages that could not be decoded and were stepped over because --skip names them: a loss.
# TYPE ualstream_messages_skipped_total counter
ualstream_messages_skipped_total{stage="correlate"} 0
ualstream_messages_skipped_total{stage="detect"} 0
ualstream_messages_skipped_total{stage="ingest"} 0
ualstream_messages_skipped_total{stage="normalize"} 0
ualstream_messages_skipped_total{stage="publish"} 0
`
	names := []string{"ualstream_rejects_total", "ualstream_ingest_held", "ualstream_messages_skipped_total"}
	if err := testutil.GatherAndCompare(newMetrics().registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestSummarySaysWhatTheRunAmountedTo(t *testing.T) {
	m, now := newMetrics(), time.Now()
	raw, event := schemas.Message{Topic: schemas.TopicRaw}, schemas.Message{Topic: schemas.TopicEvents}
	reject := schemas.Message{Topic: schemas.TopicRejects}
	m.stored([]schemas.Message{raw, raw, raw, reject})
	m.normalized([]schemas.Message{raw, raw, raw}, []schemas.Message{event, event, reject})
	m.repeats.Add(5)
	m.detected([]schemas.Message{
		threatOf(schemas.TriagePriority, schemas.LogonAttempt, time.Time{}),
		threatOf(schemas.TriageNoise, schemas.EmailRuleModification+","+schemas.MailboxSettingsModification, time.Time{}),
	})
	m.arrived(rawOffered(now.Add(-time.Hour), now), eventOf(now.Add(-3*time.Hour)))
	m.arrived(rawOffered(now.Add(-2*time.Hour), now), eventOf(now.Add(-3*time.Hour)))
	m.lag.WithLabelValues(StageNormalize).Set(3)
	m.lag.WithLabelValues(StageDetect).Set(4)
	w := &Worker{metrics: m}
	s, err := w.Summary()
	if err != nil {
		t.Fatal(err)
	}
	want := `records 3   events 2   threats 2, of them noise 1   rejects 2   repeats 5   lag 7
  EmailRuleModification            1
  MailboxSettingsModification      1
  LogonAttempt                     1
  MailboxAccessDelegated           0
  MailboxFolderPermissions         0
mean delay:         happened    → offered   → received  → published
  Audit.Exchange                  1h30m0s      1h30m0s            -`
	if got := s.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMessagesThatKafkaDeletedUnreadAreCounted(t *testing.T) {
	m := newMetrics()
	m.lost(StageDetect)(3, 10, 25)
	m.lost(StageDetect)(4, 0, 1)
	if n := testutil.ToFloat64(m.expired.WithLabelValues(StageDetect)); n != 16 {
		t.Errorf("%v messages, want the 15 and the 1 that were deleted", n)
	}
}
