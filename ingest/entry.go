package ingest

import (
	"math"
	"strings"
	"time"

	"ualstream/schemas"
)

// rank orders the states of a blob: a higher one takes the place of a lower one, whatever came first.
type rank uint32

const (
	unknown rank = iota
	listed
	lost
	stored
)

// rankOf gives unknown for a state that this program does not know, too.
func rankOf(s schemas.BlobState) rank {
	switch s {
	case schemas.BlobListed:
		return listed
	case schemas.BlobLost:
		return lost
	case schemas.BlobStored:
		return stored
	default:
		return unknown
	}
}

// entry is what the ledger keeps of a blob. There are some millions of them, so it is small and holds no pointer.
type entry struct {
	until   uint32 // when the API can no longer list the blob; seconds since 1970
	at      uint32 // when it was lost, 0 where the clock alone says so
	records uint32
	tag     uint32 // rank in the two highest bits, the number of its day in the others
}

const dayBits = 30

func entryOf(b schemas.Blob, day uint32) entry {
	r := rankOf(b.State)
	e := entry{
		until: seconds(until(b)), at: seconds(b.At), records: clamp(int64(b.Records)),
		tag: uint32(r)<<dayBits | day,
	}
	if strings.HasPrefix(b.Reason, expired) {
		e.at = 0
	}
	return e
}

func (e entry) rank() rank  { return rank(e.tag >> dayBits) }
func (e entry) day() uint32 { return e.tag & (1<<dayBits - 1) }

// until is the time from which on the blob can no longer be listed.
func until(b schemas.Blob) time.Time {
	if b.Expires.IsZero() {
		return b.At.Add(retention + slack)
	}
	return b.Expires.Add(slack)
}

// news is how much later than what is known an expiry is that changes something. Less may be a service's rounding.
const news = time.Hour

// outlived says whether the expiry given, which may be zero, is later than the ledger's.
func (e entry) outlived(expires time.Time) bool { return seconds(expires.Add(slack-news)) >= e.until }

func seconds(t time.Time) uint32 { return clamp(t.Unix()) }

func timeOf(seconds uint32) time.Time { return time.Unix(int64(seconds), 0).UTC() }

func clamp(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }
