// Package ingest collects the audit content of one Microsoft 365 tenant and loses none of it.
//
// It takes a Feed (Microsoft's side), a Sink (Kafka) and a Ledger (what is settled already). It gives the Sink
// every record of every blob that was listed, byte for byte and at least once, and after that the ledger entry
// that says so. It must not know how Kafka is spoken, nor what a record means.
package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ualstream/schemas"
)

// Config says what to collect and where to.
type Config struct {
	Tenant schemas.Tenant // whose content; its content types, or schemas.ContentTypes where it names none
	Feed   Feed
	Sink   Sink
	Ledger *Ledger // nil is an empty one

	// Hold says whether what follows cannot keep up. While it is true, only what expires within a day is fetched; the
	// rest is listed and waits as pending. It is asked for each blob. nil never is.
	Hold func() bool

	// Started says when others last started subscriptions, by content type: none is started again for a quarter of an hour.
	Started map[string]schemas.Start

	Poll     time.Duration // between two listings; 1 minute by default
	Overlap  time.Duration // how far a listing reaches back before the last one; 6 hours by default
	Parallel int           // blobs fetched at once, of all content types together; 16 by default; slots says who goes first

	Clock  func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil discards
}

func (cfg Config) withDefaults() Config {
	if len(cfg.Tenant.ContentTypes) == 0 {
		cfg.Tenant.ContentTypes = schemas.ContentTypes
	}
	if cfg.Ledger == nil {
		cfg.Ledger = NewLedger()
	}
	if cfg.Poll <= 0 {
		cfg.Poll = time.Minute
	}
	if cfg.Overlap <= 0 {
		cfg.Overlap = 6 * time.Hour
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = 16
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// Collector collects one tenant. Memory is bounded by Parallel: each blob in flight holds a chunk of about a
// megabyte, or one record where that is larger, and half a megabyte that has arrived ahead of it. Beside that it holds
// what there is in the Ledger, and of the blobs that could not be had when they are tried again.
type Collector struct {
	cfg      Config
	log      *slog.Logger
	slots    *slots
	flight   flight
	hold     hold
	skewed   teller
	fetching sync.WaitGroup
}

// New gives a collector; Run starts it.
func New(cfg Config) *Collector {
	cfg = cfg.withDefaults()
	log := cfg.Logger.With("stage", "ingest", "tenant", cfg.Tenant.ID)
	return &Collector{
		cfg:    cfg,
		log:    log,
		slots:  newSlots(cfg.Parallel, len(cfg.Tenant.ContentTypes)),
		flight: flight{blobs: map[id]*passage{}},
		hold:   hold{asked: cfg.Hold, log: log},
		skewed: teller{log: log},
	}
}

// Run collects until ctx ends, and then returns nil once nothing of it runs any more. The content types do not
// hold each other up: where one has no permission, it waits and tries again while the others go on. What was in
// flight when ctx ended is pending in the ledger, and is fetched from there next time.
func (c *Collector) Run(ctx context.Context) error {
	var watches sync.WaitGroup
	for _, contentType := range c.cfg.Tenant.ContentTypes {
		watches.Go(func() { c.watch(contentType).run(ctx) })
	}
	watches.Wait()
	c.fetching.Wait()
	return nil
}

func (c *Collector) now() time.Time { return c.cfg.Clock().UTC() }

// tolerance is a difference of clocks that changes nothing and is not told.
const tolerance = time.Minute

// theirNow is the time on the service's clock, by which it judges windows and expiry.
func (c *Collector) theirNow() time.Time {
	ahead := c.cfg.Feed.Skew()
	if ahead.Abs() >= tolerance && c.skewed.first("clock", "") {
		c.log.Warn("this machine's clock and Microsoft's differ, so theirs is gone by: set this one right",
			"theirs_is_ahead_by", ahead.Round(time.Second))
	}
	return c.now().Add(ahead)
}

// surely is a time that has come by both clocks: by it is judged what is given up for good. A gateway may answer for the
// service, by a clock that is wrong.
func (c *Collector) surely() time.Time {
	return c.now().Add(min(0, c.cfg.Feed.Skew()))
}
