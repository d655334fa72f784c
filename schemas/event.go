package schemas

// OCSFVersion is the OCSF version of every event and finding.
const OCSFVersion = "1.8.0"

// Names that ualstream uses in an event's metadata.tags, so that what every consumer needs stands in one place
// whatever the event's class is.
const (
	// TagAccount is the user whose account or mailbox the event is about; for service identities (UserType 3
	// and 4, NT AUTHORITY) the record's ObjectId, unless they report a finding about a user. Events are keyed on tenant and account.
	TagAccount = "account"
	// TagMailbox is the mailbox that it was done to, as the record names it.
	TagMailbox = "mailbox"
	// TagTime says "unreadable" where CreationTime was absent or no time, and `time` is when Microsoft offered
	// the record, or when it was received.
	TagTime = "time"
	// TagEncoding says "repaired" where bytes of the record were no UTF-8 and were replaced by U+FFFD.
	TagEncoding = "encoding"
	// TagTriage is a threat's triage, see the Triage constants.
	TagTriage = "triage"
)
