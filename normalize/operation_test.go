package normalize_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestClassAndActivityDependOnOperationAlone takes operations of every group in the spellings that occur.
func TestClassAndActivityDependOnOperationAlone(t *testing.T) {
	for typeUID, operations := range map[string]string{
		"300401": "New-InboxRule|new-inboxrule| New-InboxRule |New-SweepRule|New-TransportRule|New-JournalRule|" +
			"New-InboundConnector|New-RemoteDomain|Add service principal.|ADD SERVICE PRINCIPAL|New-ApplicationAccessPolicy|" +
			"New-MailboxRestoreRequest|Install-DefaultSharingPolicy|SiteCollectionCreated|ChannelAdded",
		"300403": "Set-InboxRule|UpdateInboxRules|Set-Mailbox|Set-CASMailbox|Set-OrganizationConfig|Set-UnifiedGroup|" +
			"Set-MailboxAutoReplyConfiguration|Update application \u2013 Certificates and secrets management |" +
			"Update application - Certificates and secrets management|Set-MailboxCalendarFolder|Set-TransportConfig",
		"300404": "Remove-InboxRule|Remove-TransportRule|Delete application.|Remove-SharingPolicy",
		"300408": "Enable-InboxRule|Enable-Mailbox", "300409": "Disable-TransportRule|Disable-Mailbox",
		"300501": "Add-MailboxPermission|Add-RecipientPermission|Add-MailboxFolderPermission|ModifyFolderPermissions|" +
			"AddFolderPermissions|Consent to application.|Add member to role.|New-ManagementRoleAssignment|" +
			"SiteCollectionAdminAdded|Add app role assignment to service principal.",
		"300502": "Remove-MailboxPermission|RemoveFolderPermissions|Remove member from role.|Remove-ManagementRoleAssignment",
		"300599": "UpdateCalendarDelegation",
		"300201": "UserLoggedIn|UserLoginFailed|MailboxLogin|TeamsSessionStarted|PasswordLogonCookieCopyUsingDAToken|" +
			"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken|Sign-in activity",
		"300101": "Add user.|Add User.", "300103": "Change user password.", "300104": "Reset user password.",
		"300106": "Delete user.", "300111": "Disable Strong Authentication.", "300199": "Update user.",
		"300603": "Add member to group.|MemberAdded|AddedToGroup|Add-RoleGroupMember", "300606": "Add group.|TeamCreated",
		"600101": "Create", "600102": "MailItemsAccessed|PageViewed", "600103": "Move|Update",
		"600104": "HardDelete|SoftDelete|MoveToDeletedItems", "600105": "SearchQueryInitiatedExchange|SearchQueryInitiated|" +
			"SharepointSearchQueryInitiated", "400901": "Send|SendAs|SendOnBehalf", "400903": "TIMailData",
		"600601": "FileUploaded", "600602": "FileDownloaded", "600614": "FileAccessed", "600612": "AnonymousLinkCreated",
		"600613": "SharingRevoked", "200401": "AlertTriggered|AtpDetection|FileMalwareDetected", "200402": "AlertUpdated",
		"200601": "DLPRuleMatch|DlpRuleMatch",
		"99":     "|.|BrandNewThing|Loggon-|-InboxRule|Frobnicate-Mailbox|Set-|Set-Mail box",
	} {
		for op := range strings.SplitSeq(operations, "|") {
			got := event(t, `"Operation":%q`, op)
			if uid := gjson.GetBytes(got, "type_uid").Raw; uid != typeUID {
				t.Errorf("%q: type_uid is %s, want %s", op, uid, typeUID)
			}
		}
	}
}
