package ingest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// expired begins the reason of a blob that is given up because of its expiry.
const expired = "expired before it could be fetched"

// parking holds the entries of pending blobs, by what a watch follows. Nearly all of them are in flight or set aside.
type parking map[feed]map[id]schemas.Blob

// feed is one content type of one tenant, both in lower case.
type feed struct{ tenant, contentType string }

func feedOf(tenant, contentType string) feed {
	return feed{strings.ToLower(tenant), strings.ToLower(contentType)}
}

// follow keeps an entry for as long as its blob is pending. Of an expiry that has changed the latest counts, of all else
// the last word.
func (p parking) follow(key id, b schemas.Blob) {
	of := feedOf(b.Tenant, b.ContentType)
	if b.State != schemas.BlobListed {
		delete(p[of], key)
		if len(p[of]) == 0 {
			delete(p, of)
		}
		return
	}
	if p[of] == nil {
		p[of] = map[id]schemas.Blob{}
	}
	b.Expires = latest(b.Expires, p[of][key].Expires)
	if i := strings.LastIndex(b.URI, b.ContentID); i >= 0 { // so that it is held once
		b.ContentID = b.URI[i : i+len(b.ContentID)]
	}
	p[of][key] = b
}

// pending gives the entry of a pending blob.
func (l *Ledger) pending(tenant, contentType string, key id) (schemas.Blob, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.parked[feedOf(tenant, contentType)][key]
	return b, ok
}

// waiting gives the pending blobs of a content type that are wanted, those that expire first before the others.
func (l *Ledger) waiting(tenant, contentType string, wanted func(id, schemas.Blob) bool) []id {
	type place struct {
		key     id
		expires time.Time
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var line []place
	for key, b := range l.parked[feedOf(tenant, contentType)] {
		if wanted(key, b) {
			line = append(line, place{key, b.Expires})
		}
	}
	slices.SortFunc(line, func(a, b place) int { return a.expires.Compare(b.expires) })
	keys := make([]id, len(line))
	for i, p := range line {
		keys[i] = p.key
	}
	return keys
}

// orphaned is for how long after a pending blob can no longer be had its collector may give it up. After that it has
// none, or one that waits for Kafka.
const orphaned = time.Hour

// Expired gives what is to be written of pending blobs that nobody fetches any more, because their tenant or content
// type is not watched, and that can no longer be had: that they are lost. It goes by their keys, and Apply is to be given
// what was written; until then it is given again.
func (l *Ledger) Expired(now time.Time) (all []schemas.Blob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now = now.Add(-l.ahead).UTC().Round(0)
	for _, blobs := range l.parked {
		for _, b := range blobs {
			if now.After(until(b).Add(orphaned)) {
				b.State, b.Reason, b.URI, b.At = schemas.BlobLost, expired, "", now
				all = append(all, b)
			}
		}
	}
	slices.SortFunc(all, func(a, b schemas.Blob) int { return cmp.Compare(a.Key(), b.Key()) })
	return all
}
