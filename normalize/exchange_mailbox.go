package normalize

import "strings"

// What happens inside a mailbox.
var (
	folderPermission = subject{describeFolderPermission, ownMailbox}
	mailItems        = subject{describeMailItems, ownMailbox}
	send             = subject{describeSend, ownMailbox}
)

// describeFolderPermission writes to whom a folder was opened. Default and Anonymous stay as Exchange names them.
func describeFolderPermission(e *event) {
	folder := e.r.item.get("ParentFolder")
	if !folder.isObject() {
		folder = e.r.folder
	}
	e.user("user", "user", user{name: folder.get("MemberUpn").text(), uid: folder.get("MemberSid").text()})
	e.privileges(folder.get("MemberRights"))
	name := orElse(folder.get("Path").text(), folder.get("Name").text(), e.mailbox, nobody)
	e.resource(name, "Mailbox Folder", folder.get("Id").text())
}

// describeMailItems writes the mailbox, and the folders and items in it that were read, moved or deleted.
func describeMailItems(e *event) {
	r := &e.r
	e.array("web_resources")
	e.webResource(orElse(e.mailbox, nobody), r.mailboxGUID.text(), "Mailbox", "")
	if isEmail(e.mailbox) {
		e.observe("web_resources", ".name", mailAddress, e.mailbox)
	}
	for folder := range r.folders.items {
		e.webResource(orElse(folder.get("Path").text(), folder.get("Name").text()), folder.get("Id").text(),
			"Mailbox Folder", folder.get("FolderItems"))
	}
	for item := range r.affectedItems.items {
		e.webResource(item.get("Subject").text(), item.get("Id").text(), "Mailbox Item", "")
	}
	e.webResource(r.item.get("Subject").text(), r.item.get("Id").text(), "Mailbox Item", "")
	for _, folder := range [...]value{r.folder, r.item.get("ParentFolder")} {
		e.webResource(orElse(folder.get("Path").text(), folder.get("Name").text()), folder.get("Id").text(),
			"Mailbox Folder", "")
	}
	e.close(']')
}

// mailboxObserved names the mailbox among the observables where no attribute of the class has done so.
func (e *event) mailboxObserved() {
	if isEmail(e.mailbox) {
		e.observe("metadata.tags", ".value", mailAddress, e.mailbox)
		return
	}
	for i := range e.seen {
		if e.seen[i].value == e.mailbox {
			return
		}
	}
	e.observe("metadata.tags", ".value", userName, e.mailbox)
}

// webResource writes one resource into an open list and gives how many it wrote: 0 where nothing names it.
func (e *event) webResource(name, uid, kind string, data value) int {
	if (name == "" && uid == "") || e.listed == maxListed {
		return 0
	}
	e.listed++
	e.open('{')
	e.raw("data", data)
	e.str("name", name)
	e.str("type", kind)
	e.str("uid", uid)
	e.close('}')
	return 1
}

// describeSend writes the mail that was sent. Whose name it carries matters more than who sent it, and the record
// does not always tell to whom it went.
func describeSend(e *event) {
	r := &e.r
	from := address(r.sendAs.text(), r.sendOnBehalf.text(), e.mailbox, r.who)
	e.id("direction_id", 0, "direction", "Unknown")
	e.object("email")
	if isEmail(from) {
		e.str("from", from)
		e.observe("email", ".from", mailAddress, from)
	}
	e.str("from_mailbox", e.mailbox)
	e.str("message_uid", r.item.get("InternetMessageId").text())
	e.str("subject", r.item.get("Subject").text())
	e.recipients(isEmail(from), recipientAddresses(r.recipients))
	e.str("uid", r.item.get("Id").text())
	e.close('}')
	if isEmail(e.mailbox) {
		e.observe("email", ".from_mailbox", mailAddress, e.mailbox)
	}
}

// recipientAddresses gives the list of {Address, Name} as a list of addresses.
func recipientAddresses(list value) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for item := range nested(list).items {
			s := orElse(item.get("Address").text(), item.text())
			if hasFold(s, "smtp:") {
				s = s[len("smtp:"):]
			}
			if !yield(strings.TrimSpace(s)) {
				return
			}
		}
	}
}

// recipients writes to and, where the mail would name nobody else, the list even if it is empty: OCSF demands a
// sender or recipients.
func (e *event) recipients(sender bool, addresses func(yield func(string) bool)) {
	begun := false
	for a := range addresses {
		if e.listed == maxListed {
			break
		}
		if !isEmail(a) {
			continue
		}
		if !begun {
			e.array("to")
			begun = true
		}
		e.listed++
		e.text(a)
		if len(e.seen) < maxObserved {
			e.observe("email", ".to", mailAddress, a)
		}
	}
	if !begun && !sender {
		e.array("to")
		begun = true
	}
	if begun {
		e.close(']')
	}
}
