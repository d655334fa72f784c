package detect

import (
	"slices"
	"strings"
)

// hasParameter is met by a cmdlet that was given one of the parameters, whatever its value: turning a switch
// off undoes what turning it on did, and both are worth seeing.
func hasParameter(names ...string) func(record) bool {
	return func(r record) bool {
		found := false
		r.parameters(func(name, _ string) bool {
			found = among(names, name)
			return !found
		})
		return found
	}
}

func among(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// grantsMailRole is met where an application is given a role that opens mailboxes: Exchange's
// full_access_as_app or one of Graph's Mail permissions (Entra audit log, AppRole.Value). The other modified
// properties are not looked at: the names of Exchange's own service hold host names such as mail.office365.com.
func grantsMailRole(r record) bool {
	role := r.property("ModifiedProperties", "NewValue", "AppRole.Value")
	return slices.ContainsFunc(permissions(role), func(p string) bool {
		return strings.EqualFold(p, "full_access_as_app") || isMail(p)
	})
}

// mailScopes are delegated permissions that open a mailbox and do not begin with "Mail.".
var mailScopes = []string{
	"full_access_as_app", "full_access_as_user", // Exchange Web Services, all of it
	"EWS.AccessAsUser.All", "EAS.AccessAsUser.All", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send",
	"MailboxSettings.ReadWrite", // may create inbox rules and automatic replies
}

// consentsToMail is met where a user or administrator consents to an application reading or sending mail. The
// property reads "[what was granted before] => [[… Scope: Mail.Read User.Read, …]]".
func consentsToMail(r record) bool {
	granted := r.property("ModifiedProperties", "NewValue", "ConsentAction.Permissions")
	if _, after, ok := strings.Cut(granted, "=>"); ok {
		granted = after
	}
	return slices.ContainsFunc(permissions(granted), func(p string) bool { return isMail(p) || among(mailScopes, p) })
}

// permissions splits a text into permission names, without the resource that may stand before them as in
// https://outlook.office.com/Mail.Read.
func permissions(s string) []string {
	words := strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(" \t\r\n,;:[]{}()\"'\\", c) })
	for i, w := range words {
		words[i] = w[strings.LastIndexByte(w, '/')+1:]
	}
	return words
}

func isMail(permission string) bool {
	const prefix = "Mail."
	return len(permission) > len(prefix) && strings.EqualFold(permission[:len(prefix)], prefix)
}
