package ingest

import (
	"time"

	"ualstream/schemas"
)

// past names the first day that is not over: something of it may still be listed.
func past(now time.Time) string { return schemas.DayOf(now.Add(-retention - slack)) }

// thaw opens the days again that were made final before their time, by a process whose clock was ahead, and counts their
// blobs anew. Where the ledger does not have all of these any more, it is our clock that is wrong, and the day stays.
func (l *Ledger) thaw(now time.Time) {
	open, past := map[uint32]*day{}, past(now)
	for number, sum := range l.days.all {
		if sum != nil && sum.is.Final && sum.is.Day >= past {
			open[uint32(number)] = &day{changed: true, is: schemas.Day{
				Tenant: sum.is.Tenant, ContentType: sum.is.ContentType, Day: sum.is.Day, Covered: sum.is.Covered,
			}}
		}
	}
	if len(open) == 0 {
		return
	}
	for _, e := range l.blobs {
		if sum := open[e.day()]; sum != nil {
			sum.count(e, 1)
		}
	}
	for number, sum := range open {
		if !outweighs(l.days.all[number].is, sum.is) {
			l.days.all[number] = sum
		}
	}
}
