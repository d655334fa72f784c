package kafka

import (
	"testing"

	"ualstream/schemas"
)

// The values are those of UtilsTest.testMurmur2 in Apache Kafka's Java client.
func TestMurmur2AgreesWithTheJavaClient(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestPartitionIsTheJavaClients(t *testing.T) {
	// The Java client clears the sign bit (Utils.toPositive) before it takes the remainder.
	if got, want := partition(schemas.TopicRaw, []byte("21"), 12), int((-973932308&0x7fffffff)%12); got != want {
		t.Errorf("partition = %d, want %d", got, want)
	}
}

func TestStateOfATenantSharesAPartition(t *testing.T) {
	for _, topic := range []schemas.Topic{schemas.TopicLedger, schemas.TopicTenants} {
		want := partition(topic, []byte("tenant-a"), 97)
		for _, key := range []string{"tenant-a/Audit.Exchange/1", "tenant-a/Audit.General/2"} {
			if got := partition(topic, []byte(key), 97); got != want {
				t.Errorf("%s key %s: partition %d, want the tenant's %d", topic, key, got, want)
			}
		}
	}
	if partition(schemas.TopicRaw, []byte("tenant-a/1"), 97) == partition(schemas.TopicRaw, []byte("tenant-a/2"), 97) {
		t.Error("keys of the raw topic must be partitioned whole")
	}
}
