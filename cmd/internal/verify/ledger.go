package verify

import (
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// period is what is looked at.
type period struct{ start, now time.Time }

// has says whether something belongs to the period: it was created on one of its days, or came about in it. What is lost
// because it expired was created seven days before.
func (p period) has(day int32, at time.Time) bool {
	return day >= dayNumber(p.start) || !at.Before(p.start.Truncate(time.Hour))
}

// summary gives what the ledger says of each feed in a period.
func (b *book) summary(p period) map[feedKey]*Feed {
	all := map[feedKey]*Feed{}
	of := func(k feedKey) *Feed {
		if all[k] == nil {
			all[k] = &Feed{ContentType: k.contentType, Losses: []Loss{}, Waiting: []Pending{}}
		}
		return all[k]
	}
	counted := map[feedDay]Feed{}
	b.count(p, of, counted)
	b.name(p, of, counted)
	b.closed(p, of, counted)
	for _, f := range all {
		f.Listed = f.Stored + f.Pending + f.Lost
		slices.SortFunc(f.Waiting, func(a, b Pending) int { return a.Expires.Compare(b.Expires) })
	}
	return all
}

// feedDay is a day of a feed.
type feedDay struct {
	feedKey
	day int32
}

// count counts the blobs that are stored, and all records, also by day.
func (b *book) count(p period, of func(feedKey) *Feed, days map[feedDay]Feed) {
	for _, l := range b.blobs {
		k := b.feeds[l.feed]
		if !p.has(l.day, time.Unix(int64(l.at)*3600, 0)) {
			continue
		}
		f, on := of(k), feedDay{k, l.day}
		d := days[on]
		d.Records += int(l.records)
		f.Records += int(l.records)
		if l.state == stored {
			d.Stored++
			f.Stored++
		}
		days[on] = d
	}
}

// name tells of the blobs that are lost or pending. One that has expired is lost, whoever has yet to write so.
func (b *book) name(p period, of func(feedKey) *Feed, days map[feedDay]Feed) {
	lost := map[feedKey][]schemas.Blob{}
	for _, blob := range b.open {
		k := feedKey{strings.ToLower(blob.Tenant), blob.ContentType}
		if blob.State == schemas.BlobListed && blob.Expires.Before(p.now) {
			blob.State, blob.Reason, blob.At = schemas.BlobLost, expired, blob.Expires
		}
		on := feedDay{k, dayNumber(blob.Created)}
		switch {
		case blob.State == schemas.BlobListed:
			f := of(k)
			f.Pending++
			f.Waiting = append(f.Waiting, Pending{blob.ContentID, blob.Created.UTC(), blob.At.UTC(), blob.Expires.UTC()})
		case p.has(on.day, blob.At):
			lost[k] = append(lost[k], blob)
			d := days[on]
			d.Lost++
			days[on] = d
		}
	}
	for k, blobs := range lost {
		f := of(k)
		f.Lost, f.Losses = len(blobs), lossesOf(blobs)
	}
}

// closed adds what the summaries of days say that the entries of blobs do not: those of a day that is final are deleted
// some days later.
func (b *book) closed(p period, of func(feedKey) *Feed, counted map[feedDay]Feed) {
	for _, d := range b.days {
		on, err := time.Parse(time.DateOnly, d.Day)
		if err != nil || !d.Final || dayNumber(on) < dayNumber(p.start) {
			continue
		}
		k := feedKey{strings.ToLower(d.Tenant), d.ContentType}
		f, was := of(k), counted[feedDay{k, dayNumber(on)}]
		f.Stored += max(0, d.Stored-was.Stored)
		f.Records += max(0, d.Records-was.Records)
		if n := d.Lost - was.Lost; n > 0 {
			f.Lost += n
			f.Losses = append(f.Losses, Loss{From: on, To: on.Add(day), Blobs: n, Reason: gone})
			byTime(f.Losses)
		}
	}
}

// covered gives the spans that were listed to the end, by feed.
func (b *book) covered() map[feedKey][]schemas.Span {
	spans := map[feedKey][]schemas.Span{}
	for _, d := range b.days {
		k := feedKey{strings.ToLower(d.Tenant), d.ContentType}
		spans[k] = append(spans[k], d.Covered...)
	}
	return spans
}
