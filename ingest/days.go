package ingest

import (
	"cmp"
	"slices"
	"time"

	"ualstream/schemas"
)

// days are the sums of the blobs by tenant, content type and day. One that is not final is the sum of the blobs in the
// ledger, and its entry in the topic adds only what was covered: no blob of it has a tombstone yet. One that is final
// stays what it was, whatever is still read of its blobs: these may have tombstones, or be gone.
type days struct {
	all     []*day // by number; the first is none, and so are those that were put away
	numbers map[dayName]uint32
	finals  map[id]bool // those that were put away
}

type dayName struct{ tenant, contentType, day string }

// day is one sum.
type day struct {
	is      schemas.Day
	changed bool // it differs from what Take was last given of it
	written bool // Take was given it as final
}

func newDays() days {
	return days{all: make([]*day, 1), numbers: map[dayName]uint32{}, finals: map[id]bool{}}
}

// number gives the number of a day, 0 for one that was put away.
func (d *days) number(tenant, contentType, name string) uint32 {
	n := dayName{tenant, contentType, name}
	if known, ok := d.numbers[n]; ok {
		return known
	}
	is := schemas.Day{Tenant: tenant, ContentType: contentType, Day: name}
	if d.finals[idOfDay(is)] {
		return 0
	}
	d.all = append(d.all, &day{is: is})
	d.numbers[n] = uint32(len(d.all) - 1)
	return d.numbers[n]
}

// fixed says whether the sum of that number does not change any more.
func (d *days) fixed(number uint32) bool { return d.all[number] == nil || d.all[number].is.Final }

// move counts a blob that was in one state and is in another.
func (d *days) move(was, is entry) {
	if !d.fixed(is.day()) {
		d.all[is.day()].count(was, -1)
		d.all[is.day()].count(is, 1)
	}
}

func (d *day) count(e entry, n int) {
	switch e.rank() {
	case unknown:
		return
	case listed:
		d.is.Listed += n
	case lost:
		d.is.Lost += n
	case stored:
		d.is.Stored += n
	}
	d.is.Records += n * int(e.records)
	d.changed = true
}

// take takes what the topic says of a day. What is final stays final: another entry after it was written by a process
// that was slow to die, and is to be replaced. So is what such a process has made final without knowing all blobs.
func (d *days) take(given schemas.Day) {
	sum := d.all[d.number(given.Tenant, given.ContentType, given.Day)]
	switch {
	case sum == nil:
	case given.Final && !outweighs(sum.is, given):
		*sum = day{is: given, written: true}
	case sum.is.Final:
		sum.changed = true
	default:
		sum.is.Covered = union(slices.Concat(sum.is.Covered, given.Covered))
		sum.changed = !same(sum.is, given)
	}
}

// outweighs says whether one sum of a day comes of knowing more than another.
func outweighs(a, b schemas.Day) bool {
	return cmp.Or(cmp.Compare(a.Listed+a.Stored+a.Lost, b.Listed+b.Stored+b.Lost), cmp.Compare(a.Stored, b.Stored)) > 0
}

// same says whether two entries of a day say the same.
func same(a, b schemas.Day) bool {
	return a.Listed == b.Listed && a.Stored == b.Stored && a.Lost == b.Lost && a.Records == b.Records &&
		a.Final == b.Final && sameSpans(a.Covered, b.Covered)
}

// cover notes that a span was listed to the end.
func (d *days) cover(tenant, contentType string, s schemas.Span) {
	for _, part := range byDay(s) {
		sum := d.all[d.number(tenant, contentType, schemas.DayOf(part.From))]
		if sum == nil || sum.is.Final {
			continue
		}
		covered := union(append(slices.Clone(sum.is.Covered), part))
		sum.changed = sum.changed || !sameSpans(covered, sum.is.Covered)
		sum.is.Covered = covered
	}
}

// finish makes the days final of which nothing can be listed any more and no blob is pending.
func (d *days) finish(now time.Time) {
	past := past(now)
	for _, sum := range d.all {
		if sum != nil && !sum.is.Final && sum.is.Listed == 0 && sum.is.Day < past {
			sum.is.Final, sum.changed = true, true
		}
	}
}

// changed gives the days that are to be written. What they cover ends now: something else was said by a clock that was
// wrong.
func (d *days) changed(now time.Time) (all []schemas.Day) {
	for _, sum := range d.all {
		if sum == nil {
			continue
		}
		if passed := before(sum.is.Covered, now); !sum.is.Final && !sameSpans(passed, sum.is.Covered) {
			sum.is.Covered, sum.changed = passed, true
		}
		if sum.changed {
			is := sum.is
			is.At, is.Covered = now, slices.Clone(is.Covered)
			all = append(all, is)
		}
	}
	slices.SortFunc(all, func(a, b schemas.Day) int { return cmp.Compare(a.Key(), b.Key()) })
	return all
}

// keepDays is for how long a final day's sum is held, to be written again where a process that was slow to die has
// overwritten it. After that it is only known to be final.
const keepDays = 31 * 24 * time.Hour

// shrink puts away the days that were final long ago.
func (d *days) shrink(now time.Time) {
	old := schemas.DayOf(now.Add(-keepDays))
	for number, sum := range d.all {
		if sum != nil && sum.written && !sum.changed && sum.is.Day < old {
			d.finals[idOfDay(sum.is)] = true
			delete(d.numbers, dayName{sum.is.Tenant, sum.is.ContentType, sum.is.Day})
			d.all[number] = nil
		}
	}
}

// Days gives the days that are to be written to the ledger topic, because they differ from what Take was last given of
// them, in the order of their keys. Take is to be given what was written; until then it is given again. A day is final
// once nothing of it can be listed any more, some hours after seven days after its end, and no blob of it is pending;
// then nothing of it changes any more.
func (l *Ledger) Days(now time.Time) []schemas.Day {
	l.mu.Lock()
	defer l.mu.Unlock()
	now = now.Add(-l.ahead).UTC().Round(0)
	l.thaw(now)
	l.days.finish(now)
	return l.days.changed(now)
}

// Final says whether the topic has a day's final sum, so that the entries of its blobs are not needed for it any more.
func (l *Ledger) Final(tenant, contentType, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number, ok := l.days.numbers[dayName{tenant, contentType, name}]; ok {
		return l.days.all[number].written
	}
	return l.days.finals[idOf(tenant, contentType, name)]
}
