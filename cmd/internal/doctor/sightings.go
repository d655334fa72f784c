package doctor

import (
	"context"
	"fmt"
	"strings"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// newest is how many events of each partition are looked at.
const newest = 1000

// Sighting is what there was among the newest events of a tenant.
type Sighting struct {
	Events   int
	Mailbox  int  // of them, those of Audit.Exchange
	Defender bool // one of Defender for Office 365
	Move     bool // the mailbox action of that name
	Search   bool // the mailbox action SearchQueryInitiated
}

// Sightings looks at the newest events of all tenants, by their headers alone. Tenants are by ID in lower case.
func Sightings(ctx context.Context, cluster *kafka.Cluster) (map[string]Sighting, error) {
	seen := map[string]Sighting{}
	read := kafka.Read{Topic: schemas.TopicEvents, From: kafka.Earliest().Newest(newest)}
	err := cluster.Read(ctx, read, func(m schemas.Message) error {
		id := strings.ToLower(m.Header(schemas.HeaderTenant))
		s := seen[id]
		s.take(m.Header(schemas.HeaderSource), m.Header(schemas.HeaderOperation))
		seen[id] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest events: %w", err)
	}
	return seen, nil
}

func (s *Sighting) take(source, operation string) {
	s.Events++
	if strings.EqualFold(source, "Audit.Exchange") {
		s.Mailbox++
		s.Move = s.Move || operation == "Move"
		// The records of the action are called SearchQueryInitiatedExchange.
		s.Search = s.Search || strings.HasPrefix(operation, "SearchQueryInitiated")
	}
	for _, name := range defender {
		s.Defender = s.Defender || strings.HasPrefix(operation, name)
	}
}

// defender are the operations of Defender for Office 365: mail that it scanned, links that were followed, files, and
// its investigations.
// https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
var defender = []string{"TIMailData", "TIUrlClickData", "AtpDetection", "AirInvestigationData"}

// The mailbox actions that detections want, off by default, and what customizing them means.
// https://learn.microsoft.com/purview/audit-mailboxes
const managed = "This takes the logon types that it names out of the default set that Microsoft manages: what Microsoft adds to the set later " +
	"has to be added by hand. It is undone, for a mailbox, by\n    Set-Mailbox -Identity USER@DOMAIN -DefaultAuditSet Admin,Delegate,Owner"

const moveFix = "in Exchange Online PowerShell, for every mailbox:\n" +
	"    Get-Mailbox -ResultSize Unlimited | Set-Mailbox -AuditOwner @{Add=\"Move\"} -AuditDelegate @{Add=\"Move\"} -AuditAdmin @{Add=\"Move\"}\n" + managed

const searchFix = "in Exchange Online PowerShell, for every mailbox whose user is licensed for it (Microsoft 365 E5, or Purview Audit Premium):\n" +
	"    Get-Mailbox -ResultSize Unlimited | Set-Mailbox -AuditOwner @{Add=\"SearchQueryInitiated\"}\n" + managed

// Actions judges whether the records arrive that detections want and that a tenant may not have.
func (s Sighting) Actions() []Check {
	const defender, move, search = "Defender records", "mailbox action Move", "mailbox search"
	if s.Events == 0 {
		return []Check{skipped(defender, "no event has come yet"), skipped(move, "no event has come yet"), skipped(search, "no event has come yet")}
	}
	among := "the newest " + number(s.Events) + " " + plural(s.Events, "event")
	out := []Check{ok(defender, "there are records of Defender for Office 365 among %s", among)}
	if !s.Defender {
		out[0] = warning(defender, "they come with Audit.General where users have Defender for Office 365 (Plan 1 or 2, or Microsoft 365 E5); without it there is nothing to mend",
			"no record of Defender for Office 365 is among %s: mail that it scanned, links that were followed", among)
	}
	if s.Mailbox == 0 {
		return append(out, skipped(move, "no event of Audit.Exchange is among %s", among), skipped(search, "no event of Audit.Exchange is among %s", among))
	}
	return append(out,
		action(move, "Move", "messages that are moved, as a rule of an intruder's does", moveFix, s.Move, s.Mailbox),
		action(search, "SearchQueryInitiated", "what somebody looks for in a mailbox", searchFix, s.Search, s.Mailbox))
}

func action(check, name, tells, fix string, seen bool, mailbox int) Check {
	if seen {
		return ok(check, "%s is recorded", name)
	}
	return warning(check, fix, "%s is not among the newest %s %s of mailboxes: it tells %s, and is off unless it was turned on", name, number(mailbox), plural(mailbox, "event"), tells)
}
