package committed

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"ualstream/schemas"
)

// written gives a batch of three records as kafka-go writes it.
func written(t testing.TB) []byte {
	t.Helper()
	var records []kafka.Record
	for _, key := range []string{"a", "b", "c"} {
		records = append(records, kafka.Record{Time: time.UnixMilli(1), Key: kafka.NewBytes([]byte(key)), Value: kafka.NewBytes([]byte("value of " + key)),
			Headers: []kafka.Header{{Key: "tenant", Value: []byte("contoso")}}})
	}
	var sized bytes.Buffer
	set := protocol.RecordSet{Version: 2, Attributes: protocol.Gzip, Records: kafka.NewRecordReader(records...)}
	if _, err := set.WriteTo(&sized); err != nil {
		t.Fatal(err)
	}
	return sized.Bytes()[4:]
}

func TestABatchGivesItsMessages(t *testing.T) {
	b := written(t)
	one, size, err := takeBatch(append(bytes.Clone(b), "more"...))
	if err != nil || size != len(b) {
		t.Fatalf("%d bytes of %d, error %v", size, len(b), err)
	}
	msgs, err := one.messages(schemas.TopicEvents, 7, 1)
	if err != nil || len(msgs) != 2 {
		t.Fatalf("%d messages, error %v; want those from offset 1 on", len(msgs), err)
	}
	m := msgs[0]
	if m.Topic != schemas.TopicEvents || m.Partition != 7 || m.Offset != 1 || !m.Time.Equal(time.UnixMilli(1)) ||
		string(m.Key) != "b" || string(m.Value) != "value of b" || m.Header("tenant") != "contoso" {
		t.Errorf("message %+v", m)
	}
}

// FuzzBatch holds that a batch gives as many messages as it says, in order and inside its offsets, or an error.
func FuzzBatch(f *testing.F) {
	f.Add(written(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < batchHead {
			return
		}
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)-sizeTo))
		b[16] = 2
		binary.BigEndian.PutUint32(b[checksumAt:], crc32.Checksum(b[checkedFrom:], castagnoli))
		one, size, err := takeBatch(b)
		if err != nil {
			return
		}
		msgs, err := one.messages(schemas.TopicRaw, 0, 0)
		if size != len(b) || err != nil {
			return
		}
		last := one.base - 1
		for _, m := range msgs {
			if m.Offset <= last || m.Offset >= one.next {
				t.Fatalf("offset %d after %d in a batch from %d to %d", m.Offset, last, one.base, one.next)
			}
			last = m.Offset
		}
		if int(one.count) != len(msgs) {
			t.Fatalf("%d messages of %d", len(msgs), one.count)
		}
	})
}
