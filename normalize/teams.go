package normalize

// What Teams' records are about.
var (
	team    = subject{describeTeam, nil}
	channel = subject{describeChannel, nil}
	chat    = subject{describeChat, nil}
)

// describeTeam writes the team and the first member that the record names: OCSF has room for one, and the others
// stand in unmapped.
func describeTeam(e *event) {
	r := &e.r
	e.group(r.teamName.text(), r.teamGUID.text())
	for m := range r.members.items {
		e.user("user", "user", user{name: orElse(m.get("UPN").text(), m.get("DisplayName").text())})
		break
	}
}

func describeChannel(e *event) {
	r := &e.r
	e.entity(orElse(r.channelName.text(), r.name.text(), r.teamName.text(), r.object), r.channelGUID.text(),
		"Teams", r.parameters)
}

func describeChat(e *event) {
	r := &e.r
	e.array("web_resources")
	if e.webResource(orElse(r.itemName.text(), r.channelName.text()), r.messageID.text(), "Teams Message", "") == 0 {
		e.webResource(orElse(r.object, r.teamName.text(), nobody), "", "Teams Message", "")
	}
	e.close(']')
}
