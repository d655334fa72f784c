package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/schemas"
)

func TestWhateverHappensWhatWasListedIsStoredOrLost(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &weather{t: t, dice: rand.New(rand.NewPCG(seed, 1)), stored: map[string]bool{}}
				w.grow(80, time.Now(), 10*24*time.Hour)
				const parallel = 4
				for end := time.Now().Add(18 * 24 * time.Hour); time.Now().Before(end); {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute+w.some(36*time.Hour))
					c := New(Config{
						Tenant: schemas.Tenant{ID: tenant, ContentTypes: []string{"Audit.Exchange"}},
						Feed:   w, Sink: w, Ledger: w.known(), Poll: 30 * time.Minute, Parallel: parallel, Clock: w.clock,
					})
					_ = c.Run(ctx)
					if late, ok := ctx.Deadline(); !ok || time.Since(late) > 0 {
						t.Errorf("the collector ended %s after it was asked to", time.Since(late))
					}
					cancel()
					if c.slots.taken[share{}] != 0 || len(c.slots.line.waiting) != 0 || len(c.flight.blobs) != 0 {
						t.Errorf("%d slots and %d blobs in flight are left", c.slots.taken[share{}], len(c.flight.blobs))
					}
				}
				w.judge(parallel)
			})
		})
	}
}

func (w *weather) judge(parallel int) {
	known, offered, stored := w.states(), 0, 0
	for _, b := range w.blobs {
		if b.offered.IsZero() {
			continue
		}
		offered++
		switch state := known[b.ID]; {
		case rankOf(state) < lost:
			w.t.Errorf("%s (created %s, listed from %s, broken %v) is not settled: %q", b.ID, b.Created, b.appears, b.broken, state)
		case state == schemas.BlobLost && !b.broken && b.Expires.Sub(b.offered) > 24*time.Hour: // longer than Kafka is ever away
			w.t.Errorf("%s (created %s, listed from %s) could be had and is lost", b.ID, b.Created, b.appears)
		case state == schemas.BlobStored:
			stored++
		}
	}
	w.count(known)
	if stored == 0 || w.worst > parallel {
		w.t.Errorf("%d stored of %d offered, %d fetched at once", stored, offered, w.worst)
	}
}

// count compares the days' sums with what became of the blobs.
func (w *weather) count(known map[string]schemas.BlobState) {
	sums := map[schemas.BlobState]int{}
	for _, d := range w.known().Days(time.Now()) {
		sums[schemas.BlobStored] += d.Stored
		sums[schemas.BlobLost] += d.Lost
		if !d.Final || d.Listed != 0 {
			w.t.Errorf("%+v is not final", d)
		}
	}
	for _, state := range known {
		sums[state]--
	}
	if sums[schemas.BlobStored] != 0 || sums[schemas.BlobLost] != 0 {
		w.t.Errorf("the days have %v blobs too many", sums)
	}
}

// states gives what the ledger says last of each blob; a later loss takes nothing away that was stored.
func (w *weather) states() map[string]schemas.BlobState {
	states := map[string]schemas.BlobState{}
	for _, e := range w.ledger {
		if states[e.ContentID] != schemas.BlobStored {
			states[e.ContentID] = e.State
		}
	}
	return states
}
