package ingest

import (
	"context"
	"slices"
	"sync"
	"time"

	"ualstream/ingest/o365"
)

const (
	retryAfter  = time.Minute // until a blob that could not be had is tried again; the gap then doubles
	longestWait = 6 * time.Hour
	lastChance  = 10 * time.Minute // before its expiry, a blob that is still missing is tried in any case
)

// later holds the blobs that were listed and could not be had: those set aside, and those lost before their time,
// because a gateway's bad minute looks like a loss. It keeps them until they are stored or expired, so that
// neither happens unnoticed after the API has stopped listing them.
type later struct {
	mu    sync.Mutex
	turns map[string]*turn // by ledger key
}

type turn struct {
	blob o365.Blob
	gap  time.Duration
	at   time.Time // of the next try
}

// put has the blob tried again and gives how many are. One that is there keeps its turn.
func (l *later) put(key string, b o365.Blob, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turns[key] != nil {
		return len(l.turns)
	}
	if b.Expires.IsZero() {
		b.Expires = now.Add(retention)
	}
	t := &turn{blob: b, gap: retryAfter}
	t.next(now)
	l.turns[key] = t
	return len(l.turns)
}

func (t *turn) next(now time.Time) {
	t.at = now.Add(t.gap)
	t.gap = min(2*t.gap, longestWait)
	if last := t.blob.Expires.Add(-lastChance); now.Before(last) && last.Before(t.at) {
		t.at = last
	}
}

func (l *later) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.turns, key)
}

// patience is how long the blob may take for a chunk of records: longer where that was often not enough.
func (l *later) patience(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.turns[key]; t != nil {
		return max(leastPatience, t.gap/4)
	}
	return leastPatience
}

// has says whether the blob was tried before.
func (l *later) has(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns[key] != nil
}

// due gives the blobs whose turn it is, the oldest first, and each its next turn. A turn that is further off than its
// gap was given by a clock that was wrong, and is due.
func (l *later) due(now time.Time) []o365.Blob {
	l.mu.Lock()
	defer l.mu.Unlock()
	var blobs []o365.Blob
	for _, t := range l.turns {
		if wait := t.at.Sub(now); wait <= 0 || wait > t.gap {
			t.next(now)
			blobs = append(blobs, t.blob)
		}
	}
	slices.SortFunc(blobs, func(a, b o365.Blob) int { return a.Expires.Compare(b.Expires) })
	return blobs
}

// retry fetches again what could not be had. It does not depend on listings, which may be what does not work.
func (w *watch) retry(ctx context.Context) {
	for ctx.Err() == nil {
		now := w.c.theirNow()
		w.c.cfg.Ledger.Forget(w.c.surely())
		for _, b := range w.later.due(now) {
			if w.take(ctx, b, round{again: true, retryLost: w.c.now()}) != nil {
				return
			}
		}
		pause(ctx, retryAfter)
	}
}
