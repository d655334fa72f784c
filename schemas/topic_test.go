package schemas_test

import (
	"maps"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestTopicNamesAndSettings(t *testing.T) {
	want := map[string]map[string]string{
		"p.raw":     {"cleanup.policy": "delete", "retention.ms": "2592000000", "max.message.bytes": "8388608"},
		"p.rejects": {"cleanup.policy": "delete", "retention.ms": "2592000000", "max.message.bytes": "25165824"},
		"p.events":  {"cleanup.policy": "delete", "retention.ms": "15552000000", "max.message.bytes": "25165824"},
		"p.signals": {"cleanup.policy": "delete", "retention.ms": "777600000", "max.message.bytes": "25165824"},
		"p.threats": {"cleanup.policy": "delete", "retention.ms": "34560000000", "max.message.bytes": "25165824"},
		"p.ledger":  {"cleanup.policy": "compact", "max.message.bytes": "25165824"},
		"p.tenants": {"cleanup.policy": "compact", "max.message.bytes": "25165824"},
	}
	if len(schemas.Topics) != len(want) {
		t.Errorf("%d topics, want %d", len(schemas.Topics), len(want))
	}
	for _, topic := range schemas.Topics {
		if got := topic.Settings().Config(); !maps.Equal(got, want[topic.Name("p")]) {
			t.Errorf("%s: %v, want %v", topic.Name("p"), got, want[topic.Name("p")])
		}
	}
	if r := schemas.TopicRaw.Settings().Retention; r < schemas.MinRawRetention || schemas.MinRawRetention != 16*24*time.Hour {
		t.Errorf("raw is kept %v, the least is %v", r, schemas.MinRawRetention)
	}
}
