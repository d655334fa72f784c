package detect_test

import (
	"testing"

	"ualstream/detect"
)

// The tables below are a second reading of what Microsoft documents, and do not share the engine's.

func TestOperationsThatAreAlwaysTagged(t *testing.T) {
	check(t, []string{"rule"}, []string{
		"New-InboxRule", "Set-InboxRule", "Remove-InboxRule", "Enable-InboxRule", "Disable-InboxRule", "UpdateInboxRules",
		"New-SweepRule", "Set-SweepRule", "Remove-SweepRule", "Enable-SweepRule", "Disable-SweepRule",
		"New-TransportRule", "Set-TransportRule", "Remove-TransportRule", "Disable-TransportRule", "Enable-TransportRule",
		"New-InboundConnector", "Set-InboundConnector",
	})
	check(t, []string{"settings"}, []string{
		"Set-Mailbox", "Set-CASMailbox", "Set-MailboxJunkEmailConfiguration", "Set-MailboxAutoReplyConfiguration",
		"Set-MailboxAuditBypassAssociation", "Set-MailboxMessageConfiguration", "Set-MailboxRegionalConfiguration",
		"Set-MailboxCalendarConfiguration", "Set-MailboxSpellingConfiguration", "Set-CalendarProcessing", "Set-Clutter",
		"Set-FocusedInbox", "Set-MailboxIRMAccess", "Remove-MailboxIRMAccess", "Remove-MailboxUserConfiguration",
		"Set-MailUser", "Set-MailboxPlan", "Set-CASMailboxPlan", "Set-OwaMailboxPolicy",
	})
	check(t, []string{"logon"}, []string{
		"UserLoggedIn", "UserLoginFailed", "MailboxLogin", "TeamsSessionStarted",
		"PasswordLogonInitialAuthUsingPassword", "PasswordLogonInitialAuthUsingADFSFederatedToken",
		"PasswordLogonCookieCopyUsingDAToken", "PasswordLogonSilentReAuthUsingDAToken",
		"ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken", "ForeignRealmIndexLogonCookieCopyUsingDAToken",
		"ForeignRealmIndexLogonCookieCopyUsingSha1RememberMyPassword",
	})
	check(t, []string{"delegated"}, []string{
		"Add-MailboxPermission", "Remove-MailboxPermission", "Add-RecipientPermission", "Remove-RecipientPermission",
		"New-ManagementRoleAssignment",
	})
	check(t, []string{"folder"}, []string{
		"Add-MailboxFolderPermission", "Set-MailboxFolderPermission", "Remove-MailboxFolderPermission",
		"AddFolderPermissions", "ModifyFolderPermissions", "RemoveFolderPermissions", "UpdateFolderPermissions",
		"Set-MailboxCalendarFolder",
	})
	check(t, []string{"delegated+folder"}, []string{"UpdateCalendarDelegation"})
}

func TestOptionalOperationsAreTaggedWhenAskedFor(t *testing.T) {
	check(t, []string{"", "rule"}, []string{
		"Import-TransportRuleCollection", "New-JournalRule", "Set-JournalRule", "Remove-JournalRule", "Enable-JournalRule",
		"Disable-JournalRule", "New-OutboundConnector", "Set-OutboundConnector", "Remove-OutboundConnector",
	})
	check(t, []string{"", "settings"}, []string{
		"New-Mailbox", "Enable-Mailbox", "Disable-Mailbox", "Remove-Mailbox", "New-MailboxFolder",
		"New-MailboxRestoreRequest", "New-MailboxSearch", "Set-UnifiedGroup", "Set-TransportConfig",
	})
	check(t, []string{"", "logon"}, []string{"IDCRLBlockedDueToSoftEnforcement"})
	check(t, []string{"", "delegated"}, []string{
		"Set-ManagementRoleAssignment", "Remove-ManagementRoleAssignment", "New-ApplicationAccessPolicy",
		"Set-ApplicationAccessPolicy", "Remove-ApplicationAccessPolicy", "New-ServicePrincipal", "Set-ServicePrincipal",
	})
	check(t, []string{"", "folder"}, []string{
		"Add-PublicFolderClientPermission", "Remove-PublicFolderClientPermission", "New-SharingPolicy",
		"Set-SharingPolicy", "Remove-SharingPolicy",
	})
}

func TestOperationsThatAreNeverTagged(t *testing.T) {
	check(t, []string{""}, []string{
		"SendAs", "SendOnBehalf", // a use, not a grant
		"SignInEvent", "Sign-in activity", // not known to be in the audit log
		"New-RemoteDomain", "Set-RemoteDomain", "Set-HostedOutboundSpamFilterPolicy", "New-HostedOutboundSpamFilterPolicy",
		"Set-OrganizationConfig", "Set-AdminAuditLogConfig", "Set-DistributionGroup", "Set-DynamicDistributionGroup",
		"Set-MailContact", "Set-MailPublicFolder", "Set-RemoteMailbox", // without the details that count
		"Add app role assignment to service principal.", "Consent to application.",
		"Get-Mailbox", "Set-MailboxPermission", "Update-InboxRule", "MailItemsAccessed", "Remove-InboundConnector",
		"New-InboxRules", "New-Inbox", "", "x", "Set-Mailbo\u212a", "\u017fet-Mailbox",
	})
}

