package normalize

import "strings"

// describeDirectoryGrant writes who may now, or no longer, do what. Where a role or a permission is given the
// changed properties name it; where an owner is, the operation does.
func describeDirectoryGrant(e *event) {
	r := &e.r
	u := r.subjectUser()
	if strings.HasPrefix(identityKind(r.target), "ServicePrincipal") {
		u.typed, u.typeID, u.caption = true, 4, "Service"
		u.name = orElse(u.name, identity(r.target, nameIdentity))
	}
	e.user("user", "user", u)
	e.directoryPrivileges()
	if name := orElse(changed(r, "ServicePrincipal.DisplayName", "Application.DisplayName", "Group.DisplayName",
		"Device.DisplayName"), r.object); name != "" && name != u.name {
		e.resource(name, "Directory Object", "")
	}
}

// identityKind gives the type of object that a Target names beside its identities.
func identityKind(list value) string {
	for item := range list.items {
		if id := item.get("ID").text(); hasFold(id, "ServicePrincipal") {
			return id
		}
	}
	return ""
}

// directoryPrivileges writes the roles and permissions that the changed properties name.
func (e *event) directoryPrivileges() {
	e.array("privileges")
	before := len(e.buf)
	for name, v := range e.r.changes {
		switch name {
		case "Role.DisplayName", "AppRole.Value":
			if s := unquoted(v); s != "" {
				e.text(s)
			}
		case "DelegatedPermissionGrant.Scope":
			e.words(unquoted(v))
		case "ConsentAction.Permissions":
			e.scopes(v.text())
		}
	}
	if len(e.buf) == before {
		e.text(orElse(strings.TrimRight(e.r.op, " ."), nobody))
	}
	e.close(']')
}

// words writes the words of a text.
func (e *event) words(s string) {
	for w := range strings.FieldsSeq(s) {
		if e.listed == maxListed {
			return
		}
		e.listed++
		e.text(w)
	}
}

// scopes writes what a consent granted. Entra ID tells it as text: old grants => new grants, each of which has
// "Scope: Mail.Read Files.Read, ".
func (e *event) scopes(s string) {
	if _, granted, ok := strings.Cut(s, "=>"); ok {
		s = granted
	}
	for {
		_, rest, ok := strings.Cut(s, "Scope: ")
		if !ok {
			return
		}
		end := strings.IndexAny(rest, ",]")
		if end < 0 {
			end = len(rest)
		}
		e.words(rest[:end])
		s = rest[end:]
	}
}
