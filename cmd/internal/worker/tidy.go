package worker

import (
	"context"
	"time"

	"ualstream/schemas"
)

const (
	// buryAfter is how long after its expiry a blob's entry stays. All who could still fetch the blob know of it by then.
	buryAfter = 8 * 24 * time.Hour
	// lifetime is how long content can be had, where a blob does not say until when.
	lifetime = 7 * 24 * time.Hour
)

// tidy reads the partition again and leaves in it what the next owner is to know. Entries that are over get tombstones,
// once their day's sum is final in the topic. Where a process that was slow to die has written over the entry of a stored
// blob that it is pending or lost, the entry is written again. Its only errors are ctx's and that of an entry of a later
// version.
func (k *keeper) tidy(ctx context.Context, now time.Time) error {
	if err := k.write(ctx, now); err != nil { // so that what can be final is
		return err
	}
	over, doubted := map[string]bool{}, map[string]bool{}
	buried := 0
	bury := func() (err error) {
		buried += len(over)
		err = k.bury(ctx, over, now)
		clear(over)
		return err
	}
	var failed error // the first of bury
	err := k.read(ctx, func(m schemas.Message) {
		b, blob := blobOf(m)
		if !blob || failed != nil {
			return
		}
		key := string(m.Key)
		mark(over, key, k.over(b, now))
		mark(doubted, key, (b.State == schemas.BlobListed || b.State == schemas.BlobLost) && k.ledger.Stored(key))
		if len(over) >= k.buryAtOnce {
			failed = bury()
		}
	})
	if err == nil {
		err = failed
	}
	if err == nil {
		err = bury()
	}
	mended := 0
	if err == nil {
		mended, err = k.mend(ctx, doubted)
	}
	if err == nil {
		k.log.Info("the ledger is tidied up", "entries_over", buried, "entries_written_again", mended)
	}
	return err
}

// blobOf gives what a message says of a blob, if it is a blob's.
func blobOf(m schemas.Message) (b schemas.Blob, ok bool) {
	if schemas.IsDay(m) || schemas.IsDeployment(m) {
		return b, false
	}
	b, err := schemas.BlobOf(m)
	return b, err == nil
}

// mark keeps a set by the newest entry of each key.
func mark(set map[string]bool, key string, is bool) {
	if is {
		set[key] = true
	} else {
		delete(set, key)
	}
}

// over says whether a blob's entry is not needed any more: nobody can list the blob, and its day's sum has it.
func (k *keeper) over(b schemas.Blob, now time.Time) bool {
	expires := b.Expires
	if expires.IsZero() {
		expires = b.At.Add(lifetime)
	}
	return b.State != "" && now.After(expires.Add(buryAfter)) && k.ledger.Final(b.Tenant, b.ContentType, b.Day())
}

// bury writes tombstones.
func (k *keeper) bury(ctx context.Context, keys map[string]bool, now time.Time) error {
	var tombstones []schemas.Message
	for key := range keys {
		tombstones = append(tombstones, schemas.Message{Topic: schemas.TopicLedger, Key: []byte(key), Time: now})
	}
	return k.put(ctx, tombstones)
}

// mend writes the entries of stored blobs again whose newest entry says something else, and gives how many these are.
func (k *keeper) mend(ctx context.Context, keys map[string]bool) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	newest, stored := map[string]schemas.Blob{}, map[string]schemas.Message{}
	err := k.read(ctx, func(m schemas.Message) {
		b, blob := blobOf(m)
		if !blob || !keys[string(m.Key)] {
			return
		}
		newest[string(m.Key)] = b
		if b.State == schemas.BlobStored {
			stored[string(m.Key)] = m
		}
	})
	if err != nil {
		return 0, err
	}
	var again []schemas.Message
	for key, b := range newest {
		if b.State != schemas.BlobListed && b.State != schemas.BlobLost {
			continue
		}
		k.log.Warn("a process that was slow to end wrote over the entry of a stored blob: it is written again",
			"tenant", b.Tenant, "source", b.ContentType, "blob", b.ContentID, "wrote", b.State)
		m, there := stored[key]
		if !there { // compaction took it
			b.State, b.Reason, b.URI, b.Records = schemas.BlobStored, "", "", k.ledger.Records(key)
			if m, err = b.Message(); err != nil {
				return 0, err
			}
		}
		again = append(again, m)
	}
	return len(again), k.put(ctx, again)
}
