package ingest

import (
	"slices"
	"sync"
	"time"

	"ualstream/ingest/o365"
)

const (
	retryAfter  = time.Minute // until a blob that could not be had is tried again; the gap then doubles
	longestWait = 6 * time.Hour
	lastChance  = 10 * time.Minute // before its expiry, a blob that is still missing is tried in any case, and once after it
)

// later holds the blobs that were listed and could not be had: those set aside, and those lost before their time,
// because a gateway's bad minute looks like a loss. It keeps them until they are stored or expired, so that
// neither happens unnoticed after the API has stopped listing them.
type later struct {
	mu    sync.Mutex
	turns map[id]*turn
}

type turn struct {
	blob o365.Blob
	gap  time.Duration
	at   time.Time // of the next try
}

// put has the blob tried again and gives how many are. One that is there keeps its turn.
func (l *later) put(key id, b o365.Blob, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turns[key] != nil {
		return len(l.turns)
	}
	t := &turn{blob: b, gap: retryAfter}
	t.next(now)
	l.turns[key] = t
	return len(l.turns)
}

func (t *turn) next(now time.Time) {
	t.at = now.Add(t.gap)
	t.gap = min(2*t.gap, longestWait)
	for _, at := range []time.Time{t.blob.Expires.Add(-lastChance), t.blob.Expires.Add(slack + retryAfter)} {
		if now.Before(at) && at.Before(t.at) {
			t.at = at
		}
	}
}

// renew takes what a listing says of a blob that waits. Its address may be another one now; of its expiry the latest
// counts.
func (l *later) renew(key id, b o365.Blob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.turns[key]; t != nil {
		b.Expires = latest(b.Expires, t.blob.Expires)
		t.blob = b
	}
}

func (l *later) drop(key id) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.turns, key)
}

// patience is how long the blob may take for a chunk of records: longer where that was often not enough.
func (l *later) patience(key id) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.turns[key]; t != nil {
		return max(leastPatience, t.gap/4)
	}
	return leastPatience
}

// has says whether the blob was tried before.
func (l *later) has(key id) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns[key] != nil
}

// due gives the wanted blobs whose turn it is, the oldest first, and each its next turn. A turn that is further off than
// its gap was given by a clock that was wrong, and is due.
func (l *later) due(now time.Time, wanted func(o365.Blob) bool) []o365.Blob {
	l.mu.Lock()
	defer l.mu.Unlock()
	var blobs []o365.Blob
	for _, t := range l.turns {
		if wait := t.at.Sub(now); (wait <= 0 || wait > t.gap) && wanted(t.blob) {
			t.next(now)
			blobs = append(blobs, t.blob)
		}
	}
	slices.SortFunc(blobs, func(a, b o365.Blob) int { return a.Expires.Compare(b.Expires) })
	return blobs
}
