package committed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// DamagedError says that a partition holds something that cannot be decoded: on the broker's disk bytes have changed,
// or a program has written what is no record batch. Whoever goes on behind it loses what it was.
type DamagedError struct {
	Topic     string // full name
	Partition int
	Offset    int64 // what cannot be decoded begins here
	Err       error
}

// Error says where it is and what is wrong.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("the batch at %s/%d/%d cannot be decoded: %v", e.Topic, e.Partition, e.Offset, e.Err)
}

// Unwrap gives what is wrong with it.
func (e *DamagedError) Unwrap() error { return e.Err }

// Unreadable says that the broker itself cannot read it, nor perhaps what follows on it.
func (e *DamagedError) Unreadable() bool { return unreadable(e.Err) }

func (r *Reader) broken(err error) error {
	return &DamagedError{Topic: r.Topic.Name(r.Prefix), Partition: r.Partition, Offset: r.Offset, Err: err}
}

// largest is how much is asked for to see beyond a batch.
const largest = 64 << 20

// End finds where what cannot be read ends: at the next batch on the broker's disk, if that is whole, else where another
// batch is given than at the offset, which a search by halves finds. log is where the partition ends.
func (r *Reader) End(ctx context.Context, log int64) (int64, error) {
	f, err := r.request(ctx, r.Offset, 1, largest, time.Millisecond) // two batches at least
	if err != nil && !unreadable(err) {
		return 0, err
	}
	if to := r.successor(f); to > r.Offset {
		return to, nil
	}
	head := f.head()
	inside, outside := r.Offset, max(log, r.Offset+1)
	for step := int64(1); inside+1 < outside; step *= 2 {
		at := min(inside+step, inside+(outside-inside)/2)
		found, err := r.headAt(ctx, at)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(found, head) {
			inside = at
		} else {
			outside, step = at, 1
		}
	}
	return outside, nil
}

// successor gives where the first whole batch begins that can be next after what cannot be read: the first one, where
// messages before it are missing and what follows on it agrees, or the one after it. It is 0 for neither.
func (r *Reader) successor(f fetched) int64 {
	first, size, err := takeBatch(f.records)
	if size == 0 {
		return 0
	}
	follows := f.stable // where the log ends
	if rest := f.records[size:]; len(rest) > 0 {
		second, _, err := takeBatch(rest)
		if err != nil {
			return 0
		}
		follows = second.base
	}
	if err == nil && first.base > r.Offset && first.next == follows {
		return first.base
	}
	return follows
}

// headAt gives what a batch is known by: its first bytes. It is empty where the broker itself cannot read the batch.
func (r *Reader) headAt(ctx context.Context, offset int64) ([]byte, error) {
	f, err := r.request(ctx, offset, 1, 1, time.Millisecond)
	if unreadable(err) {
		return nil, nil
	}
	return f.head(), err
}

// unreadable says that a broker has met something on its disk that it takes for no batch. It may tell so by its word for
// whatever it has no other word for.
func unreadable(err error) bool {
	return errors.Is(err, kafka.InvalidMessage) || errors.Is(err, kafka.Unknown) || errors.Is(err, errNothing)
}

// errNothing says that a broker ends its answers before a batch: so it does where that seems to be longer than its file.
var errNothing = errors.New("the broker gives nothing of it")
