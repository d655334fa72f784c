package detect

import (
	"strings"

	"ualstream/schemas"
)

// tier says how sure it is that an operation belongs to a tag.
type tier string

// The tiers. All but optional are always on.
const (
	core        tier = "core"        // documented by Microsoft, or what public detections look for
	recommended tier = "recommended" // the same effect by a less travelled road
	legacy      tier = "legacy"      // no longer written, found in old exports
	conditional tier = "conditional" // only with certain details
	optional    tier = "optional"    // loosely tied; behind Options.Optional
)

// row gives a tag to operations, for records that meet the condition; nil is met by all.
type row struct {
	tag        string
	tier       tier
	when       func(record) bool
	operations []string
}

// priority is the one table of priority tags. The names are Exchange cmdlets, mailbox audit actions and Entra
// activities as Microsoft documents them (learn.microsoft.com: "Audit log activities", "Manage mailbox
// auditing", Exchange PowerShell reference).
//
// SendAs and SendOnBehalf are not here: they use a delegation and grant none.
var priority = []row{
	{schemas.EmailRuleModification, core, nil, []string{
		"New-InboxRule", "Set-InboxRule", "Remove-InboxRule", "Enable-InboxRule", "Disable-InboxRule",
		"UpdateInboxRules",
		"New-TransportRule", "Set-TransportRule", "Remove-TransportRule", "Enable-TransportRule", "Disable-TransportRule",
	}},
	{schemas.EmailRuleModification, recommended, nil, []string{
		"New-SweepRule", "Set-SweepRule", "Remove-SweepRule", "Enable-SweepRule", "Disable-SweepRule",
		"New-InboundConnector", "Set-InboundConnector",
	}},
	{schemas.EmailRuleModification, conditional, hasParameter("AutoForwardEnabled"), []string{
		"New-RemoteDomain", "Set-RemoteDomain",
	}},
	{schemas.EmailRuleModification, conditional, hasParameter("AutoForwardingMode"), []string{
		"New-HostedOutboundSpamFilterPolicy", "Set-HostedOutboundSpamFilterPolicy",
	}},
	{schemas.EmailRuleModification, optional, nil, []string{
		"Import-TransportRuleCollection",
		"New-JournalRule", "Set-JournalRule", "Remove-JournalRule", "Enable-JournalRule", "Disable-JournalRule",
		"New-OutboundConnector", "Set-OutboundConnector", "Remove-OutboundConnector",
	}},

	{schemas.MailboxSettingsModification, core, nil, []string{
		"Set-Mailbox", "Set-CASMailbox", "Set-MailboxJunkEmailConfiguration", "Set-MailboxAutoReplyConfiguration",
		"Set-MailboxAuditBypassAssociation",
	}},
	{schemas.MailboxSettingsModification, recommended, nil, []string{
		"Set-MailboxMessageConfiguration", "Set-MailboxRegionalConfiguration", "Set-MailboxCalendarConfiguration",
		"Set-MailboxSpellingConfiguration", "Set-CalendarProcessing", "Set-Clutter", "Set-FocusedInbox",
		"Set-MailboxIRMAccess", "Remove-MailboxIRMAccess", "Remove-MailboxUserConfiguration", "Set-MailUser",
		"Set-MailboxPlan", "Set-CASMailboxPlan", "Set-OwaMailboxPolicy",
	}},
	{schemas.MailboxSettingsModification, conditional, hasParameter("AuditDisabled"), []string{"Set-OrganizationConfig"}},
	{schemas.MailboxSettingsModification, conditional,
		hasParameter("UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled"), []string{"Set-AdminAuditLogConfig"}},
	{schemas.MailboxSettingsModification, optional, nil, []string{
		"New-Mailbox", "Enable-Mailbox", "Disable-Mailbox", "Remove-Mailbox", "New-MailboxFolder",
		"New-MailboxRestoreRequest", "New-MailboxSearch", "Set-UnifiedGroup", "Set-TransportConfig",
	}},

	{schemas.LogonAttempt, core, nil, []string{"UserLoggedIn", "UserLoginFailed", "MailboxLogin"}},
	{schemas.LogonAttempt, recommended, nil, []string{"TeamsSessionStarted"}},
	{schemas.LogonAttempt, legacy, nil, []string{
		"PasswordLogonInitialAuthUsingPassword", "PasswordLogonInitialAuthUsingADFSFederatedToken",
		"PasswordLogonCookieCopyUsingDAToken", "PasswordLogonSilentReAuthUsingDAToken",
		"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken", "ForeignRealmIndexLogonCookieCopyUsingDAToken",
		"ForeignRealmIndexLogonCookieCopyUsingSha1RememberMyPassword",
	}},
	{schemas.LogonAttempt, optional, nil, []string{"IDCRLBlockedDueToSoftEnforcement"}},

	{schemas.MailboxAccessDelegated, core, nil, []string{
		"Add-MailboxPermission", "Remove-MailboxPermission", "Add-RecipientPermission", "Remove-RecipientPermission",
		"UpdateCalendarDelegation", // a calendar delegate may act for the owner
	}},
	{schemas.MailboxAccessDelegated, recommended, nil, []string{"New-ManagementRoleAssignment"}},
	{schemas.MailboxAccessDelegated, conditional, hasParameter("GrantSendOnBehalfTo"), []string{
		"Set-Mailbox", "Set-MailUser", "Set-DistributionGroup", "Set-DynamicDistributionGroup", "Set-UnifiedGroup",
		"Set-MailContact", "Set-MailPublicFolder", "Set-RemoteMailbox",
	}},
	{schemas.MailboxAccessDelegated, conditional, grantsMailRole, []string{"Add app role assignment to service principal."}},
	{schemas.MailboxAccessDelegated, conditional, consentsToMail, []string{"Consent to application."}},
	{schemas.MailboxAccessDelegated, optional, nil, []string{
		"Set-ManagementRoleAssignment", "Remove-ManagementRoleAssignment",
		"New-ApplicationAccessPolicy", "Set-ApplicationAccessPolicy", "Remove-ApplicationAccessPolicy",
		"New-ServicePrincipal", "Set-ServicePrincipal",
	}},

	{schemas.MailboxFolderPermissions, core, nil, []string{
		"Add-MailboxFolderPermission", "Set-MailboxFolderPermission", "Remove-MailboxFolderPermission",
		"AddFolderPermissions", "ModifyFolderPermissions", "RemoveFolderPermissions", "UpdateFolderPermissions",
		"UpdateCalendarDelegation",
	}},
	{schemas.MailboxFolderPermissions, recommended, nil, []string{"Set-MailboxCalendarFolder"}},
	{schemas.MailboxFolderPermissions, optional, nil, []string{
		"Add-PublicFolderClientPermission", "Remove-PublicFolderClientPermission",
		"New-SharingPolicy", "Set-SharingPolicy", "Remove-SharingPolicy",
	}},
}

// compile indexes the tables by operation.
func compile(withOptional bool) map[string]*operation {
	ops := map[string]*operation{}
	for _, tag := range schemas.PriorityTags {
		for _, r := range priority {
			if r.tag != tag || r.tier == optional && !withOptional {
				continue
			}
			for _, name := range r.operations {
				op := ops[fold(name)]
				if op == nil {
					op = &operation{name: fold(name), risky: riskyOf(name)}
					ops[fold(name)] = op
				}
				op.rows = append(op.rows, r)
			}
		}
	}
	return ops
}

// fold gives an operation's name as it is compared: without white space around it, without the period that Entra
// ID puts at its end in one log and not in another, and without case. Only
// ASCII is folded: the names are ASCII, and Unicode would take other letters for theirs.
func fold(name string) string { return lower(trim(name)) }

func trim(name string) string { return strings.Trim(name, ". \t\r\n") }

// lower gives a text with the letters of ASCII in lower case.
func lower(s string) string { return string(appendLower(nil, s)) }

func appendLower(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