// check runs each operation with the optional rows off and, where a second value is wanted, on.
func check(t *testing.T, want []string, operations []string) {
	t.Helper()
	for i, e := range []*detect.Engine{detect.New(detect.Options{}), detect.New(detect.Options{Optional: true})} {
		expected := want[min(i, len(want)-1)]
		for _, op := range operations {
			if tags, _ := detectOne(t, e, cmdlet(op)); short(tags) != expected {
				t.Errorf("%q, optional %v: tags %q, want %q", op, i == 1, short(tags), expected)
			}
		}
	}
}

func TestOperationsAreComparedWithoutCaseAndOuterSpace(t *testing.T) {
	check(t, []string{"delegated"}, []string{
		"add-mailboxpermission", "ADD-MAILBOXPERMISSION", " Add-MailboxPermission", "Add-MailboxPermission \t\r\n",
	})
}

func TestTagsThatDependOnDetails(t *testing.T) {
	const consent = "ConsentAction.Permissions"
	const role = "Add app role assignment to service principal."
	scopes := func(s string) string {
		return "[] => [[Id: r2KtIS6Z, ClientId: 21ad62af-992e-4a9f-b6c1-67aa6c8a6eb4, PrincipalId: , ResourceId: " +
			"ce7199b4-8f52-46f3-b54b-4fd81de961e2, ConsentType: Principal, Scope: " + s + ", CreatedDateTime: , LastModifiedDateTime ]]; "
	}
	for name, c := range map[string]struct{ record, want string }{
		"send on behalf adds delegation": {cmdlet("Set-Mailbox", "GrantSendOnBehalfTo", "ana"), "settings+delegated"},
		"send on behalf, other case":     {cmdlet("Set-Mailbox", "grantsendonbehalfto", "ana"), "settings+delegated"},
		"send on behalf, taken away":     {cmdlet("Set-Mailbox", "GrantSendOnBehalfTo", ""), "settings+delegated"},
		"another name like it":           {cmdlet("Set-Mailbox", "GrantSendOnBehalfToX", "ana"), "settings"},
		"the name as a value":            {cmdlet("Set-Mailbox", "DisplayName", "GrantSendOnBehalfTo"), "settings"},
		"mail user":                      {cmdlet("Set-MailUser", "GrantSendOnBehalfTo", "ana"), "settings+delegated"},
		"distribution group":             {cmdlet("Set-DistributionGroup", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"dynamic distribution group":     {cmdlet("Set-DynamicDistributionGroup", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"unified group":                  {cmdlet("Set-UnifiedGroup", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"mail contact":                   {cmdlet("Set-MailContact", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"mail public folder":             {cmdlet("Set-MailPublicFolder", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"remote mailbox":                 {cmdlet("Set-RemoteMailbox", "GrantSendOnBehalfTo", "ana"), "delegated"},
		"new remote domain forwards":     {cmdlet("New-RemoteDomain", "AutoForwardEnabled", "True"), "rule"},
		"remote domain forwards":         {cmdlet("Set-RemoteDomain", "AutoForwardEnabled", "True"), "rule"},
		"remote domain forwards no more": {cmdlet("Set-RemoteDomain", "AutoForwardEnabled", "False"), "rule"},
		"remote domain replies":          {cmdlet("Set-RemoteDomain", "AutoReplyEnabled", "True"), ""},
		"spam policy forwards":           {cmdlet("Set-HostedOutboundSpamFilterPolicy", "AutoForwardingMode", "On"), "rule"},
		"new spam policy forwards":       {cmdlet("New-HostedOutboundSpamFilterPolicy", "AutoForwardingMode", "On"), "rule"},
		"spam policy of another kind":    {cmdlet("Set-HostedOutboundSpamFilterPolicy", "AutoForwardEnabled", "On"), ""},
		"mailbox audit off everywhere":   {cmdlet("Set-OrganizationConfig", "AuditDisabled", "True"), "settings"},
		"organization, something else":   {cmdlet("Set-OrganizationConfig", "FocusedInboxOn", "True"), ""},
		"audit log off":                  {cmdlet("Set-AdminAuditLogConfig", "UnifiedAuditLogIngestionEnabled", "False"), "settings"},
		"admin audit log":                {cmdlet("Set-AdminAuditLogConfig", "AdminAuditLogEnabled", "True"), "settings"},
		"audit log, something else":      {cmdlet("Set-AdminAuditLogConfig", "LogLevel", "None"), ""},

		"full access as an app":         {modified(role, "AppRole.Value", "full_access_as_app"), "delegated"},
		"full access, other case":       {modified(role, "AppRole.Value", "Full_Access_As_App"), "delegated"},
		"mail permission":               {modified(role, "AppRole.Value", "Mail.Read"), "delegated"},
		"mail permission as JSON text":  {modified(role, "AppRole.Value", `"Mail.ReadWrite"`), "delegated"},
		"mail permission in a list":     {modified(role, "AppRole.Value", `["User.Read.All","Mail.Send"]`), "delegated"},
		"another permission":            {modified(role, "AppRole.Value", "User.Read.All"), ""},
		"a permission like mail":        {modified(role, "AppRole.Value", "Mailing.Read"), ""},
		"a permission ending like mail": {modified(role, "AppRole.Value", "Chat.Mail.Read"), ""},
		"mail in another property":      {modified(role, "AppRole.DisplayName", "Mail.Read"), ""},
		"a host name of Exchange": {modified(role, "TargetId.ServicePrincipalNames",
			"https://outlook.office.com;00000002-0000-0ff1-ce00-000000000000/mail.office365.com"), ""},

		"consent to mail":            {modified("Consent to application.", consent, scopes("User.Read Mail.Read offline_access")), "delegated"},
		"consent to mail of Outlook": {modified("Consent to application.", consent, scopes("https://outlook.office.com/Mail.Send")), "delegated"},
		"consent to IMAP":            {modified("Consent to application.", consent, scopes("IMAP.AccessAsUser.All")), "delegated"},
		"consent to web services":    {modified("Consent to application.", consent, scopes("full_access_as_user")), "delegated"},
		"consent to mail settings":   {modified("Consent to application.", consent, scopes("MailboxSettings.ReadWrite")), "delegated"},
		"consent without the period": {modified("Consent to application", consent, scopes("Mail.Read")), "delegated"},
		"consent to something else":  {modified("Consent to application.", consent, scopes("User.Read openid email")), ""},
		"mail granted before, not now": {modified("Consent to application.", consent,
			"[[Scope: Mail.Read]] => [[Scope: User.Read]]"), ""},
		"mail in another property of a consent": {modified("Consent to application.", "ConsentContext.Tags", "Mail.Read"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if tags, _ := detectOne(t, detect.New(detect.Options{}), c.record); short(tags) != c.want {
				t.Errorf("tags %q, want %q", short(tags), c.want)
			}
		})
	}
}

func TestOptionalTagStandsBesideOneThatIsAlwaysOn(t *testing.T) {
	e := detect.New(detect.Options{Optional: true})
	if tags, _ := detectOne(t, e, cmdlet("Set-UnifiedGroup", "GrantSendOnBehalfTo", "ana")); short(tags) != "settings+delegated" {
		t.Errorf("tags %q", short(tags))
	}
}

func TestParametersInEveryForm(t *testing.T) {
	for parameters, want := range map[string]string{
		`[{"Name":"AuditDisabled","Value":"True"}]`:                       "settings",
		`[{"Name":"AuditDisabled"}]`:                                      "settings",
		`[{"Name":"AuditDisabled","Value":true}]`:                         "settings",
		`[{"Name":" auditdisabled ","Value":null}]`:                       "settings",
		`[7,null,"x",{"Value":"AuditDisabled"},{"Name":"AuditDisabled"}]`: "settings",
		`"-Identity \"a b\" -AuditDisabled \"True\""`:                     "settings",
		`{"AuditDisabled":"True"}`:                                        "settings",
		`{"auditdisabled":{"Value":"True"}}`:                              "settings",
		`"[{\"Name\":\"AuditDisabled\",\"Value\":\"True\"}]"`:             "settings",
		`"{\"AuditDisabled\":\"True\"}"`:                                  "settings",
		`"[{\"Name\":\"x\",\"Value\":\"-AuditDisabled\"}]"`:               "",
		`"[AuditDisabled"`:                                                "",
		`"-AUDITDISABLED"`:                                                "settings",
		`"-Force -AuditDisabled:$true"`:                                   "settings",
		`"  -Count -1\t-AuditDisabled\r\n$true"`:                          "settings",
		`"-Identity O'Brien -AuditDisabled True"`:                         "settings",
		`"-Identity \"a \"\"b\"\" c\" -AuditDisabled True"`:               "settings",
		`"-Comment \"x -AuditDisabled True\""`:                            "",
		`"-Comment 'x -AuditDisabled True' -Force"`:                       "",
		`"-Comment:\"x -AuditDisabled True\""`:                            "",
		`"AuditDisabled"`:                                                 "",
		`"-"`:                                                             "",
		`"- AuditDisabled"`:                                               "",
		`""`:                                                              "",
		`[]`:                                                              "",
		`{}`:                                                              "",
		`null`:                                                            "",
		`7`:                                                               "",
	} {
		record := `{"Operation":"Set-OrganizationConfig","Parameters":` + parameters + `}`
		if tags, _ := detectOne(t, detect.New(detect.Options{}), record); short(tags) != want {
			t.Errorf("%s: tags %q, want %q", parameters, short(tags), want)
		}
	}
	if tags, _ := detectOne(t, detect.New(detect.Options{}), `{"Operation":"Set-OrganizationConfig"}`); tags != nil {
		t.Errorf("without parameters: tags %q", short(tags))
	}
}
