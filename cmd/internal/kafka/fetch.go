package kafka

import (
	"cmp"
	"context"
	"fmt"
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
	batches []protocol.RecordReader // markers of transactions among them
	aborted []fetch.ResponseTransaction
	stable  int64
}

// request fetches record batches from offset on, up to so many bytes; the first may begin before it. The broker waits
// for enough of them, but not longer than wait. It fetches as a read_committed
// consumer does, but kafka-go's own leaves what was aborted in, and so does the broker: it only names it. So the
// request is made here, and fetched.visible drops what was aborted.
func (k *cursor) request(ctx context.Context, offset int64, enough, bytes int32, wait time.Duration) (f fetched, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := k.c.transport.RoundTrip(ctx, k.c.addr, &fetch.Request{
		ReplicaID: -1, SessionID: -1, SessionEpoch: -1, IsolationLevel: int8(kafka.ReadCommitted),
		MinBytes: enough, MaxWaitTime: int32(wait.Milliseconds()),
		// The embedded broker names no aborted transactions when an answer is as large as the whole request allows:
		// only the partition's own limit may end it.
		MaxBytes: math.MaxInt32,
		Topics: []fetch.RequestTopic{{Topic: k.topic.Name(k.c.cfg.Prefix), Partitions: []fetch.RequestPartition{{
			Partition: int32(k.partition), CurrentLeaderEpoch: -1, LogStartOffset: -1, FetchOffset: offset, PartitionMaxBytes: bytes,
		}}}},
	})
	if err != nil {
		return f, err
	}
	res, ok := answer.(*fetch.Response)
	if !ok || len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return f, fmt.Errorf("fetch: want one partition in the answer, got %T", answer)
	}
	p := &res.Topics[0].Partitions[0]
	if code := cmp.Or(res.ErrorCode, p.ErrorCode); code != 0 {
		return f, kafka.Error(code)
	}
	f.aborted, f.stable = p.AbortedTransactions, p.LastStableOffset
	if stream, ok := p.RecordSet.Records.(*protocol.RecordStream); ok {
		f.batches = stream.Records
	}
	return f, nil
}

// visible calls do for each record, in order, and says whether a read_committed consumer sees it: markers are no
// messages, and a producer's records are void from where its aborted transaction began to the marker that ends it.
func (f fetched) visible(do func(r *kafka.Record, seen bool) error) error {
	pending := slices.SortedFunc(slices.Values(f.aborted), func(a, b fetch.ResponseTransaction) int {
		return cmp.Compare(a.FirstOffset, b.FirstOffset) // they come in the order of their ends
	})
	void := map[int64]bool{} // producers in an aborted transaction
	for _, b := range f.batches {
		for len(pending) > 0 && pending[0].FirstOffset <= base(b) {
			void[pending[0].ProducerID] = true
			pending = pending[1:]
		}
		seen := true
		switch b := b.(type) {
		case *protocol.ControlBatch:
			delete(void, b.ProducerID)
			seen = false
		case *protocol.RecordBatch:
			seen = !b.Attributes.Transactional() || !void[b.ProducerID]
		}
		if err := each(b, func(r *kafka.Record) error { return do(r, seen) }); err != nil {
			return err
		}
	}
	return nil
}
