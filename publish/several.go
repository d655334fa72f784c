package publish

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// mostSeveral is how many of several accounts, mailboxes or addresses a line names.
const mostSeveral = 3

// isOfSeveral says whether a finding tells of several events, as a correlation's does, and not of one.
func isOfSeveral(finding gjson.Result) bool {
	uid := finding.Get("finding_info.uid").Str
	return uid != "" && uid == finding.Get("metadata.correlation_uid").Str
}

// severalLine gives the words of a finding that tells of several events: who, what and how often, to which mailboxes,
// from where.
func severalLine(finding gjson.Result, title string) (words []string) {
	info := finding.Get("finding_info")
	took := time.Duration(info.Get("last_seen_time").Int()-info.Get("first_seen_time").Int()) * time.Millisecond
	words = append(words, severalOf(namesOf(finding, "Account"), "(nobody named)", 64), phrase(title, "(no title)"),
		fmt.Sprintf("%d hits in %s", info.Get("related_events_count").Int(), brief(took)))
	if n := finding.Get("metadata.sequence").Int(); n > 0 {
		words = append(words, fmt.Sprintf("(update %d)", n))
	}
	var mailboxes, addresses []string
	for _, name := range namesOf(finding, "Mailbox") {
		mailboxes = append(mailboxes, name[strings.LastIndexByte(name, '/')+1:])
	}
	if named := severalOf(mailboxes, "", 64); named != "" {
		words = append(words, "mailbox "+named)
	}
	const ipAddress = 2 // OCSF 1.8.0, observable.type_id
	for _, o := range elements(finding.Get("observables")) {
		if o.Get("type_id").Int() == ipAddress {
			addresses = append(addresses, o.Get("value").Str)
		}
	}
	if named := severalOf(addresses, "", 45); named != "" {
		words = append(words, "from "+named)
	}
	return words
}

// namesOf gives the names of a finding's resources of a type.
func namesOf(finding gjson.Result, kind string) (names []string) {
	for _, r := range elements(finding.Get("resources")) {
		if r.Get("type").Str == kind {
			names = append(names, r.Get("name").Str)
		}
	}
	return names
}

// severalOf names the first of several, each cut after so many characters.
func severalOf(names []string, otherwise string, most int) string {
	if len(names) == 0 {
		return otherwise
	}
	var words []string
	for _, name := range names[:min(len(names), mostSeveral)] {
		words = append(words, word(name, most))
	}
	text := strings.Join(words, ", ")
	if more := len(names) - mostSeveral; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// brief gives a length of time in its largest two units: 6m30s, 2h5m, 3d.
func brief(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	default:
		return d.Truncate(time.Second).String()
	}
}
