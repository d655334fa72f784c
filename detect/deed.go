package detect

import "strings"

// deeds are what people are told of an operation, without whose and to whom; by its name in lower case without a full
// stop at its end.
var deeds = map[string]string{
	"userloggedin":    "signed in",
	"userloginfailed": "failed to sign in",
	"mailboxlogin":    "opened the mailbox",

	"new-inboxrule":     "made an inbox rule",
	"set-inboxrule":     "changed an inbox rule",
	"enable-inboxrule":  "switched an inbox rule on",
	"disable-inboxrule": "switched an inbox rule off",
	"remove-inboxrule":  "removed an inbox rule",
	"updateinboxrules":  "changed an inbox rule",

	"new-transportrule": "made a mail-flow rule",
	"set-transportrule": "changed a mail-flow rule",
	"new-journalrule":   "made a journal rule",
	"set-journalrule":   "changed a journal rule",
	"set-mailbox":       "changed the settings",
	"new-mailcontact":   "made a contact",

	"mailitemsaccessed":            "read mail",
	"searchqueryinitiated":         "searched mail",
	"searchqueryinitiatedexchange": "searched mail",
	"send":                         "sent mail",
	"sendas":                       "sent mail in another's name",
	"sendonbehalf":                 "sent mail on another's behalf",
	"move":                         "moved mail",
	"movetodeleteditems":           "deleted mail",
	"softdelete":                   "deleted mail",
	"harddelete":                   "deleted mail for good",

	"consent to application":         "let an application in",
	"add service principal":          "entered an application into the directory",
	"add registered owner to device": "registered a device",
	"add registered users to device": "registered a device",
	"add-mailboxpermission":          "gave rights",
	"add-recipientpermission":        "gave rights",
	"disable strong authentication":  "switched the second factor off",
	"user registered security info":  "added a second factor",
	"user deleted security info":     "removed a second factor",
	"new-managementroleassignment":   "assigned a role",
}

// prepositions lead from a deed to what it was done to, where it is not "in".
var prepositions = map[string]string{
	"set-mailbox":                   "of",
	"disable strong authentication": "of",
	"send":                          "from",
}

// deed says what an operation is, and by which word a mailbox follows it.
func deed(operation string) (did, preposition string) {
	name := strings.TrimRight(operation, ". ")
	did, preposition = deeds[lower(name)], or(prepositions[lower(name)], "in")
	switch {
	case did != "":
	case name == "":
		did = "did something"
	case strings.Contains(name, " "):
		did, preposition = `did "`+phrase(name)+`"`, "on"
	default:
		did, preposition = "did "+phrase(name), "on"
	}
	return did, preposition
}
