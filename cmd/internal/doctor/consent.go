package doctor

import (
	"fmt"
	"net/url"
	"strings"

	"ualstream/cmd/internal/entra"
)

// MayRead says what an app with these permissions may do, and what it may not.
func MayRead(dlp bool) string {
	records, not := "the tenant's audit records, which say who did what, when and from where", "not"
	if dlp {
		records, not = records+", and what DLP rules found in mail, chats and files, in part as it stood there", "not otherwise"
	}
	return "It may then read " + records + ", and start and stop its own subscriptions to them. It may " + not +
		" read mail, files, chats or passwords, and it may change nothing else."
}

// ConsentLink gives the page where an administrator of the tenant approves the permissions that an app asks for.
// https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
func ConsentLink(authority, tenant, clientID string) string {
	return strings.TrimSuffix(authority, "/") + "/" + url.PathEscape(tenant) + "/adminconsent?client_id=" + url.QueryEscape(clientID)
}

// WhoConsents names the roles of those who can approve. Cloud Application Administrators approve no application
// permissions of Microsoft's own APIs beyond a few.
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
const WhoConsents = "a Privileged Role Administrator or Global Administrator of the tenant (a Cloud Application Administrator cannot)"

// Roles names the permissions that the content types ask for.
func Roles(dlp bool) string {
	if dlp {
		return RoleRead + " and " + RoleReadDLP
	}
	return RoleRead
}

// Grant says how the permissions are given in a tenant to who logs in.
func (m Microsoft) Grant(tenant string, dlp bool) string {
	roles := Roles(dlp)
	if m.Login.Kind == entra.ManagedIdentity && m.Login.IdentityID == "" {
		return grantIdentity(roles)
	}
	app := m.Login.ClientID
	if app == "" { // the Azure CLI's
		app = "APP-ID"
	}
	return fmt.Sprintf("at Entra, App registrations, API permissions, the app has from the Office 365 Management APIs, as application "+
		"permission, %s; then %s opens this page and approves, which takes effect within minutes:\n    %s",
		roles, WhoConsents, ConsentLink(m.Authority, tenant, app))
}

// grantIdentity is for who has no app registration, and so no page to consent on. Microsoft Graph PowerShell gives it
// its roles.
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-assign-app-role-managed-identity
func grantIdentity(roles string) string {
	lines := []string{
		"a managed identity has no consent page; " + WhoConsents + " gives it " + roles + " in Microsoft Graph PowerShell:",
		"    $id = 'OBJECT-ID-OF-THE-IDENTITY'",
		"    $api = Get-MgServicePrincipal -Filter \"appId eq '" + managementApp + "'\"",
	}
	for role := range strings.SplitSeq(roles, " and ") {
		lines = append(lines, "    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $id -PrincipalId $id -ResourceId $api.Id "+
			"-AppRoleId ($api.AppRoles | Where-Object Value -eq "+role+").Id")
	}
	return strings.Join(lines, "\n")
}
