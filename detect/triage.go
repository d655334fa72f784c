package detect

import (
	"slices"
	"strings"

	"ualstream/schemas"
)

// triage says whether a tagged event is worth an analyst's look. conditional tells that it has a tag by its
// details and not by its operation alone.
//
// UserType alone makes a service identity: a name such as NT AUTHORITY\SYSTEM with another type is shown.
func triage(r record, op *operation, tags []string, conditional bool) schemas.Triage {
	switch {
	case op.name == updateInboxRules && isEmptyRule(r),
		slices.Contains(tags, schemas.MailboxFolderPermissions) && isGroupSetUp(r),
		r.isService() && !hasAddress(r) && !conditional && !isRisky(r, op):
		return schemas.TriageNoise
	}
	return schemas.TriagePriority
}

// isRisky says whether the cmdlet was given a risky parameter, or Outlook wrote a rule that does something.
func isRisky(r record, op *operation) bool {
	return hasParameter(op.risky...)(r) || ruleHas(r, "RuleActions", "ServerRule")
}

// hasAddress says whether the record names a client address in any of its three places.
func hasAddress(r record) bool {
	return slices.ContainsFunc([]string{"ClientIP", "ClientIPAddress", "ActorIpAddress"}, func(name string) bool {
		switch strings.ToLower(r.text(name)) {
		case "", "<null>", "null", "unknown":
			return false
		}
		return true
	})
}

// updateInboxRules is what Outlook writes by the hundred, empty, when it synchronizes.
const updateInboxRules = "updateinboxrules"

// isEmptyRule says whether a rule update holds no rule. ServerRule is an older form of condition and actions.
func isEmptyRule(r record) bool {
	return !ruleHas(r, "RuleCondition", "RuleActions", "RuleName", "ServerRule")
}

// ruleHas says whether one of the properties of a rule update says anything.
func ruleHas(r record, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		switch strings.TrimSpace(r.property("OperationProperties", "Value", name)) {
		case "", "{}", "[]", "null":
			return false
		}
		return true
	})
}

// isGroupSetUp says whether Exchange itself set up the mailbox of a Microsoft 365 group.
func isGroupSetUp(r record) bool {
	fields := strings.Split(r.text("ClientInfoString"), ";")
	return slices.ContainsFunc(fields, func(f string) bool {
		return strings.EqualFold(strings.TrimSpace(f), "Action=ConfigureGroupMailbox")
	})
}
