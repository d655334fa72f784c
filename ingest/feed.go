package ingest

import (
	"context"
	"iter"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// Feed is where content comes from; *o365.Client is one. All methods may block until ctx ends, absorb what
// passes by itself (network, throttling, the service's own errors), and are safe for concurrent use.
type Feed interface {
	// Subscriptions lists the subscriptions that exist; a content type never subscribed to is absent.
	Subscriptions(ctx context.Context) ([]o365.Subscription, error)
	// Start starts a subscription; one that is already enabled is a success.
	Start(ctx context.Context, contentType string) error
	// List gives the blobs with from <= contentCreated < to, of all pages. An error ends it.
	List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[o365.Blob, error]
	// Records gives a blob's records as they arrive; each slice is the caller's own. It ends after an error,
	// except where the error is about one record alone (*o365.BodyError of kind o365.TooLarge).
	Records(ctx context.Context, b o365.Blob) iter.Seq2[[]byte, error]
	// Skew is how far the service's clock is ahead of this machine's, 0 where that is not known.
	Skew() time.Duration
}

// Sink is where records and the ledger go. It is safe for concurrent use, and it may block while Kafka is away, but
// not beyond the end of ctx.
type Sink interface {
	// Store returns once every message is acknowledged, with the last offset by partition. After an error any
	// part of them may be stored; they are then stored again. An error that has a method TooLargeKey() []byte
	// says that the message of that key can never be stored.
	Store(ctx context.Context, messages []schemas.Message) (map[int]int64, error)
	// Remember returns once the ledger entry is acknowledged.
	Remember(ctx context.Context, entry schemas.Blob) error
}
