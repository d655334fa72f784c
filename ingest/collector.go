// Package ingest collects the audit content of one Microsoft 365 tenant and loses none of it.
//
// It takes a Feed (Microsoft's side), a Sink (Kafka) and a Ledger (what is settled already). It gives the Sink
// every record of every blob that was listed, byte for byte and at least once, and after that the ledger entry
// that says so. It must not know how Kafka is spoken, nor what a record means.
package ingest

import (
	"context"
	"log/slog"
	"time"

	"ualstream/schemas"
)

const retention = 7 * 24 * time.Hour

// Config says what to collect and where to.
type Config struct {
	Tenant schemas.Tenant // whose content; its content types, or schemas.ContentTypes where it names none
	Feed   Feed
	Sink   Sink
	Ledger *Ledger // nil is an empty one

	Poll     time.Duration // between two listings; 1 minute by default
	Overlap  time.Duration // how far a listing reaches back before the last one; 6 hours by default
	Parallel int           // blobs fetched at once, of all content types together; 16 by default

	Clock  func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil discards
}

// Collector collects one tenant.
type Collector struct {
	cfg Config
}

// New gives a collector; Run starts it.
func New(cfg Config) *Collector { return &Collector{cfg: cfg} }

// Run collects until ctx ends, and then returns nil once nothing of it runs any more.
func (c *Collector) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
