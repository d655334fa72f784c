package normalize

import "strings"

// Rules that act on mail, made by cmdlet. OCSF has no object for them: they are policies, and their type says
// which.
var (
	inboxRule     = subject{func(e *event) { e.rule("Inbox Rule") }, ruleMailbox}
	sweepRule     = subject{func(e *event) { e.rule("Sweep Rule") }, ruleMailbox}
	transportRule = subject{func(e *event) { e.rule("Transport Rule") }, nil}
	journalRule   = subject{func(e *event) { e.rule("Journal Rule") }, nil}
	// outlookRule is a change by Outlook, which a mailbox record tells of.
	outlookRule = subject{describeOutlookRule, ownMailbox}
)

// rule writes a rule that a cmdlet made or changed; its data are the cmdlet's parameters.
func (e *event) rule(kind string) {
	e.policy(kind, ruleName(&e.r), e.r.object, e.r.parameters)
}

// policy writes entity as a policy, with the mailbox that it belongs to.
func (e *event) policy(kind, name, uid string, data value) {
	e.object("entity")
	e.str("name", name)
	e.object("policy")
	e.raw("data", data)
	e.str("name", name)
	e.str("type", kind)
	e.str("uid", uid)
	e.close('}')
	e.id("type_id", 5, "type", "Policy")
	e.str("uid", uid)
	if e.mailbox != "" {
		e.user("user", "entity.user", user{name: e.mailbox})
	}
	e.close('}')
}

// ruleName gives a rule's name: a parameter, or what the rule's identity ends in.
func ruleName(r *record) string {
	if name := r.params.get("Name").text(); name != "" {
		return name
	}
	for _, id := range [...]string{r.object, r.params.get("Identity").text()} {
		if i := strings.LastIndexByte(id, '\\'); i >= 0 && i+1 < len(id) {
			return id[i+1:]
		}
	}
	return ""
}

// ruleMailbox gives the mailbox of a rule: a parameter, or what the rule's identity <mailbox>\<rule> begins with,
// an address first. A cmdlet that names no mailbox works on the caller's own, which ObjectId may call by its path in
// Exchange's directory.
func ruleMailbox(r *record) string {
	given, identity, object := r.parameter("Mailbox"), beforeRule(r.parameter("Identity")), beforeRule(r.object)
	if given == "" && identity == "" {
		own := ownMailbox(r)
		return address(object, own, orElse(object, own))
	}
	return address(given, object, identity, "")
}

// ownMailbox gives the mailbox of the user who did it.
func ownMailbox(r *record) string {
	if r.isService() {
		return ""
	}
	return r.who
}

// beforeRule gives the mailbox of <mailbox>\<rule>, or "".
func beforeRule(id string) string {
	if i := strings.LastIndexByte(id, '\\'); i > 0 {
		return id[:i]
	}
	return ""
}

// address gives the first of the names that is a mail address, else the first that is there, except that the last
// one is taken only where there is no other.
func address(names ...string) string {
	for _, n := range names[:len(names)-1] {
		if isEmail(n) {
			return n
		}
	}
	return orElse(names...)
}

// describeOutlookRule writes the rule that Outlook added, changed or removed. A change often says nothing of
// it but an ID.
func describeOutlookRule(e *event) {
	var name, id string
	for n, v := range e.r.operations {
		switch n {
		case "RuleName":
			name = v.text()
		case "RuleId":
			id = v.text()
		}
	}
	e.policy("Inbox Rule", name, id, e.r.operationProperties)
}

// operations calls yield with each of OperationProperties.
func (r *record) operations(yield func(name string, v value) bool) {
	properties(r.operationProperties, yield)
}
