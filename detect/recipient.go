package detect

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Parameters of cmdlets that name who gets mail, or may open or send it.
var recipientParameters = []string{
	"ForwardTo", "RedirectTo", "ForwardAsAttachmentTo", "RedirectToRecipients", "ForwardingSmtpAddress", "ForwardingAddress",
	"RedirectMessageTo", "BlindCopyTo", "CopyTo", "AddToRecipients", "JournalEmailAddress",
	"User", "Trustee", "GrantSendOnBehalfTo", "ResourceDelegates",
}

// maxRecipients bounds the values of derived.external_recipients.
const maxRecipients = 256

// externalRecipients gives the addresses outside the tenant to which the record forwards, redirects, delegates or
// sends, each once. What takes such a thing away (Remove-, Disable-) gives none.
func (r *reader) externalRecipients() []string {
	rec := record{r.get("unmapped")}
	if op := fold(rec.text("Operation")); strings.HasPrefix(op, "remove") || strings.HasPrefix(op, "disable") {
		return nil
	}
	var found []string
	var own domains
	for _, text := range recipientTexts(rec) {
		addresses(text, func(address string) {
			if own == nil {
				own = append(r.domainsOf(), "")
			}
			if len(found) < maxRecipients && !own.has(address) && !slices.Contains(found, address) {
				found = append(found, address)
			}
		})
	}
	return found
}

// recipientTexts gives the texts of a record that recipients may stand in.
func recipientTexts(rec record) []string {
	var texts []string
	rec.parameters(func(name, v string) bool {
		if among(recipientParameters, name) {
			texts = append(texts, v)
		}
		return true
	})
	for _, name := range []string{"RuleActions", "ServerRule"} { // rules that Outlook writes
		texts = append(texts, ruleRecipients(rec.property("OperationProperties", "Value", name))...)
	}
	for _, to := range sentTo(rec) {
		texts = append(texts, to.String())
	}
	return append(texts, rec.Get("Item.ParentFolder.MemberUpn").Str)
}

// ruleRecipients gives the recipients of a rule's actions, which are JSON: of those that have any. In an older form,
// which is no JSON, the whole text may hold them.
func ruleRecipients(actions string) []string {
	list := gjson.Parse(actions)
	if !list.IsArray() {
		return []string{actions}
	}
	var texts []string
	list.ForEach(func(_, action gjson.Result) bool {
		texts = append(texts, action.Get("Recipients").Raw, action.Get("ForwardTo").Raw, action.Get("RedirectTo").Raw)
		return true
	})
	return texts
}

// sentTo gives the recipients of a mail.
func sentTo(rec record) []gjson.Result {
	for _, path := range []string{"recipientList.#.Address", "Item.Recipients", "ExchangeMetaData.To"} {
		if list := rec.Get(path); list.IsArray() && len(list.Array()) > 0 {
			return list.Array()
		}
	}
	return nil
}

// recipientCount gives how many recipients a mail had, as text; "" where the record does not say.
func recipientCount(rec record) string {
	for _, path := range []string{"recipientCount", "ExchangeMetaData.RecipientCount", "recipientList.#", "Recipients.#"} {
		if n := rec.Get(path); n.Exists() && n.String() != "" && !n.IsArray() {
			return n.String()
		}
	}
	return ""
}
