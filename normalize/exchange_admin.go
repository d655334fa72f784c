package normalize

import "strings"

// What Exchange's other cmdlets are about.
var (
	mailboxSettings   = subject{describeMailbox, settingsMailbox}
	mailboxPermission = subject{describeMailboxPermission, settingsMailbox}
	folderGrant       = subject{describeFolderGrant, settingsMailbox}
	roleAssignment    = subject{describeRoleAssignment, nil}
	exchangeGroup     = subject{describeExchangeGroup, nil}
	configuration     = subject{describeConfiguration, nil}
)

// parameter gives the value of a cmdlet's parameter, of a list its first.
func (r *record) parameter(name string) string { return single(r.params.get(name)).text() }

// describeMailbox writes the mailbox and the settings that were made.
func describeMailbox(e *event) {
	e.object("entity")
	e.raw("data", e.r.parameters)
	e.str("name", e.mailbox)
	e.id("type_id", other, "type", "Mailbox")
	e.str("uid", e.r.object)
	e.user("user", "entity.user", user{name: e.mailbox})
	e.close('}')
}

// describeMailboxPermission writes who may now, or no longer, open or send as a mailbox.
func describeMailboxPermission(e *event) {
	r := &e.r
	e.user("user", "user", user{name: orElse(r.parameter("User"), r.parameter("Trustee"), r.parameter("Owner"))})
	e.privileges(r.params.get("AccessRights"), r.params.get("ExtendedRights"))
	e.resource(orElse(e.mailbox, nobody), "Mailbox", "")
}

// describeFolderGrant writes who may now, or no longer, open a mailbox folder.
func describeFolderGrant(e *event) {
	r := &e.r
	e.user("user", "user", user{name: r.parameter("User")})
	e.privileges(r.params.get("AccessRights"), r.params.get("SharingPermissionFlags"))
	_, folder := cutFolder(orElse(r.parameter("Identity"), r.object))
	e.resource(orElse(folder, e.mailbox, nobody), "Mailbox Folder", "")
}

// describeRoleAssignment writes to whom an Exchange role was given.
func describeRoleAssignment(e *event) {
	r := &e.r
	e.user("user", "user", user{name: orElse(r.parameter("User"), r.parameter("SecurityGroup"), r.parameter("App"),
		r.parameter("Policy"), r.parameter("Identity"), r.object)})
	e.privileges(r.params.get("Role"))
	e.resource(orElse(r.object, r.parameter("Identity"), "Exchange"), "Role Assignment", "")
}

// describeExchangeGroup writes the group and the member.
func describeExchangeGroup(e *event) {
	r := &e.r
	e.group(orElse(r.parameter("Identity"), r.parameter("Name"), r.object), r.object)
	member := orElse(r.parameter("Member"), r.parameter("Members"), r.parameter("Links"))
	if member != "" {
		e.user("user", "user", user{name: member})
	}
}

// describeConfiguration writes what a cmdlet that is not known in particular was run on. Its type is the cmdlet's
// noun.
func describeConfiguration(e *event) {
	r := &e.r
	_, noun, _ := strings.Cut(r.op, "-")
	name := orElse(r.parameter("Identity"), r.parameter("Name"), r.object)
	e.entity(name, r.object, noun, r.parameters)
}

// entityTypes are OCSF's types of managed entities by their IDs.
var entityTypes = []string{"Unknown", "Device", "User", "Group", "Organization", "Policy", "Email", "Network Zone"}

// entity writes what was changed, where OCSF has no object for it.
func (e *event) entity(name, uid, kind string, data value) {
	if name == "" && uid == "" {
		name = nobody
	}
	e.object("entity")
	e.raw("data", data)
	e.str("name", name)
	e.captioned("type", entityTypes, 0, kind)
	e.str("uid", uid)
	e.close('}')
}

// settingsMailbox gives the mailbox that a cmdlet was run on, an address where the record has one.
func settingsMailbox(r *record) string {
	identity, _ := cutFolder(r.parameter("Identity"))
	object, _ := cutFolder(r.object)
	return address(identity, object, r.parameter("Mailbox"), r.parameter("UserPrincipalName"),
		r.parameter("PrimarySmtpAddress"), r.parameter("Name"), ownMailbox(r))
}

// cutFolder parts a folder's identity, <mailbox>:\<path>. What has no folder is a mailbox.
func cutFolder(id string) (mailbox, folder string) {
	if i := strings.Index(id, `:\`); i >= 0 {
		return id[:i], id[i+1:]
	}
	return id, ""
}

// privileges writes the rights of all the lists.
func (e *event) privileges(lists ...value) {
	e.array("privileges")
	for _, l := range lists {
		for right := range values(l) {
			if e.listed == maxListed {
				break
			}
			e.listed++
			e.text(right)
		}
	}
	if e.listed == 0 {
		e.text(nobody)
	}
	e.close(']')
}

// resource writes what rights were given on; a folder belongs to the mailbox.
func (e *event) resource(name, kind, uid string) {
	e.array("resources")
	e.open('{')
	e.str("name", name)
	if e.mailbox != "" && e.mailbox != name {
		e.user("owner", "resources.owner", user{name: e.mailbox})
	}
	e.str("type", kind)
	e.str("uid", uid)
	e.close('}')
	e.close(']')
	switch {
	case isEmail(name):
		e.observe("resources", ".name", mailAddress, name)
	case name != nobody:
		e.observe("resources", ".name", resource, name)
	}
}

// group writes a group.
func (e *event) group(name, uid string) {
	e.object("group")
	if name == "" && uid == "" {
		e.str("name", nobody)
	}
	e.str("name", name)
	e.str("uid", uid)
	e.close('}')
	e.observe("group", ".name", groupName, name)
	e.observe("group", ".uid", groupUID, uid)
}
