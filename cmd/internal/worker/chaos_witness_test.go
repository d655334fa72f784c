package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// witness reads topics as a read_committed consumer does, by a client that shares no code with ours.
type witness struct {
	t      *testing.T
	client *kgo.Client
	k      kafka.Config
	dir    string // where it writes down what it saw, by topic
}

func newWitness(t *testing.T, k kafka.Config, dir string) *witness {
	t.Helper()
	o := []kgo.Opt{
		kgo.SeedBrokers(k.Brokers...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // so that it is seen when the end is reached
		// The embedded broker names no aborted transactions when an answer is as large as the whole request allows.
		kgo.FetchMaxBytes(512 << 20), kgo.BrokerMaxReadBytes(1 << 30), kgo.FetchMaxPartitionBytes(1 << 20),
	}
	if k.SASL != nil {
		o = append(o, kgo.SASL(scram.Auth{User: k.SASL.Username, Pass: k.SASL.Password}.AsSha256Mechanism()))
	}
	client, err := kgo.NewClient(o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &witness{t, client, k, dir}
}

// read gives a topic's messages. It fails the test where an open transaction hides some.
func (w *witness) read(topic schemas.Topic) (out []schemas.Message) {
	w.t.Helper()
	name := topic.Name(w.k.Prefix)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	ends := w.ends(ctx, name, 1)
	for p, end := range w.ends(ctx, name, 0) {
		if ends[p] != end {
			w.t.Errorf("%s/%d: %d messages are behind a transaction that is still open", name, p, end-ends[p])
		}
	}
	from := map[int32]kgo.Offset{}
	for p, end := range ends {
		if end > 0 {
			from[p] = kgo.NewOffset().At(0)
		}
	}
	w.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{name: from})
	defer w.client.PurgeTopicsFromClient(name)
	list, err := os.Create(filepath.Join(w.dir, string(topic)+".txt"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer list.Close()
	for len(from) > 0 {
		fetches := w.client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			w.t.Fatalf("read %s: %v", name, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset+1 >= ends[r.Partition] {
				delete(from, r.Partition)
			}
			m := messageOf(topic, r)
			fmt.Fprintf(list, "%d/%d producer %d/%d control %t %s %q\n", m.Partition, m.Offset, r.ProducerID, r.ProducerEpoch,
				r.Attrs.IsControl(), uid(m), m.Key)
			if !r.Attrs.IsControl() {
				out = append(out, m)
			}
		})
	}
	return out
}

func messageOf(topic schemas.Topic, r *kgo.Record) schemas.Message {
	m := schemas.Message{Topic: topic, Partition: int(r.Partition), Offset: r.Offset, Key: r.Key, Value: r.Value, Time: r.Timestamp}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, schemas.Header{Key: h.Key, Value: string(h.Value)})
	}
	return m
}

// ends gives where the partitions end: with isolation 1 for a read_committed consumer.
func (w *witness) ends(ctx context.Context, name string, isolation int8) map[int32]int64 {
	w.t.Helper()
	asked := kmsg.NewListOffsetsRequest()
	asked.ReplicaID, asked.IsolationLevel = -1, isolation
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic = name
	for p := range int32(w.k.Partitions) {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition, partition.Timestamp = p, -1
		topic.Partitions = append(topic.Partitions, partition)
	}
	asked.Topics = append(asked.Topics, topic)
	res, err := asked.RequestWith(ctx, w.client)
	if err != nil || len(res.Topics) != 1 {
		w.t.Fatalf("ends of %s: %v", name, err)
	}
	out := map[int32]int64{}
	for _, p := range res.Topics[0].Partitions {
		if p.ErrorCode != 0 {
			w.t.Fatalf("end of %s/%d: error %d", name, p.Partition, p.ErrorCode)
		}
		out[p.Partition] = p.Offset
	}
	return out
}
