package ingest

import (
	"sync"
	"time"

	"ualstream/schemas"
)

// Ledger is what the ledger topic says of each blob, held in memory. The worker feeds it the topic before a
// collector starts; the collector adds what it settles. It is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	entries map[string]outcome
	forgot  time.Time // when it was last looked through
}

type outcome struct {
	stored bool      // else lost
	at     time.Time // when it was settled
	until  time.Time // when the API can no longer list the blob
}

// slack is kept beyond a blob's expiry: the service has been seen to serve an hour longer than it says.
const slack = 2 * time.Hour

// NewLedger gives an empty ledger.
func NewLedger() *Ledger { return &Ledger{entries: map[string]outcome{}} }

// Apply takes an entry in the order of the topic; one without a state is a tombstone. A stored blob stays
// stored: a later loss, written by a process that was slow to die, takes nothing out of Kafka.
func (l *Ledger) Apply(b schemas.Blob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := b.Key()
	switch {
	case b.State == "":
		delete(l.entries, key)
	case b.State == schemas.BlobStored || !l.entries[key].stored:
		l.entries[key] = outcome{b.State == schemas.BlobStored, b.At, until(b)}
	}
}

func until(b schemas.Blob) time.Time {
	if b.Expires.IsZero() {
		return b.At.Add(retention + slack)
	}
	return b.Expires.Add(slack)
}

// settled says whether the blob of that key is stored, or was lost at the time given or later: one that was lost
// before gets another try.
func (l *Ledger) settled(key string, retryLost time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, ok := l.entries[key]
	return ok && (o.stored || !o.at.Before(retryLost))
}

// forgetEvery is how often the ledger is looked through for what it can forget, however many ask: it may be the
// ledger of many tenants.
const forgetEvery = time.Hour

// Forget drops the blobs that can no longer be listed, at most hourly, so that the ledger stays as small as seven
// days.
func (l *Ledger) Forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.forgot).Abs() < forgetEvery {
		return
	}
	l.forgot = now
	for key, s := range l.entries {
		if now.After(s.until) {
			delete(l.entries, key)
		}
	}
}
