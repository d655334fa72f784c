package committed

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

// fetched is what one fetch gave of a partition: record batches up to its last stable offset, which is where the
// oldest open transaction begins.
type fetched struct {
	records []byte // batches as they are on the broker's disk, markers of transactions among them; the last may be cut
	aborted []fetch.ResponseTransaction
	stable  int64
}

// request fetches record batches from offset on, up to so many bytes; the first may begin before it. The broker waits
// for enough of them, but not longer than wait. It fetches as a read_committed
// consumer does, but kafka-go's own leaves what was aborted in, and so does the broker: it only names it. So the
// request is made here, and voids tells what was aborted.
func (r *Reader) request(ctx context.Context, offset int64, enough, bytes int32, wait time.Duration) (f fetched, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := r.Kafka.RoundTrip(ctx, r.Brokers, &fetch.Request{
		ReplicaID: -1, SessionID: -1, SessionEpoch: -1, IsolationLevel: int8(kafka.ReadCommitted),
		MinBytes: enough, MaxWaitTime: int32(wait.Milliseconds()),
		// The embedded broker names no aborted transactions when an answer is as large as the whole request allows:
		// only the partition's own limit may end it.
		MaxBytes: math.MaxInt32,
		Topics: []fetch.RequestTopic{{Topic: r.Topic.Name(r.Prefix), Partitions: []fetch.RequestPartition{{
			Partition: int32(r.Partition), CurrentLeaderEpoch: -1, LogStartOffset: -1, FetchOffset: offset, PartitionMaxBytes: bytes,
		}}}},
	})
	if err != nil {
		return f, err
	}
	res, ok := answer.(*fetchResponse)
	if !ok || len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return f, fmt.Errorf("fetch: want one partition in the answer, got %T", answer)
	}
	p := &res.Topics[0].Partitions[0]
	if code := cmp.Or(res.ErrorCode, p.ErrorCode); code != 0 {
		return f, kafka.Error(code)
	}
	return fetched{p.RecordSet.bytes, p.AbortedTransactions, p.LastStableOffset}, nil
}

// voids gives a function that says of each batch, asked in their order, whether a read_committed consumer sees nothing
// of it: markers are no messages, and a producer's records are void from where its aborted transaction began to the
// marker that ends it.
func (f fetched) voids() func(batch) bool {
	pending := slices.SortedFunc(slices.Values(f.aborted), func(a, b fetch.ResponseTransaction) int {
		return cmp.Compare(a.FirstOffset, b.FirstOffset) // they come in the order of their ends
	})
	void := map[int64]bool{} // producers in an aborted transaction
	return func(b batch) bool {
		for len(pending) > 0 && pending[0].FirstOffset <= b.base {
			void[pending[0].ProducerID] = true
			pending = pending[1:]
		}
		if b.attributes.Control() {
			delete(void, b.producer)
			return true
		}
		return b.attributes.Transactional() && void[b.producer]
	}
}

func (f fetched) head() []byte { return f.records[:min(len(f.records), headSize)] }

// fetchResponse is Kafka's answer to a fetch with the records as they come. Registering it takes the place of
// kafka-go's, which decodes them: its Client.Fetch must not be called.
type fetchResponse struct {
	ThrottleTimeMS int32          `kafka:"min=v1,max=v11"`
	ErrorCode      int16          `kafka:"min=v7,max=v11"`
	SessionID      int32          `kafka:"min=v7,max=v11"`
	Topics         []fetchedTopic `kafka:"min=v0,max=v11"`
}

type fetchedTopic struct {
	Topic      string             `kafka:"min=v0,max=v11"`
	Partitions []fetchedPartition `kafka:"min=v0,max=v11"`
}

type fetchedPartition struct {
	Partition            int32                       `kafka:"min=v0,max=v11"`
	ErrorCode            int16                       `kafka:"min=v0,max=v11"`
	HighWatermark        int64                       `kafka:"min=v0,max=v11"`
	LastStableOffset     int64                       `kafka:"min=v4,max=v11"`
	LogStartOffset       int64                       `kafka:"min=v5,max=v11"`
	AbortedTransactions  []fetch.ResponseTransaction `kafka:"min=v4,max=v11"`
	PreferredReadReplica int32                       `kafka:"min=v11,max=v11"`
	RecordSet            recordSet                   `kafka:"min=v0,max=v11"`
}

// ApiKey is kafka-go's interface of a message.
func (*fetchResponse) ApiKey() protocol.ApiKey { return protocol.Fetch }

func init() { protocol.Register(&fetch.Request{}, &fetchResponse{}) }

// recordSet is bytes that their size goes before; -1 is none.
type recordSet struct{ bytes []byte }

// ReadFrom is how kafka-go lets a type decode itself. r ends where the answer does.
func (s *recordSet) ReadFrom(r io.Reader) (int64, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	size := int32(binary.BigEndian.Uint32(head[:]))
	if size <= 0 {
		return int64(len(head)), nil
	}
	var err error
	s.bytes, err = readAll(r, int(size))
	return int64(len(head) + len(s.bytes)), err
}

// readAll reads so many bytes, and takes no more memory than there are: what stands for the size may be damaged.
func readAll(r io.Reader, size int) ([]byte, error) {
	b := make([]byte, 0, min(size, 2*fetchBytes))
	for len(b) < size {
		if len(b) == cap(b) {
			b = slices.Grow(b, len(b))
		}
		n, err := io.ReadFull(r, b[len(b):min(size, cap(b))])
		if b = b[:len(b)+n]; err != nil {
			return nil, err
		}
	}
	return b, nil
}
