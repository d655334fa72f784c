package normalize

import "strings"

// What Entra ID's records are about.
var (
	logon           = subject{describeLogon, logonMailbox}
	account         = subject{describeAccount, nil}
	directoryGrant  = subject{describeDirectoryGrant, nil}
	directoryGroup  = subject{describeDirectoryGroup, nil}
	directoryObject = subject{func(e *event) { e.directoryEntity(noun(e.r.op)) }, nil}
	directoryPolicy = subject{describeDirectoryPolicy, nil}
	device          = subject{func(e *event) { e.directoryEntity("Device") }, nil}
)

// The types of an Actor's or Target's identities.
const (
	claimIdentity = "0"
	nameIdentity  = "1"
	otherIdentity = "2"
	upnIdentity   = "5"
)

// identity gives the first ID of a type in Actor or Target.
func identity(list value, kind string) string {
	for item := range list.items {
		if item.get("Type").text() == kind {
			if id := item.get("ID").text(); id != "" {
				return id
			}
		}
	}
	return ""
}

// objectGUID gives the object ID among an Actor's or Target's identities. It stands there twice: plain, and behind
// the object's type, as in User_<id>.
func objectGUID(list value) string {
	for item := range list.items {
		if id := item.get("ID").text(); item.get("Type").text() == otherIdentity && isGUID(id) {
			return id
		}
	}
	return ""
}

// isGUID says whether a text has a GUID's form.
func isGUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range len(s) {
		if s[i] != '-' && !isAlnum(s[i]) {
			return false
		}
	}
	return true
}

// logonMailbox gives no mailbox: a sign-in is about an account.
func logonMailbox(*record) string { return "" }

// describeLogon writes who signed in to what.
func describeLogon(e *event) {
	r := &e.r
	request := r.extended.get("RequestType").text()
	if id, caption := protocol(request); id != 0 {
		e.id("auth_protocol_id", id, "auth_protocol", caption)
	}
	if isSecondFactor(request, r.errorNumber.text()) {
		e.bool("is_mfa", true)
	}
	e.object("service")
	e.str("name", orElse(r.service, "Microsoft 365"))
	e.str("uid", r.signedInTo())
	e.close('}')
	if s := r.session(); s != "" {
		e.object("session")
		e.str("uid", s)
		e.close('}')
	}
	e.user("user", "user", r.doer())
}

// signedInTo gives the ID of the application that a sign-in was to. Older sign-ins name the user in its place, and
// others say Unknown.
func (r *record) signedInTo() string {
	id := orElse(r.object, identity(r.target, claimIdentity))
	if isEmail(id) || hasFold(id, "Unknown") {
		return ""
	}
	return id
}

// isSecondFactor says whether a sign-in is known to have asked for a second factor: its request went to Microsoft's
// strong authentication service, SAS, or it failed there (AADSTS500121). That one was not asked for is never told.
func isSecondFactor(request, code string) bool { return hasFold(request, "SAS:") || code == "500121" }

// protocol reads a RequestType such as OAuth2:Authorize.
func protocol(request string) (id int64, caption string) {
	switch name, _, _ := strings.Cut(request, ":"); {
	case strings.EqualFold(name, "OAuth2"):
		return 6, "OAUTH 2.0"
	case strings.EqualFold(name, "Saml2"), strings.EqualFold(name, "Saml"):
		return 5, "SAML"
	}
	return 0, ""
}

// subjectUser gives the user that it was done to.
func (r *record) subjectUser() user {
	name := identity(r.target, upnIdentity)
	if id := r.object; name == "" && isEmail(id) {
		name = id
	}
	uid := objectGUID(r.target)
	if name == "" && uid == "" {
		return user{name: orElse(identity(r.target, nameIdentity), r.object, r.who)}
	}
	return user{name: name, uid: uid}
}

func describeAccount(e *event) { e.user("user", "user", e.r.subjectUser()) }

// changes calls yield with the name and the new value of each of ModifiedProperties.
func (r *record) changes(yield func(name string, v value) bool) {
	properties(r.modifiedProperties, yield)
}

// changed gives the first new value of the named properties.
func changed(r *record, names ...string) string {
	for _, want := range names {
		if s := unquoted(property(r.modifiedProperties, want)); s != "" {
			return s
		}
	}
	return ""
}

// unquoted gives the text of a changed property. Entra ID writes its values as JSON inside the string.
func unquoted(v value) string {
	s := strings.TrimSpace(v.text())
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' && strings.IndexByte(s[1:n-1], '"') < 0 {
		return s[1 : n-1]
	}
	return s
}

// describeDirectoryGroup writes the group and its member.
func describeDirectoryGroup(e *event) {
	r := &e.r
	name, uid := changed(r, "Group.DisplayName"), changed(r, "Group.ObjectID")
	member := identity(r.target, upnIdentity)
	if name == "" && uid == "" {
		name, uid = identity(r.target, nameIdentity), objectGUID(r.target)
	}
	e.group(orElse(name, uidless(uid, r.object)), uid)
	if member != "" {
		e.user("user", "user", user{name: member, uid: objectGUID(r.target)})
	}
}

// uidless gives a name for what has no ID.
func uidless(uid, name string) string {
	if uid != "" {
		return ""
	}
	return name
}

// directoryEntity writes the object that a directory change is about, with the properties that changed.
func (e *event) directoryEntity(kind string) {
	r := &e.r
	e.entity(orElse(identity(r.target, nameIdentity), identity(r.target, upnIdentity), r.object),
		orElse(objectGUID(r.target), r.object), kind, r.modifiedProperties)
}

// describeDirectoryPolicy writes the policy that was changed.
func describeDirectoryPolicy(e *event) {
	r := &e.r
	e.policy("Directory Policy", orElse(identity(r.target, nameIdentity), r.object), objectGUID(r.target),
		r.modifiedProperties)
}

// noun gives what a directory operation such as "Add service principal." was done to.
func noun(operation string) string {
	_, n, _ := strings.Cut(strings.TrimRight(operation, " ."), " ")
	return orElse(n, "Directory Object")
}
