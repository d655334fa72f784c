package committed

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

const (
	// requestTimeout bounds one request, so that a broker that fell silent is noticed.
	requestTimeout = 20 * time.Second
	fetchBytes     = 1 << 20 // of one fetch where Reader.Bytes does not say; a larger batch comes alone and whole
	fetchWait      = 250 * time.Millisecond
	// patientFetches is how often Kafka may give nothing though there is something, as while it moves a partition.
	patientFetches = 20
)

// Reader walks one partition of a topic. It is for one goroutine.
type Reader struct {
	Kafka     kafka.RoundTripper // a *kafka.Transport, with TLS and a login where the brokers want them
	Brokers   net.Addr           // kafka.TCP("kafka-1.example:9092", …)
	Prefix    string             // of the topic's name; schemas.DefaultPrefix unless the deployment has another
	Topic     schemas.Topic
	Partition int
	Offset    int64 // of the next message; it may be set at any time
	// Bytes is how much one fetch gives, as it comes over the wire; 0 is 1 MiB. A batch is never cut: 1 gives one.
	Bytes int32

	ended   int64 // where the last batch that was read ended
	nothing int   // how often in a row Kafka gave nothing though there is something
}

// Next waits a moment for messages, gives those that a read_committed consumer sees, in order, and moves behind them. It
// may give none, and may have moved all the same: over transaction markers, what was aborted and what compaction took.
//
// It makes one attempt. After an error the reader stands where it stood, and Next may be called again: kafka-go's
// errors say what was wrong, kafka.OffsetOutOfRange that messages were deleted before they were read, or that the log
// was cut. A *DamagedError is one that calling again is not likely to mend.
func (r *Reader) Next(ctx context.Context) ([]schemas.Message, error) {
	return r.Fetch(ctx, 1, fetchWait)
}

// Fetch makes one attempt to get more, once there are enough bytes or after that time, whatever there is then. It gives none
// where there are none, and may have moved all the same: over transaction markers, what was aborted and what compaction
// took. Of a batch it gives all or nothing, and nothing of what follows on one that cannot be
// decoded: that is a *DamagedError once it comes first.
func (r *Reader) Fetch(ctx context.Context, enough int32, wait time.Duration) ([]schemas.Message, error) {
	f, err := r.request(ctx, r.Offset, enough, cmp.Or(r.Bytes, fetchBytes), wait)
	if unreadable(err) {
		return nil, r.broken(fmt.Errorf("the broker itself can read neither it nor, perhaps, what follows on it in its file: %w", err))
	}
	if err != nil {
		return nil, err
	}
	if len(f.records) > 0 || f.stable <= r.Offset {
		r.nothing = 0
	} else if r.nothing++; r.nothing > patientFetches {
		return nil, r.broken(fmt.Errorf("%w, though the partition goes on to offset %d", errNothing, f.stable))
	}
	var out []schemas.Message
	void, ahead := f.voids(), *r // a copy, which moves as long as all goes well
	for rest := f.records; len(rest) > 0; {
		if err := ctx.Err(); err != nil { // small batches may be thousands, and their partition be somebody else's by now
			return nil, err
		}
		messages, size, err := ahead.read(rest, f.stable, void)
		switch {
		case err == nil:
			out, rest = append(out, messages...), rest[size:]
			continue
		case ahead.Offset == r.Offset:
			if rest = due(rest, r.Offset); rest == nil {
				return nil, r.broken(err)
			}
			continue
		}
		break
	}
	r.Offset, r.ended = ahead.Offset, ahead.ended
	return out, nil
}

// read gives the messages of the first batch of b and moves behind it.
func (r *Reader) read(b []byte, stable int64, void func(batch) bool) (messages []schemas.Message, size int, err error) {
	t, size, err := takeBatch(b)
	if err == nil {
		err = r.follows(t, stable)
	}
	if err == nil && !void(t) {
		messages, err = t.messages(r.Topic, r.Partition, r.Offset)
	}
	if err == nil {
		r.Offset, r.ended = t.next, t.next
	}
	return messages, size, err
}

// follows checks that a batch is the one that the cursor is at. No checksum covers where it says it is. Batches follow on
// each other without a gap but where compaction took some: a gap elsewhere is messages that Kafka has lost.
func (r *Reader) follows(t batch, stable int64) error {
	switch {
	case t.next <= r.Offset, t.next > stable, t.base < r.Offset && r.ended == r.Offset:
		return fmt.Errorf("it is said to be the offsets from %d to %d, and offset %d is due, of those before %d", t.base, t.next, r.Offset, stable)
	case t.base > r.Offset && r.Topic.Settings().Cleanup == "delete":
		return fmt.Errorf("the offsets from %d to %d are missing", r.Offset, t.base)
	}
	return nil
}

// due gives what follows on the first batch of b, from the batch on that begins at the offset; nil where there is none.
// Kafka takes a batch whose offset is damaged for one that comes later, and what comes after it for what it holds.
func due(b []byte, offset int64) []byte {
	for {
		_, size, err := takeBatch(b)
		if err != nil {
			return nil
		}
		b = b[size:]
		if t, _, err := takeBatch(b); err == nil && t.base == offset {
			return b
		}
	}
}
