package detect

import "slices"

// danger is why some parameters of some operations are worth a look even when a service used them.
type danger struct {
	why        string
	parameters []string
	operations []string // nil: all operations
}

// dangers is the one table of risky parameters. What meets the condition of a conditional row is risky too
// and is not repeated here. Mailbox permissions are not here: Exchange itself grants FullAccess on discovery
// mailboxes all day.
var dangers = []danger{
	{"mail leaves for another address", []string{
		"ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "RedirectToRecipients", "ForwardingAddress",
		"ForwardingSmtpAddress", "DeliverToMailboxAndForward", "BlindCopyTo", "CopyTo", "RedirectMessageTo",
		"AddToRecipients", "JournalEmailAddress",
	}, nil},
	{"an inbox rule hides or destroys mail, or picks it out by its words", []string{
		"DeleteMessage", "SoftDeleteMessage", "PermanentDelete", "MarkAsRead", "MoveToFolder", "CopyToFolder",
		"StopProcessingRules", "SubjectContainsWords", "BodyContainsWords", "SubjectOrBodyContainsWords", "From", "Name",
	}, []string{"New-InboxRule", "Set-InboxRule"}},
	{"a sweep rule moves or deletes mail", []string{
		"Sender", "SourceFolder", "DestinationFolder", "KeepForDays", "KeepLatest",
	}, []string{"New-SweepRule", "Set-SweepRule"}},
	{"a mail-flow rule drops mail, lets spam through, or is switched", []string{
		"DeleteMessage", "SetSCL", "Mode", "Enabled",
	}, []string{"New-TransportRule", "Set-TransportRule"}},
	{"auditing is turned down, evidence is no longer kept, or the mailbox takes other mail or another form", []string{
		"AuditEnabled", "AuditOwner", "AuditDelegate", "AuditAdmin", "AuditLogAgeLimit", "DefaultAuditSet",
		"GrantSendOnBehalfTo", "MessageCopyForSentAsEnabled", "HiddenFromAddressListsEnabled",
		"LitigationHoldEnabled", "EmailAddresses", "Type",
	}, []string{"Set-Mailbox"}},
	{"auditing of an actor stops", []string{"AuditBypassEnabled"}, []string{"Set-MailboxAuditBypassAssociation"}},
	{"a protocol without modern sign-in opens, or a device is let in", []string{
		"ImapEnabled", "PopEnabled", "ActiveSyncEnabled", "MAPIEnabled", "OWAEnabled", "EwsEnabled",
		"SmtpClientAuthenticationDisabled", "ActiveSyncAllowedDeviceIDs", "UniversalOutlookEnabled",
	}, []string{"Set-CASMailbox"}},
	{"a sender is trusted or hidden", []string{
		"TrustedSendersAndDomains", "BlockedSendersAndDomains",
	}, []string{"Set-MailboxJunkEmailConfiguration"}},
	{"the mailbox answers in the owner's name", []string{
		"AutoReplyState", "ExternalAudience", "ExternalMessage", "InternalMessage",
	}, []string{"Set-MailboxAutoReplyConfiguration"}},
	{"a delegate acts for the mailbox", []string{
		"ResourceDelegates", "ForwardRequestsToDelegates",
	}, []string{"Set-CalendarProcessing"}},
	{"a role may open every mailbox", []string{"Role"}, []string{"New-ManagementRoleAssignment"}},
	{"a calendar is shown to everyone", []string{
		"PublishEnabled", "DetailLevel", "ResetUrl",
	}, []string{"Set-MailboxCalendarFolder"}},
}

// riskyOf gives the risky parameters of an operation.
func riskyOf(name string) []string {
	var risky []string
	for _, d := range dangers {
		if d.operations == nil || slices.Contains(d.operations, name) {
			risky = append(risky, d.parameters...)
		}
	}
	return risky
}
