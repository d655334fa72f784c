package schemas

// The priority tags. They stand in a tagged event's metadata.labels and in the header "tags".
const (
	EmailRuleModification       = "EmailRuleModification"
	MailboxSettingsModification = "MailboxSettingsModification"
	LogonAttempt                = "LogonAttempt"
	MailboxAccessDelegated      = "MailboxAccessDelegated"
	MailboxFolderPermissions    = "MailboxFolderPermissions"
)

// PriorityTags lists the priority tags.
var PriorityTags = []string{
	EmailRuleModification, MailboxSettingsModification, LogonAttempt, MailboxAccessDelegated, MailboxFolderPermissions,
}

// Triage says what to do with a threat.
type Triage string

// The triage values.
const (
	TriageFinding  Triage = "finding"  // a rule fired
	TriagePriority Triage = "priority" // a tagged event that an analyst may want to see
	TriageNoise    Triage = "noise"    // a tagged event that a service makes by the thousand
)

// Triages lists the triage values, the one that matters most first.
var Triages = []Triage{TriageFinding, TriagePriority, TriageNoise}

// Threat is what detection says of an event: the event itself with its tags, or a finding.
type Threat struct {
	Kind   string   // KindEvent or KindFinding
	Tags   []string // priority tags, in the order of PriorityTags
	Triage Triage
	Rule   string // rule ID of a finding
	Value  []byte // OCSF JSON: the tagged event, or a Detection Finding
}
