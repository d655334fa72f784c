package doctor

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

const checkAuditing = "auditing"

const (
	// quiet is how long a content type of a tenant with users is rarely without any record.
	quiet = 24 * time.Hour
	// lateHere is a delay of ours that people notice.
	lateHere = time.Hour
)

// TurnAuditingOn says how auditing is turned on.
// https://learn.microsoft.com/purview/audit-log-enable-disable
const TurnAuditingOn = "turn auditing on in Exchange Online PowerShell, with the role Audit Logs; it takes up to 60 minutes, and what happened " +
	"before is not recorded. Then run 'ualstream connect' again:\n" +
	"    Connect-ExchangeOnline\n" +
	"    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true"

const seeAuditing = "see whether it is on, in Exchange Online PowerShell (Security & Compliance PowerShell always says False):\n" +
	"    Get-AdminAuditLogConfig | Format-List UnifiedAuditLogIngestionEnabled"

// IsAuditingOff says whether a start was refused because auditing was never turned on.
func IsAuditingOff(err error) bool {
	answer, ok := errors.AsType[*o365.Error](err)
	return errors.Is(err, errNoAudit) || ok && strings.Contains(answer.Code+answer.Message, "DataServiceException: Tenant")
}

// errNoAudit is what IsAuditingOff remembers of an answer.
var errNoAudit = errors.New("auditing was never turned on in the tenant")

func auditingOff() Check {
	return failed(checkAuditing, TurnAuditingOn, "auditing was never turned on in the tenant: Microsoft records nothing, and lets nobody subscribe")
}

// StatesOf gives the states of subscriptions as a status report has them.
func StatesOf(subscriptions []o365.Subscription) map[string]string {
	states := map[string]string{}
	for _, s := range subscriptions {
		name := s.ContentType
		if known, err := schemas.ContentType(name); err == nil {
			name = known
		}
		states[name] = status.Disabled
		if s.Enabled() {
			states[name] = status.Enabled
		}
	}
	return states
}

// Feeds judges a tenant's subscriptions, and from them whether auditing is on. Refused is what the last start of a
// subscription that there is not was answered, nil where there was none or all went well. Rows are the tenant's of the
// status report; nil where Kafka could not be read, so that nothing is known of content.
func Feeds(tenant schemas.Tenant, states map[string]string, refused error, rows []status.Subscription, now time.Time) []Check {
	if IsAuditingOff(refused) {
		out := []Check{auditingOff()}
		for _, t := range tenant.ContentTypes {
			out = append(out, skipped(t, "cannot be started before auditing is on"))
		}
		return out
	}
	out := []Check{auditing(states, rows, now)}
	for _, t := range tenant.ContentTypes {
		out = append(out, feed(tenant.ID, t, states[t], refused, rows, now))
	}
	return out
}

func rowOf(rows []status.Subscription, contentType string) *status.Subscription {
	for i := range rows {
		if rows[i].ContentType == contentType {
			return &rows[i]
		}
	}
	return nil
}

// auditing judges by whether content comes. A tenant where it is off keeps its subscriptions.
func auditing(states map[string]string, rows []status.Subscription, now time.Time) Check {
	var last time.Time
	for _, r := range rows {
		if r.LastContent.After(last) {
			last = r.LastContent
		}
	}
	switch {
	case len(states) == 0:
		return skipped(checkAuditing, "is seen when the first subscription is started")
	case rows == nil:
		return ok(checkAuditing, "it was turned on at some time, as there are subscriptions; whether records come cannot be read from Kafka")
	case last.IsZero():
		return ok(checkAuditing, "it was turned on at some time, as there are subscriptions; no record has come yet")
	case now.Sub(last) > quiet:
		return warning(checkAuditing, seeAuditing, "no content type has had a record for %s: auditing may have been turned off, or no worker fetches", ago(now.Sub(last)))
	}
	return ok(checkAuditing, "records come, the newest content is %s old", ago(now.Sub(last)))
}

func feed(tenant, contentType, state string, refused error, rows []status.Subscription, now time.Time) Check {
	again, row := "ualstream connect "+tenant, rowOf(rows, contentType)
	switch {
	case state == status.Disabled:
		return failed(contentType, "start it again; what happened while it was disabled can never be fetched:\n    "+again,
			"an administrator, or somebody with the app's credential, has disabled the subscription")
	case state != status.Enabled && refused != nil:
		return failed(contentType, "mend that, and start it not before 15 minutes have passed:\n    "+again, "the subscription could not be started: %v", refused)
	case state != status.Enabled:
		return failed(contentType, "start it; what happens before can never be fetched:\n    "+again, "there is no subscription")
	case rows == nil:
		return ok(contentType, "enabled; what has come of it cannot be read from Kafka")
	case row == nil || row.LastContent.IsZero():
		return warning(contentType, "wait up to 12 hours after the first start; then see that a worker runs with the stage ingest, and that auditing is on",
			"enabled, and no content has come yet")
	case now.Sub(row.LastContent) > quiet:
		return warning(contentType, "see that a worker runs with the stage ingest; a tenant without users may have nothing to tell", "enabled, and no content for %s", ago(now.Sub(row.LastContent)))
	case row.Ours > lateHere:
		return warning(contentType, "see the stages above, and give the workers more --quota or more processes",
			"enabled; records arrive %s after Microsoft offers them", ago(row.Ours))
	}
	return ok(contentType, "enabled; newest content %s old, %s records in 24 hours; Microsoft took %s, we %s",
		ago(now.Sub(row.LastContent)), number(row.Records24h), ago(row.Microsoft), ago(row.Ours))
}

// Losses judges what the ledger says cannot be had.
func Losses(rows []status.Subscription, ledger string) Check {
	total, parts := 0, []string(nil)
	for _, r := range rows {
		if r.Lost > 0 {
			total += r.Lost
			parts = append(parts, fmt.Sprintf("%s %d", r.ContentType, r.Lost))
		}
	}
	if total == 0 {
		return ok("losses", "the ledger knows of none in seven days")
	}
	return warning("losses", "the topic "+ledger+" tells the reason of each; what a worker can still have it tries again when it starts",
		"content blobs that could not be fetched, or not be read to their end, in seven days: %s", strings.Join(parts, ", "))
}

// ago gives a length of time in the precision that matters to people.
func ago(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Second:
		return "under a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return days(d)
}

// number writes a count with commas between thousands.
func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
