package detect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// telling says for people what a correlation counted: who did what, how often, in how long, from where.
func telling(of *sigma.Correlation, f schemas.Fired, hits []hit) string {
	accounts, addresses := different(hits, func(h hit) string { return h.Actor }), different(hits, func(h hit) string { return h.Address })
	what := happened(of, hits)
	within := lasting(f.Last.Sub(f.First))
	switch {
	case f.Update > 0:
		what = fmt.Sprintf("by now %d events within %s, the newest: %s", f.Count, within, what)
	case f.Count > 1:
		what += fmt.Sprintf(" (%d events within %s)", f.Count, within)
	}
	for i, name := range of.GroupBy {
		what += shared(name, phrase(f.Group[i]), slices.Concat(accounts, addresses))
	}
	if len(addresses) > 0 {
		what += ", from " + listed(addresses)
	}
	return title(&of.About) + ": " + what
}

// happened says who did what, in the order in which it came; who did it is said where it is somebody else.
func happened(of *sigma.Correlation, hits []hit) string {
	var parts []string
	last := ""
	for _, did := range different(hits, whatOf) {
		who := listed(different(hits, func(h hit) string {
			if whatOf(h) != did {
				return ""
			}
			return h.Actor
		}))
		switch name, ofCorrelation := strings.CutPrefix(did, findingOf); {
		case ofCorrelation && who != last && who != "":
			parts = append(parts, name+" ("+who+")")
		case ofCorrelation:
			parts = append(parts, name)
		case who != last || last == "":
			parts = append(parts, or(who, "somebody")+" "+did)
		default:
			parts = append(parts, did)
		}
		last = who
	}
	if of.Type == sigma.TemporalOrdered {
		return strings.Join(parts, ", then ")
	}
	return strings.Join(parts, ", and ")
}

// findingOf begins what a hit is that another correlation made.
const findingOf = "finding "

func whatOf(h hit) string {
	if h.TypeUID == typeCreate || h.TypeUID == typeUpdate {
		return findingOf + phrase(h.Operation)
	}
	did, _ := deed(h.Operation)
	return did
}

// shared says what the events of a group have in common, save for what is told of them anyway.
func shared(field, value string, told []string) string {
	name := strings.TrimPrefix(field, "derived.")
	if slices.ContainsFunc(told, func(t string) bool { return strings.EqualFold(t, value) }) {
		return ""
	}
	switch lower(name) {
	case "actor", "actor_id", "account", "intersystemsid": // of which IDs are no news
		return ""
	case "mailbox":
		return ", in the mailbox " + value
	case "user_agent", "clientinfostring":
		return `, by the program "` + value + `"`
	case "subject":
		return `, about "` + value + `"`
	}
	return ", " + name[strings.LastIndexByte(name, '.')+1:] + " " + value
}

// listed names the first of several.
func listed(names []string) string {
	var first []string
	for _, n := range names[:min(len(names), maxNamed)] {
		first = append(first, phrase(n))
	}
	list := strings.Join(first, ", ")
	if len(names) > maxNamed {
		list += " and others"
	}
	return list
}

// lasting writes a length of time without units that are zero.
func lasting(d time.Duration) string {
	if d < time.Second {
		return "a second"
	}
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
