package normalize

import "strings"

// account gives the user whose account or mailbox it is about, which events are kept together by: of a finding
// whom it is about, the mailbox where it is an address, else the user that Entra ID says it was done to, else who did it. Services do most of
// what they do to others: for them it is the object that it was done to, or a few accounts would hold most events.
func (r *record) account(act action, mailbox string) string {
	if act.class.finding {
		if about := fold(r.alertAbout()); isEmail(about) {
			return about
		}
	}
	if r.isService() {
		return orElse(fold(r.object), fold(mailbox), fold(r.who), "-")
	}
	if box := fold(mailbox); isEmail(box) {
		return box
	}
	if act.class != &authentication {
		if upn := fold(identity(r.target, upnIdentity)); isEmail(upn) {
			return upn
		}
	}
	return orElse(r.doerAccount(), "-")
}

// doerAccount names who did it: by their address where the record has it, as Entra ID's Actor often does where
// UserId is an ID.
func (r *record) doerAccount() string {
	who := fold(r.who)
	if isEmail(who) {
		return who
	}
	if upn := fold(identity(r.actor, upnIdentity)); isEmail(upn) {
		return upn
	}
	return who
}

// isService says whether Microsoft's own services did it.
func (r *record) isService() bool {
	switch t := r.userType.text(); {
	case t == "3" || t == "4" || strings.EqualFold(t, "DCAdmin") || strings.EqualFold(t, "System"):
		return true
	}
	id := r.who
	return hasFold(id, `NT AUTHORITY`) || hasFold(id, `NT SERVICE`)
}

// mailbox gives the mailbox that it was done to, as the record names it.
func (r *record) mailbox(act action) string {
	if s := r.mailboxOwner.text(); s != "" || act.mailbox == nil {
		return s
	}
	return act.mailbox(r)
}

// fold gives an address in lower case and anything else as it is.
func fold(s string) string {
	if s = bare(s); isEmail(s) {
		return strings.ToLower(s)
	}
	return s
}

// bare gives a name without white space around it. SharePoint writes users as claims,
// i:0#.f|membership|alice@contoso.example, of which only the last part names them.
func bare(name string) string {
	name = strings.TrimSpace(name)
	if hasFold(name, "i:0") {
		name = name[strings.LastIndexByte(name, '|')+1:]
	}
	return name
}

// hasFold says whether a text begins with a prefix, without case.
func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
