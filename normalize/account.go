package normalize

import "strings"

// account gives the user whose account or mailbox it is about, which events are kept together by: the mailbox
// where it is an address, else the user that Entra ID says it was done to, else who did it. Services do most of
// what they do to others: for them it is the object that it was done to, or a few accounts would hold most events.
func (r *record) account(act action, mailbox string) string {
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

// fold gives an address in lower case and anything else as it is, without white space around it. SharePoint
// writes users as claims, i:0#.f|membership|alice@contoso.example, of which only the last part names them.
func fold(s string) string {
	s = strings.TrimSpace(s)
	if hasFold(s, "i:0") {
		s = s[strings.LastIndexByte(s, '|')+1:]
	}
	if isEmail(s) {
		return strings.ToLower(s)
	}
	return s
}

// hasFold says whether a text begins with a prefix, without case.
func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
