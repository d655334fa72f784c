package verify

import (
	"fmt"
	"io"
	"time"
)

// mostShown is how many records or blobs of one kind are named; the JSON names them all.
const mostShown = 30

// Write renders a report for people. No line is longer than 79 characters, times are in UTC, and nothing but plain text is
// in it, whatever the topics hold. The last line is the verdict.
func Write(w io.Writer, r Report) error {
	p := &page{}
	title := fmt.Sprintf("Complete? Since %s UTC (%s)", clock(r.Since), length(r.At.Sub(r.Since)))
	p.line("%s%*s", title, columns-len(title), r.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	for _, t := range r.Tenants {
		p.tenant(t, r.At)
	}
	if len(r.Tenants) == 0 {
		p.line("\nNo tenant is known: 'ualstream connect TENANT' connects one.")
	}
	p.records(r.Records)
	p.trouble(r)
	if r.Deep != nil {
		p.deep(*r.Deep)
	}
	if r.Against != nil {
		p.against(*r.Against)
	}
	if len(r.Parts) > 0 {
		p.line("\nMissing")
	}
	for _, part := range r.Parts {
		p.line("%8d %s", part.Count, part.What)
	}
	p.line("\n%s", r.Verdict())
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) tenant(t Tenant, now time.Time) {
	title := plain(t.ID, 36)
	if t.Name != "" {
		title = plain(t.Name, columns-62) + "  " + title
	}
	if !t.Connected {
		title += "  (from the ledger)"
	}
	p.line("\n%s", title)
	const row = "%-26s %10s %10s %8s %8s"
	p.line(row+" %12s", "BLOBS", "LISTED", "STORED", "PENDING", "LOST", "RECORDS")
	for _, f := range t.Feeds {
		p.line(row+" %12s", plain(f.ContentType, 26), fmt.Sprint(f.Listed), fmt.Sprint(f.Stored), fmt.Sprint(f.Pending), fmt.Sprint(f.Lost), fmt.Sprint(f.Records))
	}
	p.line(row, "RECORDS", "DISTINCT", "EVENTS", "REJECTS", "NEITHER")
	for _, f := range t.Feeds {
		p.line(row, plain(f.ContentType, 26), fmt.Sprint(f.Raw), fmt.Sprint(f.Events), fmt.Sprint(f.Rejects), fmt.Sprint(f.Neither))
	}
	for _, f := range t.Feeds {
		p.feed(f, now)
	}
}

// feed tells what the tables do not: the time that is covered, and each loss.
func (p *page) feed(f Feed, now time.Time) {
	p.line("%s", plain(f.ContentType, columns))
	switch {
	case f.CoveredSince.IsZero() && f.Wanted:
		p.note("covered", "nothing so far; a worker writes it every 15 minutes, and when it stops")
	case f.CoveredSince.IsZero():
		p.note("covered", "nothing, and it is not watched")
	case f.Wanted:
		p.note("covered", "from %s to %s", clock(f.CoveredSince), clock(f.CoveredUntil))
	default:
		p.note("covered", "from %s to %s; it is not known to be watched now", clock(f.CoveredSince), clock(f.CoveredUntil))
	}
	for _, g := range f.Gaps {
		p.gap(g, now)
	}
	for _, l := range f.Losses {
		kept := ""
		if l.Records > 0 {
			kept = fmt.Sprintf(" (%s of them stored)", plural(l.Records, "record", "records"))
		}
		p.note("LOST", "%s created %s%s: %s", plural(l.Blobs, "blob", "blobs"), span(l.From, l.To), kept, l.Reason)
	}
	if n := len(f.Waiting); n > 0 {
		oldest := f.Waiting[0].Listed
		for _, w := range f.Waiting {
			if w.Listed.Before(oldest) {
				oldest = w.Listed
			}
		}
		p.note("pending", "%s, for %s at most; the first expires %s, in %s", plural(n, "blob", "blobs"), length(now.Sub(oldest)),
			clock(f.Waiting[0].Expires), length(f.Waiting[0].Expires.Sub(now)))
	}
}

func (p *page) gap(g Gap, now time.Time) {
	until := "Microsoft does not list all of it any more"
	if now.Before(g.Until) {
		until = "a worker that runs lists it, as Microsoft does until " + clock(g.Until)
	}
	p.note("GAP", "%s (%s): %s", span(g.From, g.To), length(g.To.Sub(g.From)), until)
}

// records tells which records are missing, and how that was found.
func (p *page) records(r Records) {
	p.line("\nRecords")
	for _, one := range r.Neither[:min(mostShown, len(r.Neither))] {
		p.note("NEITHER", "%s %s, received %s, tenant %s, at %d/%d", plain(one.Key, 100), plain(one.ContentType, 40), clock(one.Received),
			plain(one.Tenant, 40), one.Partition, one.Offset)
	}
	p.rest(len(r.Neither), r.Unnamed)
	for _, one := range r.Repeated[:min(mostShown, len(r.Repeated))] {
		p.note("REPEATED", "event %s of tenant %s is there %d times", plain(one.UID, 100), plain(one.Tenant, 40), one.Times)
	}
	p.rest(len(r.Repeated), 0)
	if r.NotNormalized > 0 {
		p.note("waiting", "%d messages of the raw topic are not yet normalized, and not looked at", r.NotNormalized)
	}
	rate := int64(0)
	if r.Seconds > 0 {
		rate = int64(float64(r.Read) / r.Seconds)
	}
	p.note("compared", "%d messages in %.1fs (%d/s)", r.Read, r.Seconds, rate)
}

// trouble tells what concerns no tenant's feed.
func (p *page) trouble(r Report) {
	if len(r.Skipped)+len(r.Unread)+len(r.Damaged) == 0 {
		return
	}
	p.line("\nTopics")
	for _, s := range r.Skipped {
		p.note("SKIPPED", "%s/%d from offset %d up to %d, by %s %s: %s", plain(s.Topic, 40), s.Partition, s.From, s.To, plain(s.Stage, 20), clock(s.At), s.Reason)
	}
	for _, u := range r.Unread {
		p.note("UNREAD", "%s/%d from offset %d up to %d cannot be decoded: %s", plain(u.Topic, 40), u.Partition, u.From, u.To, u.Problem)
	}
	for _, d := range r.Damaged[:min(mostShown, len(r.Damaged))] {
		p.note("DAMAGED", "entry %d/%d of the ledger: %s", d.Partition, d.Offset, d.Problem)
	}
	p.rest(len(r.Damaged), 0)
	if len(r.Damaged) > 0 {
		p.note("", "a worker writes anew what is known of a blob that Microsoft still lists, and of its day; "+
			"any other entry goes with a message of its key and of no value (a tombstone)")
	}
}
