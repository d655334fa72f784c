package normalize

// table is the whole choice of class and activity. It depends on Operation alone, so that another version of OCSF
// is another table: what can be told only from other fields adds attributes, never another class.
//
// Operations are named in Microsoft's lists of audited activities, in the Management Activity API's schema and in
// the reference of the Exchange Online cmdlets. A cmdlet that is not here is judged by its verb, see verbs.
var table = []row{
	// Exchange, as administrator: rules and who may open what.
	{action{&entityManagement, 1, inboxRule}, "New-InboxRule"},
	{action{&entityManagement, 3, inboxRule}, "Set-InboxRule|Update-InboxRule"},
	{action{&entityManagement, 4, inboxRule}, "Remove-InboxRule"},
	{action{&entityManagement, 8, inboxRule}, "Enable-InboxRule"},
	{action{&entityManagement, 9, inboxRule}, "Disable-InboxRule"},
	{action{&entityManagement, 3, outlookRule}, "UpdateInboxRules"},
	{action{&entityManagement, 1, sweepRule}, "New-SweepRule"},
	{action{&entityManagement, 3, sweepRule}, "Set-SweepRule"},
	{action{&entityManagement, 4, sweepRule}, "Remove-SweepRule"},
	{action{&entityManagement, 8, sweepRule}, "Enable-SweepRule"},
	{action{&entityManagement, 9, sweepRule}, "Disable-SweepRule"},
	{action{&entityManagement, 1, transportRule}, "New-TransportRule|Import-TransportRuleCollection"},
	{action{&entityManagement, 3, transportRule}, "Set-TransportRule"},
	{action{&entityManagement, 4, transportRule}, "Remove-TransportRule"},
	{action{&entityManagement, 8, transportRule}, "Enable-TransportRule"},
	{action{&entityManagement, 9, transportRule}, "Disable-TransportRule"},
	{action{&entityManagement, 1, journalRule}, "New-JournalRule"},
	{action{&entityManagement, 3, journalRule}, "Set-JournalRule"},
	{action{&entityManagement, 4, journalRule}, "Remove-JournalRule"},
	{action{&entityManagement, 8, journalRule}, "Enable-JournalRule"},
	{action{&entityManagement, 9, journalRule}, "Disable-JournalRule"},
	{action{&entityManagement, 3, mailboxSettings}, "Set-Mailbox|Set-CASMailbox|Set-MailboxJunkEmailConfiguration|" +
		"Set-MailboxAutoReplyConfiguration|Set-MailboxAuditBypassAssociation|Set-MailboxMessageConfiguration|" +
		"Set-MailboxRegionalConfiguration|Set-MailboxCalendarConfiguration|Set-MailboxSpellingConfiguration|" +
		"Set-CalendarProcessing|Set-Clutter|Set-FocusedInbox|Set-MailboxIRMAccess|Set-MailUser|Set-RemoteMailbox|" +
		"Set-MailboxCalendarFolder|Set-MailboxFolder|Set-UserPhoto"},
	{action{&entityManagement, 1, mailboxSettings}, "New-Mailbox|New-MailboxFolder|New-RemoteMailbox|New-MailUser"},
	{action{&entityManagement, 4, mailboxSettings}, "Remove-Mailbox|Remove-MailboxIRMAccess|Remove-MailUser|" +
		"Remove-MailboxUserConfiguration"},
	{action{&entityManagement, 8, mailboxSettings}, "Enable-Mailbox"},
	{action{&entityManagement, 9, mailboxSettings}, "Disable-Mailbox"},
	{action{&userAccess, 1, mailboxPermission}, "Add-MailboxPermission|Add-RecipientPermission|Add-ADPermission|" +
		"Set-MailboxPermission"},
	{action{&userAccess, 2, mailboxPermission}, "Remove-MailboxPermission|Remove-RecipientPermission|" +
		"Remove-ADPermission"},
	{action{&userAccess, 1, folderGrant}, "Add-MailboxFolderPermission|Set-MailboxFolderPermission|" +
		"Add-PublicFolderClientPermission|Set-PublicFolderClientPermission"},
	{action{&userAccess, 2, folderGrant}, "Remove-MailboxFolderPermission|Remove-PublicFolderClientPermission"},
	{action{&userAccess, 1, roleAssignment}, "New-ManagementRoleAssignment|Set-ManagementRoleAssignment"},
	{action{&userAccess, 2, roleAssignment}, "Remove-ManagementRoleAssignment"},
	{action{&groupManagement, 6, exchangeGroup}, "New-DistributionGroup|New-UnifiedGroup|New-RoleGroup|" +
		"New-DynamicDistributionGroup"},
	{action{&groupManagement, 5, exchangeGroup}, "Remove-DistributionGroup|Remove-UnifiedGroup|Remove-RoleGroup|" +
		"Remove-DynamicDistributionGroup"},
	{action{&groupManagement, 3, exchangeGroup}, "Add-DistributionGroupMember|Add-UnifiedGroupLinks|" +
		"Add-RoleGroupMember"},
	{action{&groupManagement, 4, exchangeGroup}, "Remove-DistributionGroupMember|Remove-UnifiedGroupLinks|" +
		"Remove-RoleGroupMember"},
	{action{&groupManagement, other, exchangeGroup}, "Update-DistributionGroupMember|Update-RoleGroupMember"},

	// Exchange, in the mailbox.
	{action{&userAccess, 1, folderPermission}, "AddFolderPermissions|ModifyFolderPermissions|UpdateFolderPermissions"},
	{action{&userAccess, 2, folderPermission}, "RemoveFolderPermissions"},
	{action{&userAccess, other, folderPermission}, "UpdateCalendarDelegation"},
	{action{&webResources, 1, mailItems}, "Create|Copy"},
	{action{&webResources, 2, mailItems}, "MailItemsAccessed|MessageBind|FolderBind|AttachmentAccess|MessageAccess|" +
		"AttachmentReview"},
	{action{&webResources, 3, mailItems}, "Update|Move|ApplyRecord"},
	{action{&webResources, 4, mailItems}, "MoveToDeletedItems|SoftDelete|HardDelete|RecordDelete|" +
		"PriorityCleanupDelete"},
	{action{&emailActivity, 1, send}, "Send|SendAs|SendOnBehalf"},

	// Sign-ins.
	{action{&authentication, 1, logon}, "UserLoggedIn|UserLoginFailed|MailboxLogin|TeamsSessionStarted|SignInEvent|" +
		"Sign-in activity|IDCRLBlockedDueToSoftEnforcement|IDCRLSuccess"},
	{action{&authentication, 2, logon}, "UserLoggedOff|UserLoggedOut"},

	// Entra ID: accounts.
	{action{&accountChange, 1, account}, "Add user|Invite external user|Viral user creation"},
	{action{&accountChange, 2, account}, "Enable account|Restore user"},
	{action{&accountChange, 3, account}, "Change user password|Change password (self-service)"},
	{action{&accountChange, 4, account}, "Reset user password|Reset password|Reset password (by admin)|" +
		"Reset password (self-service)|Set force change user password"},
	{action{&accountChange, 5, account}, "Disable account"},
	{action{&accountChange, 6, account}, "Delete user|Hard Delete user"},
	{action{&accountChange, 9, account}, "Lock account"},
	{action{&accountChange, 10, account}, "Enable Strong Authentication|User registered security info|" +
		"User registered all required security info|Admin registered security info"},
	{action{&accountChange, 11, account}, "Disable Strong Authentication|User deleted security info|" +
		"Admin deleted security info"},
	{action{&accountChange, 12, account}, "Unlock user account (self-service)|Unlock account"},
	{action{&accountChange, other, account}, "Update user|Change user license|Set license properties|Set user manager|" +
		"Remove user manager|Update StsRefreshTokenValidFrom Timestamp|User changed default security info|" +
		"Admin updated security info|Redeem external user invite|Convert federated user to managed|" +
		"Create application password for user|Delete application password for user|Set user oath token metadata|" +
		"Self-service password reset flow activity progress|User started security info registration"},

	// Entra ID: roles, consent, owners.
	{action{&userAccess, 1, directoryGrant}, "Add member to role|Add eligible member to role|" +
		"Add scoped member to role|Add eligible member to role in PIM completed (permanent)|" +
		"Add eligible member to role in PIM completed (timebound)|Add member to role in PIM completed (permanent)|" +
		"Add member to role in PIM completed (timebound)|Add member to role completed (PIM activation)|" +
		"Consent to application|Add delegated permission grant|Add OAuth2PermissionGrant|" +
		"Add app role assignment to service principal|Add app role assignment grant to user|" +
		"Add owner to application|Add owner to service principal|Add registered owner to device|" +
		"Add registered users to device"},
	{action{&userAccess, 2, directoryGrant}, "Remove member from role|Remove eligible member from role|" +
		"Remove scoped member from role|Remove member from role (PIM activation expired)|" +
		"Remove eligible member from role in PIM completed (permanent)|" +
		"Remove eligible member from role in PIM completed (timebound)|" +
		"Remove member from role in PIM completed (permanent)|Remove member from role in PIM completed (timebound)|" +
		"Revoke consent|Remove delegated permission grant|Remove OAuth2PermissionGrant|" +
		"Remove app role assignment from service principal|Remove app role assignment from user|" +
		"Remove owner from application|Remove owner from service principal|Remove registered owner from device|" +
		"Remove registered users from device"},

	// Entra ID: groups.
	{action{&groupManagement, 6, directoryGroup}, "Add group"},
	{action{&groupManagement, 5, directoryGroup}, "Delete group|Hard Delete group"},
	{action{&groupManagement, 3, directoryGroup}, "Add member to group"},
	{action{&groupManagement, 4, directoryGroup}, "Remove member from group"},
	{action{&groupManagement, 1, directoryGroup}, "Add owner to group|Add app role assignment to group"},
	{action{&groupManagement, 2, directoryGroup}, "Remove owner from group|Remove app role assignment from group"},
	{action{&groupManagement, other, directoryGroup}, "Update group|Restore group|Set group license|" +
		"Set group to be managed by user|Create group settings|Update group settings|Delete group settings"},

	// Entra ID: applications, policies, devices, domains, the organization.
	{action{&entityManagement, 1, directoryObject}, "Add application|Add service principal|" +
		"Add service principal credentials|Add unverified domain|Add verified domain|Add partner to company|" +
		"Add administrative unit|Add member to administrative unit|Add role definition|Add role from template|" +
		"Add contact|Create company settings|Add key credential"},
	{action{&entityManagement, 3, directoryObject}, "Update application|Update service principal|Update domain|" +
		"Update application - Certificates and secrets management|Set domain authentication|Verify domain|" +
		"Update application \u2013 Certificates and secrets management|Verify email verified domain|" +
		"Set federation settings on domain|Set Company Information|Set company contact information|Update contact|" +
		"Set DirSyncEnabled flag|Set password policy|Set company allowed data location|Update role|" +
		"Set company multinational feature enabled|Update administrative unit|Update role definition|" +
		"Update company settings|Update external secrets"},
	{action{&entityManagement, 4, directoryObject}, "Delete application|Hard Delete application|" +
		"Remove service principal|Remove service principal credentials|Delete contact|Delete company settings|" +
		"Remove verified domain|Remove unverified domain|Remove partner from company|Delete administrative unit|" +
		"Remove member from administrative unit|Delete role definition"},
	{action{&entityManagement, 8, directoryObject}, "Restore application|Restore service principal"},
	{action{&entityManagement, 1, directoryPolicy}, "Add policy|Add conditional access policy|Add named location|" +
		"Add policy to service principal|Add policy to application"},
	{action{&entityManagement, 3, directoryPolicy}, "Update policy|Update conditional access policy|" +
		"Update named location|Update authorization policy"},
	{action{&entityManagement, 4, directoryPolicy}, "Delete policy|Delete conditional access policy|" +
		"Delete named location|Remove policy from service principal|Remove policy from application"},
	{action{&entityManagement, 1, device}, "Add device"},
	{action{&entityManagement, 2, device}, "Read BitLocker key"},
	{action{&entityManagement, 3, device}, "Update device|Device no longer compliant|Device no longer managed"},
	{action{&entityManagement, 4, device}, "Delete device"},
	{action{&entityManagement, 6, device}, "Register device"},
	{action{&entityManagement, 7, device}, "Unregister device"},

	// SharePoint and OneDrive: files and folders.
	{action{&fileHosting, 1, file}, "FileUploaded|FileUploadedPartial|FileSyncUploadedFull|FileSyncUploadedPartial|" +
		"FolderCreated|FileCreated"},
	{action{&fileHosting, 2, file}, "FileDownloaded|FileSyncDownloadedFull|FileSyncDownloadedPartial|FolderDownloaded"},
	{action{&fileHosting, 3, file}, "FileModified|FileModifiedExtended|FolderModified|FileSensitivityLabelApplied|" +
		"FileSensitivityLabelChanged|FileSensitivityLabelRemoved|SensitivityLabelApplied|SensitivityLabelUpdated|" +
		"SensitivityLabelChanged|SensitivityLabelRemoved|SensitivityLabeledFileRenamed|DocumentSensitivityMismatchDetected"},
	{action{&fileHosting, 4, file}, "FileDeleted|FileRecycled|FileDeletedFirstStageRecycleBin|" +
		"FileDeletedSecondStageRecycleBin|FileVersionRecycled|FileVersionsAllRecycled|FileVersionsAllMinorsRecycled|" +
		"FileVersionsAllDeleted|FolderDeleted|FolderRecycled|FolderDeletedFirstStageRecycleBin|" +
		"FolderDeletedSecondStageRecycleBin"},
	{action{&fileHosting, 5, file}, "FileRenamed|FolderRenamed"},
	{action{&fileHosting, 6, file}, "FileCopied|FolderCopied"},
	{action{&fileHosting, 7, file}, "FileMoved|FolderMoved"},
	{action{&fileHosting, 8, file}, "FileRestored|FolderRestored"},
	{action{&fileHosting, 9, file}, "FilePreviewed"},
	{action{&fileHosting, 10, file}, "FileCheckedOut|LockRecord"},
	{action{&fileHosting, 11, file}, "FileCheckedIn|FileCheckOutDiscarded|UnlockRecord"},
	{action{&fileHosting, 12, file}, "SharingSet|SharingInvitationCreated|SharingInvitationUpdated|" +
		"AnonymousLinkCreated|AnonymousLinkUpdated|CompanyLinkCreated|CompanyLinkUpdated|SecureLinkCreated|" +
		"SecureLinkUpdated|SharingLinkCreated|SharingLinkUpdated|AddedToSecureLink|AddedToSharingLink|" +
		"AccessInvitationCreated|AccessInvitationUpdated|AccessRequestApproved"},
	{action{&fileHosting, 13, file}, "SharingRevoked|SharingInvitationRevoked|AnonymousLinkRemoved|CompanyLinkRemoved|" +
		"SecureLinkDeleted|SharingLinkDeleted|RemovedFromSecureLink|RemovedFromSharingLink|AccessInvitationRevoked"},
	{action{&fileHosting, 14, file}, "FileAccessed|FileAccessedExtended|AnonymousLinkUsed|CompanyLinkUsed|" +
		"SecureLinkUsed|SharingLinkUsed|Access"},
	{action{&fileHosting, 15, file}, "ManagedSyncClientAllowed|UnmanagedSyncClientBlocked"},
	{action{&fileHosting, other, file}, "SharingInvitationAccepted|SharingInvitationBlocked|SharingInheritanceBroken|" +
		"SharingInheritanceReset|AccessInvitationAccepted|AccessRequestCreated|AccessRequestDenied|" +
		"AccessRequestUpdated|Discover"},

	// SharePoint: pages, lists, sites and who may administer them.
	{action{&webResources, 1, page}, "ListCreated|ListItemCreated|ListColumnCreated|ListContentTypeCreated|" +
		"SiteColumnCreated|SiteContentTypeCreated|CommentCreated"},
	{action{&webResources, 2, page}, "PageViewed|PageViewedExtended|PagePrefetched|ClientViewSignaled|ListViewed|" +
		"ListItemViewed"},
	{action{&webResources, 3, page}, "ListUpdated|ListItemUpdated|ListColumnUpdated|ListContentTypeUpdated|" +
		"SiteColumnUpdated|SiteContentTypeUpdated|ListRestored|ListItemRestored"},
	{action{&webResources, 4, page}, "ListDeleted|ListItemDeleted|ListItemRecycled|ListColumnDeleted|" +
		"ListContentTypeDeleted|SiteColumnDeleted|SiteContentTypeDeleted|CommentDeleted"},
	{action{&webResources, 5, search}, "SearchQueryPerformed"},
	{action{&entityManagement, 1, site}, "SiteCollectionCreated|PermissionLevelAdded|AppCatalogCreated"},
	{action{&entityManagement, 3, site}, "SiteRenamed|SiteCollectionQuotaModified|SharingPolicyChanged|" +
		"NetworkAccessPolicyChanged|DeviceAccessPolicyChanged|WebRequestAccessModified|WebMembersCanShareModified|" +
		"PermissionLevelModified|SitePermissionsModified|AllowGroupCreationSet|PreviewModeEnabledSet|" +
		"LegacyWorkflowEnabledSet|HubSiteJoined|HubSiteUnjoined"},
	{action{&entityManagement, 4, site}, "SiteDeleted|PermissionLevelRemoved"},
	{action{&userAccess, 1, siteAdmin}, "SiteCollectionAdminAdded|SiteCollectionAdminChangeRequest"},
	{action{&userAccess, 2, siteAdmin}, "SiteCollectionAdminRemoved"},
	{action{&groupManagement, 3, siteGroup}, "AddedToGroup"},
	{action{&groupManagement, 4, siteGroup}, "RemovedFromGroup"},
	{action{&groupManagement, 5, siteGroup}, "GroupRemoved"},
	{action{&groupManagement, 6, siteGroup}, "GroupAdded"},
	{action{&groupManagement, other, siteGroup}, "GroupUpdated"},

	// Teams.
	{action{&groupManagement, 6, team}, "TeamCreated"},
	{action{&groupManagement, 5, team}, "TeamDeleted"},
	{action{&groupManagement, 3, team}, "MemberAdded"},
	{action{&groupManagement, 4, team}, "MemberRemoved"},
	{action{&groupManagement, other, team}, "MemberRoleChanged|TeamSettingChanged|TeamArchived|TeamUnarchived"},
	{action{&entityManagement, 1, channel}, "ChannelAdded|BotAddedToTeam|ConnectorAdded|TabAdded|AppInstalled"},
	{action{&entityManagement, 3, channel}, "ChannelSettingChanged|ConnectorUpdated|TabUpdated|AppUpgraded|" +
		"TeamsTenantSettingChanged|TeamsAppPolicyUpdated"},
	{action{&entityManagement, 4, channel}, "ChannelDeleted|BotRemovedFromTeam|ConnectorRemoved|TabRemoved|" +
		"AppUninstalled"},
	{action{&webResources, 1, chat}, "MessageSent|MessageCreatedHasLink|ChatCreated"},
	{action{&webResources, 2, chat}, "MessageRead|MessagesListed|ChatRetrieved|MessageHostedContentRead|" +
		"MessageHostedContentsListed"},
	{action{&webResources, 3, chat}, "MessageUpdated|MessageEditedHasLink|ChatUpdated"},
	{action{&webResources, 4, chat}, "MessageDeleted"},
	{action{&webResources, 7, chat}, "MessagesExported|RecordingExported|TranscriptsExported"},

	// Alerts, protection, data loss, investigations.
	{action{&detectionFinding, 1, alert}, "AlertTriggered|AlertEntityGenerated|FileMalwareDetected|AtpDetection|" +
		"RiskDetection"},
	{action{&detectionFinding, 2, alert}, "AlertUpdated|AirInvestigationData"},
	{action{&dataFinding, 1, dataLoss}, "DLPRuleMatch"},
	{action{&dataFinding, 2, dataLoss}, "DlpInfo"},
	{action{&dataFinding, 3, dataLoss}, "DlpRuleUndo"},
	{action{&emailActivity, 3, scan}, "TIMailData"},
	{action{&webResources, 2, quarantined}, "QuarantinePreview|QuarantinePreviewMessage|QuarantineViewHeader"},
	{action{&webResources, 3, quarantined}, "QuarantineRelease|QuarantineReleaseMessage|QuarantineReleaseRequest"},
	{action{&webResources, 4, quarantined}, "QuarantineDelete|QuarantineDeleteMessage"},
	{action{&webResources, 7, quarantined}, "QuarantineExport|QuarantineExportMessage"},
	{action{&webResources, 5, search}, "SearchStarted"},
	{action{&webResources, 2, search}, "SearchPreviewed|SearchViewed"},
	{action{&webResources, 7, search}, "SearchExported|SearchExportDownloaded"},
	{action{&entityManagement, 1, directoryCase}, "CaseAdded|HoldCreated|SearchCreated"},
	{action{&entityManagement, 3, directoryCase}, "CaseUpdated|HoldUpdated|SearchUpdated"},
	{action{&entityManagement, 4, directoryCase}, "CaseRemoved|HoldRemoved|SearchRemoved"},
	{action{&webResources, other, copilot}, "CopilotInteraction"},
}

// prefixes are the beginnings of operations that come with many endings.
var prefixes = []row{
	{action{&authentication, 1, logon}, "passwordlogon"},
	{action{&authentication, 1, logon}, "foreignrealmindexlogon"},
	{action{&webResources, 5, search}, "searchqueryinitiated"},
	{action{&webResources, 5, search}, "sharepointsearchqueryinitiated"},
	{action{&webResources, 5, search}, "teamssearchqueryinitiated"},
}
