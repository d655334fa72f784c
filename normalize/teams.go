package normalize

// What Teams' records are about.
var (
	team    = subject{describeTeam, nil}
	channel = subject{describeChannel, nil}
	chat    = subject{describeChat, nil}
)

// describeTeam writes the team and the first of its members that the record names; OCSF has room for one, and
// the others are observables.
func describeTeam(e *event) {
	r := e.r
	e.group(r.teamName.text(), r.teamGUID.text())
	first := true
	for m := range r.members.items {
		upn := m.get("UPN").text()
		if first {
			e.user("user", "user", user{name: orElse(upn, m.get("DisplayName").text())})
			first = false
		} else if isEmail(upn) && len(e.seen) < maxObserved {
			e.observe("user", ".email_addr", mailAddress, upn)
		}
	}
}

func describeChannel(e *event) {
	r := e.r
	e.entity(orElse(r.channelName.text(), r.name.text(), r.teamName.text(), r.objectID.text()), r.channelGUID.text(),
		"Teams", r.parameters)
}

func describeChat(e *event) {
	r := e.r
	e.array("web_resources")
	if e.webResource(orElse(r.itemName.text(), r.channelName.text()), r.messageID.text(), "Teams Message", "") == 0 {
		e.webResource(orElse(r.objectID.text(), r.teamName.text(), "Unknown"), "", "Teams Message", "")
	}
	e.close(']')
}
