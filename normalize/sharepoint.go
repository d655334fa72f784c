package normalize

import "strings"

// What SharePoint's and OneDrive's records are about.
var (
	file      = subject{describeFile, nil}
	page      = subject{func(e *event) { e.oneResource("Web Page") }, nil}
	search    = subject{func(e *event) { e.oneResource("Search") }, nil}
	site      = subject{func(e *event) { e.entity(e.r.place(), "", "Site", e.r.modifiedProperties) }, nil}
	siteAdmin = subject{describeSiteAdmin, nil}
	siteGroup = subject{describeSiteGroup, nil}
)

// place gives what a record is about as an address or path.
func (r *record) place() string { return orElse(r.object, r.siteURL.text()) }

// describeFile writes the file or folder, and its new name where it got one.
func describeFile(e *event) {
	r := &e.r
	name := orElse(r.sourceFile.text(), lastElement(r.object))
	e.file("file", orElse(name, nobody), r.object)
	e.observe("file", ".name", fileName, name)
	if to := r.destinationFile.text(); to != "" {
		e.file("file_result", to, r.destinationURL.text())
	}
	if with := r.targetUser.text(); with != "" {
		e.array("access_list")
		e.text(with)
		e.close(']')
		if isEmail(with) {
			e.observe("access_list", "", mailAddress, with)
		}
	}
}

func (e *event) file(attribute, name, path string) {
	e.object(attribute)
	e.str("name", name)
	e.str("path", path)
	switch strings.ToLower(e.r.itemType.text()) {
	case "file", "page", "1":
		e.id("type_id", 1, "type", "Regular File")
	case "folder", "documentlibrary", "5":
		e.id("type_id", 2, "type", "Folder")
	case "", "unknown":
		e.id("type_id", 0, "type", "Unknown")
	default:
		e.id("type_id", other, "type", e.r.itemType.text())
	}
	e.close('}')
}

// lastElement gives what follows the last slash of a URL or path.
func lastElement(path string) string {
	path = strings.TrimRight(path, `/\`)
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// oneResource writes the page, list or query that was used.
func (e *event) oneResource(kind string) {
	e.array("web_resources")
	e.webResource(orElse(e.r.place(), e.mailbox, e.r.service, nobody), "", kind, "")
	e.close(']')
}

// describeSiteAdmin writes who administers a site now, or no longer.
func describeSiteAdmin(e *event) {
	e.user("user", "user", user{name: e.r.targetUser.text()})
	e.verbatimPrivilege("Site Collection Administrator")
	e.resource(orElse(e.r.place(), nobody), "Site", "")
}

// verbatimPrivilege writes the one right that an operation stands for.
func (e *event) verbatimPrivilege(right string) {
	e.array("privileges")
	e.text(right)
	e.close(']')
}

// describeSiteGroup writes the SharePoint group and its member. EventData is XML text: <Group>Site Members</Group>.
func describeSiteGroup(e *event) {
	data := e.r.eventData.text()
	_, rest, _ := strings.Cut(data, "<Group>")
	name, _, _ := strings.Cut(rest, "</Group>")
	e.group(orElse(name, e.r.place()), "")
	if u := e.r.targetUser.text(); u != "" {
		e.user("user", "user", user{name: u})
	}
}
