package normalize

// table is the whole choice of class and activity. It depends on Operation alone, so that another version of OCSF
// is another table: what can be told only from other fields adds attributes, never another class.
//
// Operations are named in Microsoft's lists of audited activities, in the Management Activity API's schema and in
// the reference of the Exchange Online cmdlets. A cmdlet that is not here is judged by its verb, see verbs.
var table = []row{
	// Exchange, as administrator: rules and who may open what.
	{to(&entityManagement, 1, inboxRule), "New-InboxRule"},
	{to(&entityManagement, 3, inboxRule), "Set-InboxRule|Update-InboxRule"},
	{to(&entityManagement, 4, inboxRule), "Remove-InboxRule"},
	{to(&entityManagement, 8, inboxRule), "Enable-InboxRule"},
	{to(&entityManagement, 9, inboxRule), "Disable-InboxRule"},
	{to(&entityManagement, 3, outlookRule), "UpdateInboxRules"},
	{to(&entityManagement, 1, sweepRule), "New-SweepRule"},
	{to(&entityManagement, 3, sweepRule), "Set-SweepRule"},
	{to(&entityManagement, 4, sweepRule), "Remove-SweepRule"},
	{to(&entityManagement, 8, sweepRule), "Enable-SweepRule"},
	{to(&entityManagement, 9, sweepRule), "Disable-SweepRule"},
	{to(&entityManagement, 1, transportRule), "New-TransportRule|Import-TransportRuleCollection"},
	{to(&entityManagement, 3, transportRule), "Set-TransportRule"},
	{to(&entityManagement, 4, transportRule), "Remove-TransportRule"},
	{to(&entityManagement, 8, transportRule), "Enable-TransportRule"},
	{to(&entityManagement, 9, transportRule), "Disable-TransportRule"},
	{to(&entityManagement, 1, journalRule), "New-JournalRule"},
	{to(&entityManagement, 3, journalRule), "Set-JournalRule"},
	{to(&entityManagement, 4, journalRule), "Remove-JournalRule"},
	{to(&entityManagement, 8, journalRule), "Enable-JournalRule"},
	{to(&entityManagement, 9, journalRule), "Disable-JournalRule"},
	{to(&entityManagement, 3, mailboxSettings), "Set-Mailbox|Set-CASMailbox|Set-MailboxJunkEmailConfiguration|" +
		"Set-MailboxAutoReplyConfiguration|Set-MailboxAuditBypassAssociation|Set-MailboxMessageConfiguration|" +
		"Set-MailboxRegionalConfiguration|Set-MailboxCalendarConfiguration|Set-MailboxSpellingConfiguration|" +
		"Set-CalendarProcessing|Set-Clutter|Set-FocusedInbox|Set-MailboxIRMAccess|Set-MailUser|Set-RemoteMailbox|" +
		"Set-MailboxCalendarFolder|Set-MailboxFolder|Set-UserPhoto"},
	{to(&entityManagement, 1, mailboxSettings), "New-Mailbox|New-MailboxFolder|New-RemoteMailbox|New-MailUser"},
	{to(&entityManagement, 4, mailboxSettings), "Remove-Mailbox|Remove-MailboxIRMAccess|Remove-MailUser|" +
		"Remove-MailboxUserConfiguration"},
	{to(&entityManagement, 8, mailboxSettings), "Enable-Mailbox"},
	{to(&entityManagement, 9, mailboxSettings), "Disable-Mailbox"},
	{to(&userAccess, 1, mailboxPermission), "Add-MailboxPermission|Add-RecipientPermission|Add-ADPermission|" +
		"Set-MailboxPermission"},
	{to(&userAccess, 2, mailboxPermission), "Remove-MailboxPermission|Remove-RecipientPermission|" +
		"Remove-ADPermission"},
	{to(&userAccess, 1, folderGrant), "Add-MailboxFolderPermission|Set-MailboxFolderPermission|" +
		"Add-PublicFolderClientPermission|Set-PublicFolderClientPermission"},
	{to(&userAccess, 2, folderGrant), "Remove-MailboxFolderPermission|Remove-PublicFolderClientPermission"},
	{to(&userAccess, 1, roleAssignment), "New-ManagementRoleAssignment|Set-ManagementRoleAssignment"},
	{to(&userAccess, 2, roleAssignment), "Remove-ManagementRoleAssignment"},
	{to(&groupManagement, 6, exchangeGroup), "New-DistributionGroup|New-UnifiedGroup|New-RoleGroup|" +
		"New-DynamicDistributionGroup"},
	{to(&groupManagement, 5, exchangeGroup), "Remove-DistributionGroup|Remove-UnifiedGroup|Remove-RoleGroup|" +
		"Remove-DynamicDistributionGroup"},
	{to(&groupManagement, 3, exchangeGroup), "Add-DistributionGroupMember|Add-UnifiedGroupLinks|" +
		"Add-RoleGroupMember"},
	{to(&groupManagement, 4, exchangeGroup), "Remove-DistributionGroupMember|Remove-UnifiedGroupLinks|" +
		"Remove-RoleGroupMember"},
	{to(&groupManagement, other, exchangeGroup), "Update-DistributionGroupMember|Update-RoleGroupMember"},

	// Exchange, in the mailbox.
	{to(&userAccess, 1, folderPermission), "AddFolderPermissions|ModifyFolderPermissions|UpdateFolderPermissions"},
	{to(&userAccess, 2, folderPermission), "RemoveFolderPermissions"},
	{to(&userAccess, other, folderPermission), "UpdateCalendarDelegation"},
	{to(&webResources, 1, mailItems), "Create|Copy"},
	{to(&webResources, 2, mailItems), "MailItemsAccessed|MessageBind|FolderBind|AttachmentAccess|MessageAccess|" +
		"AttachmentReview"},
	{to(&webResources, 3, mailItems), "Update|Move|ApplyRecord"},
	{to(&webResources, 4, mailItems), "MoveToDeletedItems|SoftDelete|HardDelete|RecordDelete|" +
		"PriorityCleanupDelete"},
	{to(&emailActivity, 1, send), "Send|SendAs|SendOnBehalf"},

	// Sign-ins.
	{to(&authentication, 1, logon), "UserLoggedIn|UserLoginFailed|MailboxLogin|TeamsSessionStarted|SignInEvent|" +
		"Sign-in activity|IDCRLBlockedDueToSoftEnforcement|IDCRLSuccess"},
	{to(&authentication, 2, logon), "UserLoggedOff|UserLoggedOut"},

	// Entra ID: accounts.
	{to(&accountChange, 1, account), "Add user|Invite external user|Viral user creation"},
	{to(&accountChange, 2, account), "Enable account|Restore user"},
	{to(&accountChange, 3, account), "Change user password|Change password (self-service)"},
	{to(&accountChange, 4, account), "Reset user password|Reset password|Reset password (by admin)|" +
		"Reset password (self-service)|Set force change user password"},
	{to(&accountChange, 5, account), "Disable account"},
	{to(&accountChange, 6, account), "Delete user|Hard Delete user"},
	{to(&accountChange, 9, account), "Lock account"},
	{to(&accountChange, 10, account), "Enable Strong Authentication|User registered security info|" +
		"User registered all required security info|Admin registered security info"},
	{to(&accountChange, 11, account), "Disable Strong Authentication|User deleted security info|" +
		"Admin deleted security info"},
	{to(&accountChange, 12, account), "Unlock user account (self-service)|Unlock account"},
	{to(&accountChange, other, account), "Update user|Change user license|Set license properties|Set user manager|" +
		"Remove user manager|Update StsRefreshTokenValidFrom Timestamp|User changed default security info|" +
		"Admin updated security info|Redeem external user invite|Convert federated user to managed|" +
		"Create application password for user|Delete application password for user|Set user oath token metadata|" +
		"Self-service password reset flow activity progress|User started security info registration"},

	// Entra ID: roles, consent, owners.
	{to(&userAccess, 1, directoryGrant), "Add member to role|Add eligible member to role|" +
		"Add scoped member to role|Add eligible member to role in PIM completed (permanent)|" +
		"Add eligible member to role in PIM completed (timebound)|Add member to role in PIM completed (permanent)|" +
		"Add member to role in PIM completed (timebound)|Add member to role completed (PIM activation)|" +
		"Consent to application|Add delegated permission grant|Add OAuth2PermissionGrant|" +
		"Add app role assignment to service principal|Add app role assignment grant to user|" +
		"Add owner to application|Add owner to service principal|Add registered owner to device|" +
		"Add registered users to device"},
	{to(&userAccess, 2, directoryGrant), "Remove member from role|Remove eligible member from role|" +
		"Remove scoped member from role|Remove member from role (PIM activation expired)|" +
		"Remove eligible member from role in PIM completed (permanent)|" +
		"Remove eligible member from role in PIM completed (timebound)|" +
		"Remove member from role in PIM completed (permanent)|Remove member from role in PIM completed (timebound)|" +
		"Revoke consent|Remove delegated permission grant|Remove OAuth2PermissionGrant|" +
		"Remove app role assignment from service principal|Remove app role assignment from user|" +
		"Remove owner from application|Remove owner from service principal|Remove registered owner from device|" +
		"Remove registered users from device"},

	// Entra ID: groups.
	{to(&groupManagement, 6, directoryGroup), "Add group"},
	{to(&groupManagement, 5, directoryGroup), "Delete group|Hard Delete group"},
	{to(&groupManagement, 3, directoryGroup), "Add member to group"},
	{to(&groupManagement, 4, directoryGroup), "Remove member from group"},
	{to(&groupManagement, 1, directoryGroup), "Add owner to group|Add app role assignment to group"},
	{to(&groupManagement, 2, directoryGroup), "Remove owner from group|Remove app role assignment from group"},
	{to(&groupManagement, other, directoryGroup), "Update group|Restore group|Set group license|" +
		"Set group to be managed by user|Create group settings|Update group settings|Delete group settings"},

	// Entra ID: applications, policies, devices, domains, the organization.
	{to(&entityManagement, 1, directoryObject), "Add application|Add service principal|" +
		"Add service principal credentials|Add unverified domain|Add verified domain|Add partner to company|" +
		"Add administrative unit|Add member to administrative unit|Add role definition|Add role from template|" +
		"Add contact|Create company settings|Add key credential"},
	{to(&entityManagement, 3, directoryObject), "Update application|Update service principal|Update domain|" +
		"Update application - Certificates and secrets management|Set domain authentication|Verify domain|" +
		"Update application \u2013 Certificates and secrets management|Verify email verified domain|" +
		"Set federation settings on domain|Set Company Information|Set company contact information|Update contact|" +
		"Set DirSyncEnabled flag|Set password policy|Set company allowed data location|Update role|" +
		"Set company multinational feature enabled|Update administrative unit|Update role definition|" +
		"Update company settings|Update external secrets"},
	{to(&entityManagement, 4, directoryObject), "Delete application|Hard Delete application|" +
		"Remove service principal|Remove service principal credentials|Delete contact|Delete company settings|" +
		"Remove verified domain|Remove unverified domain|Remove partner from company|Delete administrative unit|" +
		"Remove member from administrative unit|Delete role definition"},
	{to(&entityManagement, 8, directoryObject), "Restore application|Restore service principal"},
	{to(&entityManagement, 1, directoryPolicy), "Add policy|Add conditional access policy|Add named location|" +
		"Add policy to service principal|Add policy to application"},
	{to(&entityManagement, 3, directoryPolicy), "Update policy|Update conditional access policy|" +
		"Update named location|Update authorization policy"},
	{to(&entityManagement, 4, directoryPolicy), "Delete policy|Delete conditional access policy|" +
		"Delete named location|Remove policy from service principal|Remove policy from application"},
	{to(&entityManagement, 1, device), "Add device"},
	{to(&entityManagement, 2, device), "Read BitLocker key"},
	{to(&entityManagement, 3, device), "Update device|Device no longer compliant|Device no longer managed"},
	{to(&entityManagement, 4, device), "Delete device"},
	{to(&entityManagement, 6, device), "Register device"},
	{to(&entityManagement, 7, device), "Unregister device"},

	// SharePoint and OneDrive: files and folders.
	{to(&fileHosting, 1, file), "FileUploaded|FileUploadedPartial|FileSyncUploadedFull|FileSyncUploadedPartial|" +
		"FolderCreated|FileCreated"},
	{to(&fileHosting, 2, file), "FileDownloaded|FileSyncDownloadedFull|FileSyncDownloadedPartial|FolderDownloaded"},
	{to(&fileHosting, 3, file), "FileModified|FileModifiedExtended|FolderModified|FileSensitivityLabelApplied|" +
		"FileSensitivityLabelChanged|FileSensitivityLabelRemoved|SensitivityLabelApplied|SensitivityLabelUpdated|" +
		"SensitivityLabelChanged|SensitivityLabelRemoved|SensitivityLabeledFileRenamed|DocumentSensitivityMismatchDetected"},
	{to(&fileHosting, 4, file), "FileDeleted|FileRecycled|FileDeletedFirstStageRecycleBin|" +
		"FileDeletedSecondStageRecycleBin|FileVersionRecycled|FileVersionsAllRecycled|FileVersionsAllMinorsRecycled|" +
		"FileVersionsAllDeleted|FolderDeleted|FolderRecycled|FolderDeletedFirstStageRecycleBin|" +
		"FolderDeletedSecondStageRecycleBin"},
	{to(&fileHosting, 5, file), "FileRenamed|FolderRenamed"},
	{to(&fileHosting, 6, file), "FileCopied|FolderCopied"},
	{to(&fileHosting, 7, file), "FileMoved|FolderMoved"},
	{to(&fileHosting, 8, file), "FileRestored|FolderRestored"},
	{to(&fileHosting, 9, file), "FilePreviewed"},
	{to(&fileHosting, 10, file), "FileCheckedOut|LockRecord"},
	{to(&fileHosting, 11, file), "FileCheckedIn|FileCheckOutDiscarded|UnlockRecord"},
	{to(&fileHosting, 12, file), "SharingSet|SharingInvitationCreated|SharingInvitationUpdated|" +
		"AnonymousLinkCreated|AnonymousLinkUpdated|CompanyLinkCreated|CompanyLinkUpdated|SecureLinkCreated|" +
		"SecureLinkUpdated|SharingLinkCreated|SharingLinkUpdated|AddedToSecureLink|AddedToSharingLink|" +
		"AccessInvitationCreated|AccessInvitationUpdated|AccessRequestApproved"},
	{to(&fileHosting, 13, file), "SharingRevoked|SharingInvitationRevoked|AnonymousLinkRemoved|CompanyLinkRemoved|" +
		"SecureLinkDeleted|SharingLinkDeleted|RemovedFromSecureLink|RemovedFromSharingLink|AccessInvitationRevoked"},
	{to(&fileHosting, 14, file), "FileAccessed|FileAccessedExtended|AnonymousLinkUsed|CompanyLinkUsed|" +
		"SecureLinkUsed|SharingLinkUsed|Access"},
	{to(&fileHosting, 15, file), "ManagedSyncClientAllowed|UnmanagedSyncClientBlocked"},
	{to(&fileHosting, other, file), "SharingInvitationAccepted|SharingInvitationBlocked|SharingInheritanceBroken|" +
		"SharingInheritanceReset|AccessInvitationAccepted|AccessRequestCreated|AccessRequestDenied|" +
		"AccessRequestUpdated|Discover"},

	// SharePoint: pages, lists, sites and who may administer them.
	{to(&webResources, 1, page), "ListCreated|ListItemCreated|ListColumnCreated|ListContentTypeCreated|" +
		"SiteColumnCreated|SiteContentTypeCreated|CommentCreated"},
	{to(&webResources, 2, page), "PageViewed|PageViewedExtended|PagePrefetched|ClientViewSignaled|ListViewed|" +
		"ListItemViewed"},
	{to(&webResources, 3, page), "ListUpdated|ListItemUpdated|ListColumnUpdated|ListContentTypeUpdated|" +
		"SiteColumnUpdated|SiteContentTypeUpdated|ListRestored|ListItemRestored"},
	{to(&webResources, 4, page), "ListDeleted|ListItemDeleted|ListItemRecycled|ListColumnDeleted|" +
		"ListContentTypeDeleted|SiteColumnDeleted|SiteContentTypeDeleted|CommentDeleted"},
	{to(&webResources, 5, search), "SearchQueryPerformed"},
	{to(&entityManagement, 1, site), "SiteCollectionCreated|PermissionLevelAdded|AppCatalogCreated"},
	{to(&entityManagement, 3, site), "SiteRenamed|SiteCollectionQuotaModified|SharingPolicyChanged|" +
		"NetworkAccessPolicyChanged|DeviceAccessPolicyChanged|WebRequestAccessModified|WebMembersCanShareModified|" +
		"PermissionLevelModified|SitePermissionsModified|AllowGroupCreationSet|PreviewModeEnabledSet|" +
		"LegacyWorkflowEnabledSet|HubSiteJoined|HubSiteUnjoined"},
	{to(&entityManagement, 4, site), "SiteDeleted|PermissionLevelRemoved"},
	{to(&userAccess, 1, siteAdmin), "SiteCollectionAdminAdded|SiteCollectionAdminChangeRequest"},
	{to(&userAccess, 2, siteAdmin), "SiteCollectionAdminRemoved"},
	{to(&groupManagement, 3, siteGroup), "AddedToGroup"},
	{to(&groupManagement, 4, siteGroup), "RemovedFromGroup"},
	{to(&groupManagement, 5, siteGroup), "GroupRemoved|GroupDeletion"},
	{to(&groupManagement, 6, siteGroup), "GroupAdded|GroupCreation"},
	{to(&groupManagement, other, siteGroup), "GroupUpdated"},

	// Teams.
	{to(&groupManagement, 6, team), "TeamCreated"},
	{to(&groupManagement, 5, team), "TeamDeleted"},
	{to(&groupManagement, 3, team), "MemberAdded"},
	{to(&groupManagement, 4, team), "MemberRemoved"},
	{to(&groupManagement, other, team), "MemberRoleChanged|TeamSettingChanged|TeamArchived|TeamUnarchived"},
	{to(&entityManagement, 1, channel), "ChannelAdded|BotAddedToTeam|ConnectorAdded|TabAdded|AppInstalled"},
	{to(&entityManagement, 3, channel), "ChannelSettingChanged|ConnectorUpdated|TabUpdated|AppUpgraded|" +
		"TeamsTenantSettingChanged|TeamsAppPolicyUpdated"},
	{to(&entityManagement, 4, channel), "ChannelDeleted|BotRemovedFromTeam|ConnectorRemoved|TabRemoved|" +
		"AppUninstalled"},
	{to(&webResources, 1, chat), "MessageSent|MessageCreatedHasLink|ChatCreated"},
	{to(&webResources, 2, chat), "MessageRead|MessagesListed|ChatRetrieved|MessageHostedContentRead|" +
		"MessageHostedContentsListed"},
	{to(&webResources, 3, chat), "MessageUpdated|MessageEditedHasLink|ChatUpdated"},
	{to(&webResources, 4, chat), "MessageDeleted"},
	{to(&webResources, 7, chat), "MessagesExported|RecordingExported|TranscriptsExported"},

	// Alerts, protection, data loss, investigations.
	{to(&detectionFinding, 1, alert), "AlertTriggered|AlertEntityGenerated|FileMalwareDetected|AtpDetection|" +
		"RiskDetection"},
	{to(&detectionFinding, 2, alert), "AlertUpdated|AirInvestigationData"},
	{to(&dataFinding, 1, dataLoss), "DLPRuleMatch"},
	{to(&dataFinding, 2, dataLoss), "DlpInfo"},
	{to(&dataFinding, 3, dataLoss), "DlpRuleUndo"},
	{to(&emailActivity, 3, scan), "TIMailData"},
	{to(&webResources, 2, quarantined), "QuarantinePreview|QuarantinePreviewMessage|QuarantineViewHeader"},
	{to(&webResources, 3, quarantined), "QuarantineRelease|QuarantineReleaseMessage|QuarantineReleaseRequest"},
	{to(&webResources, 4, quarantined), "QuarantineDelete|QuarantineDeleteMessage"},
	{to(&webResources, 7, quarantined), "QuarantineExport|QuarantineExportMessage"},
	{to(&webResources, 5, search), "SearchStarted"},
	{to(&webResources, 2, search), "SearchPreviewed|SearchViewed"},
	{to(&webResources, 7, search), "SearchExported|SearchExportDownloaded"},
	{to(&entityManagement, 1, directoryCase), "CaseAdded|HoldCreated|SearchCreated"},
	{to(&entityManagement, 3, directoryCase), "CaseUpdated|HoldUpdated|SearchUpdated"},
	{to(&entityManagement, 4, directoryCase), "CaseRemoved|HoldRemoved|SearchRemoved"},
	{to(&webResources, other, copilot), "CopilotInteraction"},
}
