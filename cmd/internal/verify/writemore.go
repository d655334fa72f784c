package verify

import (
	"fmt"
	"strings"
)

// deep tells what Microsoft lists and the ledger does not have.
func (p *page) deep(d Deep) {
	p.line("\nCompared with Microsoft's listings of seven days")
	for _, l := range d.Listings {
		p.line("%s  %s", plain(l.Tenant, 36), plain(l.ContentType, 40))
		if l.Problem != "" {
			p.note("FAILED", "it could not be listed: %s", l.Problem)
		}
		p.note("listed", "%s, %d of them not in the ledger, %d in it and not stored", plural(l.Blobs, "blob", "blobs"), len(l.Unknown), len(l.Unsettled))
		p.blobs("UNKNOWN", l.Unknown)
		p.blobs("open", l.Unsettled)
		if l.Recent > 0 {
			p.note("recent", "%s created in the last %s, which a worker may yet have to list", plural(l.Recent, "further blob", "further blobs"), length(recent))
		}
	}
}

func (p *page) blobs(word string, blobs []Unsettled) {
	for _, b := range blobs[:min(mostShown, len(blobs))] {
		state := ""
		if b.State != "" {
			state = ", " + string(b.State) + " in the ledger"
		}
		p.note(word, "created %s%s: %s", clock(b.Created), state, plain(b.ContentID, 200))
	}
	p.rest(len(blobs), 0)
}

// against tells what the export and the topics lack of each other.
func (p *page) against(c Comparison) {
	p.line("\nCompared with %s", plain(c.Export, 60))
	p.note("tenant", "%s", c.Tenant)
	p.note("compared", "%s of the export (%s, %s unreadable) by their ids with all events and rejects received since; "+
		"%s here that happened %s, of its workloads and record types: %s",
		plural(c.Records, "record", "records"), plural(c.Repeats, "repeat", "repeats"), plural(c.Unreadable, "part", "parts"),
		plural(c.Here, "record", "records"), span(c.From, c.To), kindsOf(c.Kinds))
	if c.Foreign > 0 {
		p.note("", "%s of the export of other tenants, left out", plural(c.Foreign, "record", "records"))
	}
	p.note("NOT HERE", "%s of the export", plural(len(c.NotHere), "record", "records"))
	p.lines(c.NotHere, 0)
	if c.BeforeCoverage > 0 {
		p.note("", "%d of them happened before anything of this tenant is covered", c.BeforeCoverage)
	}
	p.note("only here", "%s that the export does not have", plural(len(c.NotThere)+c.Unnamed, "record", "records"))
	p.lines(c.NotThere, c.Unnamed)
	if others := total(c.OtherKinds); others > 0 {
		p.note("beside", "%s here in that time, of workloads and record types that the export has none of: %s",
			plural(others, "record", "records"), kindsOf(c.OtherKinds))
		p.lines(c.Others, others-len(c.Others))
	}
	p.next("before its first", c.Before)
	p.next("after its last", c.After)
}

func total(kinds []KindCount) (n int) {
	for _, k := range kinds {
		n += k.Records
	}
	return n
}

// kindsOf names kinds, each with how many records there are of it.
func kindsOf(kinds []KindCount) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = fmt.Sprintf("%s type %s (%d)", plain(k.Workload, 40), plain(k.RecordType, 20), k.Records)
	}
	return strings.Join(names, ", ")
}

// next names the records beyond an edge of an export.
func (p *page) next(where string, list []Line) {
	if len(list) > 0 {
		p.note("beyond", "%s here that happened next %s one: the export lacks them, or was not asked for their time",
			plural(len(list), "record", "records"), where)
		p.lines(list, 0)
	}
}

func (p *page) lines(list []Line, unnamed int) {
	for _, l := range list[:min(mostShown, len(list))] {
		p.note("", "%s  %s  %s", clock(l.Time), plain(l.ID, 100), plain(l.Operation, 60))
	}
	p.rest(len(list), unnamed)
}
