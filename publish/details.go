package publish

import (
	"iter"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// telling are the parameters of cmdlets that say most, the first ones first. See the Exchange PowerShell
// reference on learn.microsoft.com.
var telling = []string{
	"Name", "ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "ForwardingSmtpAddress", "ForwardingAddress",
	"DeliverToMailboxAndForward", "BlindCopyTo", "CopyTo", "RedirectMessageTo", "AddToRecipients",
	"JournalEmailAddress", "MoveToFolder", "DestinationFolder", "DeleteMessage", "SoftDeleteMessage",
	"PermanentDelete", "MarkAsRead", "StopProcessingRules", "SubjectOrBodyContainsWords", "SubjectContainsWords",
	"BodyContainsWords", "From", "Sender", "User", "Trustee", "AccessRights", "GrantSendOnBehalfTo", "Role",
	"AuditEnabled", "AuditBypassEnabled", "AuditDisabled", "UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled",
	"AutoForwardEnabled", "AutoForwardingMode", "PublishEnabled",
}

// dull are parameters that say nothing to a reader.
var dull = []string{
	"AlwaysDeleteOutlookRulesBlob", "Confirm", "DomainController", "ErrorAction", "Force", "IgnoreDehydratedFlag",
	"InheritanceType", "WarningAction", "WhatIf",
}

// Bounds of what a line shows of a record.
const (
	mostDetails = 6
	mostRunes   = 60 // of one detail
)

// details gives what tells one event from another of the same operation, as words of a line.
func details(event gjson.Result) []string {
	rec := event.Get("unmapped")
	var all []string
	for _, part := range []func(event, rec gjson.Result) []string{
		outcome, application, parameters, ruleUpdate, folder, modified,
	} {
		all = append(all, part(event, rec)...)
	}
	if len(all) == 0 {
		all = pair(nil, "on", thing(event, rec))
	}
	if len(all) > mostDetails {
		all = append(all[:mostDetails:mostDetails], "…")
	}
	return all
}

// thing gives what it was done to: the entity's name, as of a rule that was removed, or else the record's own word.
func thing(event, rec gjson.Result) gjson.Result {
	if name := event.Get("entity.name"); name.Str != "" {
		return name
	}
	return rec.Get("ObjectId")
}

// pair adds name=value where there is a value; the elements of a list are parted by semicolons.
func pair(words []string, name string, value gjson.Result) []string {
	text := value.String()
	if value.IsArray() {
		var list []string
		for _, e := range value.Array() {
			list = append(list, e.String())
		}
		text = strings.Join(list, ";")
	}
	if text == "" {
		return words
	}
	return append(words, name+"="+word(text, mostRunes))
}

// OCSF's class of logons, and its status of what succeeded.
const (
	authentication = 3002
	success        = 1
)

// outcome says how it ended where it did not simply succeed, and for logons always.
func outcome(event, _ gjson.Result) []string {
	status := strings.ToLower(event.Get("status").Str)
	switch {
	case status == "success" && event.Get("class_uid").Int() == authentication:
		return []string{"succeeded"}
	case status == "" || status == "success" || status == "unknown":
		return nil
	}
	words := []string{word(status, 20)}
	if status == "failure" {
		words[0] = "FAILED"
	}
	words = pair(words, "reason", event.Get("status_detail"))
	return pair(words, "code", event.Get("status_code"))
}

// parameters gives a cmdlet's parameters, the telling ones first. The mailbox, which is Identity, has its own
// place in the line.
func parameters(_, rec gjson.Result) []string {
	p := rec.Get("Parameters")
	if list := gjson.Parse(p.Str); p.Type == gjson.String && (list.IsArray() || list.IsObject()) {
		p = list // as programs write it that read a record and write it again
	}
	if p.Type == gjson.String && p.Str != "" {
		return []string{quoted(p.Str, 2*mostRunes)}
	}
	type parameter struct {
		rank int
		word string
	}
	var found []parameter
	for name, value := range namesAndValues(p) {
		if name == "" || name == "Identity" || slices.Contains(dull, name) {
			continue
		}
		rank := slices.Index(telling, name)
		if rank < 0 {
			rank = len(telling)
		}
		found = append(found, parameter{rank, word(name, 40) + "=" + word(value, mostRunes)})
	}
	slices.SortStableFunc(found, func(a, b parameter) int { return a.rank - b.rank })
	words := make([]string, len(found))
	for i, f := range found {
		words[i] = f.word
	}
	return words
}

// namesAndValues gives the names and values of a list of {Name, Value} objects, or of one object.
func namesAndValues(list gjson.Result) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		list.ForEach(func(key, v gjson.Result) bool {
			if list.IsArray() {
				return yield(v.Get("Name").String(), v.Get("Value").String())
			}
			return !list.IsObject() || yield(key.Str, v.String())
		})
	}
}

// elements gives an array's elements; what is no array has none.
func elements(array gjson.Result) []gjson.Result {
	if !array.IsArray() {
		return nil
	}
	return array.Array()
}

// named gives the element of a list of {Name, …} objects with that name.
func named(list gjson.Result, name string) gjson.Result {
	for _, e := range elements(list) {
		if strings.EqualFold(e.Get("Name").String(), name) {
			return e
		}
	}
	return gjson.Result{}
}

// ruleUpdate gives what Outlook wrote of an inbox rule: UpdateInboxRules has no cmdlet parameters.
func ruleUpdate(_, rec gjson.Result) []string {
	props := rec.Get("OperationProperties")
	words := pair(nil, "rule", named(props, "RuleName").Get("Value"))
	words = pair(words, "change", named(props, "RuleOperation").Get("Value"))
	for _, action := range elements(gjson.Parse(named(props, "RuleActions").Get("Value").Str)) {
		words = pair(words, "action", action.Get("ActionType"))
		words = pair(words, "to", action.Get("Recipients"))
	}
	if condition := named(props, "RuleCondition").Get("Value"); condition.String() != "{}" {
		words = pair(words, "if", condition)
	}
	return words
}

// folder gives the mailbox folder, and who got which rights on it.
func folder(_, rec gjson.Result) []string {
	f := rec.Get("Item.ParentFolder")
	words := pair(nil, "folder", f.Get("Path"))
	words = pair(words, "member", f.Get("MemberUpn"))
	return pair(words, "rights", f.Get("MemberRights"))
}

// modified gives what Entra changed, where that gives access.
func modified(_, rec gjson.Result) []string {
	props := rec.Get("ModifiedProperties")
	words := pair(nil, "role", named(props, "AppRole.Value").Get("NewValue"))
	words = pair(words, "to", named(props, "ServicePrincipal.DisplayName").Get("NewValue"))
	consent := named(props, "ConsentAction.Permissions").Get("NewValue").String() // before => after
	if _, after, ok := strings.Cut(consent, "=>"); ok {
		consent = after
	}
	if _, scope, ok := strings.Cut(consent, "Scope:"); ok {
		if end := strings.IndexAny(scope, ",]"); end >= 0 {
			scope = scope[:end]
		}
		words = append(words, "scope="+word(strings.TrimSpace(scope), mostRunes))
	}
	return words
}
