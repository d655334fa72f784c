package normalize

import "strings"

// account gives the user whose account or mailbox it is about, which events are kept together by: the mailbox
// where it is an address, else the user that Entra ID says it was done to, else who did it. Services do most of
// what they do to others: for them it is the object that it was done to, or a few accounts would hold most events.
func (r *record) account(act action, mailbox string) string {
	if r.isService() {
		return orElse(fold(r.object), fold(mailbox), r.who, "-")
	}
	if isEmail(mailbox) {
		return strings.ToLower(mailbox)
	}
	if act.class != &authentication {
		if upn := identity(r.target, upnIdentity); isEmail(upn) {
			return strings.ToLower(upn)
		}
	}
	return orElse(fold(r.who), "-")
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
	if isEmail(s) {
		return strings.ToLower(s)
	}
	return s
}

// hasFold says whether a text begins with a prefix, without case.
func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
