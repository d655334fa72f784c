package normalize

// What the records of alerts, of protection and of investigations are about.
var (
	alert         = subject{describeAlert, nil}
	dataLoss      = subject{describeDataLoss, nil}
	scan          = subject{describeScan, nil}
	quarantined   = subject{describeQuarantined, nil}
	directoryCase = subject{func(e *event) { e.entity(e.r.object, "", "Case", e.r.parameters) }, nil}
	copilot       = subject{describeCopilot, nil}
)

// rating gives how severe the source calls a finding: an alert itself, a risk detection by its level, a match of
// data loss prevention by its first rule that says so.
func (r *record) rating() string {
	if s := orElse(r.severity.text(), r.riskLevel.text()); s != "" {
		return s
	}
	for policy := range r.policyDetails.items {
		for rule := range policy.get("Rules").items {
			if s := rule.get("Severity").text(); s != "" {
				return s
			}
		}
	}
	return ""
}

// alertAbout gives the user or other entity that an alert is about, or who sent the mail that data loss prevention
// stopped: an agent reports both.
func (r *record) alertAbout() string {
	return orElse(r.alertEntity.text(), nested(r.alertData).get("eid").text(), r.exchangeMeta.get("From").text())
}

// describeAlert writes the alert, and what it is about as evidence.
func describeAlert(e *event) {
	r := &e.r
	e.finding(orElse(r.alertID.text(), r.riskID.text(), r.investigationID.text(), e.uid),
		orElse(r.name.text(), r.riskEvent.text(), r.investigationName.text(), r.op),
		r.policyID.text(), r.name.text())
	e.bool("is_alert", true)
	about, found := r.alertAbout(), orElse(r.sourceFile.text(), r.fileData.get("FileName").text())
	if about == "" && found == "" && e.from.ip == "" {
		return
	}
	e.array("evidences")
	e.open('{')
	if found != "" {
		e.file("file", found, r.object)
		e.observe("evidences.file", ".name", fileName, found)
	}
	if e.from.ip != "" {
		e.endpoint("src_endpoint", "evidences.src_endpoint")
	}
	if about != "" {
		e.user("user", "evidences.user", user{name: about})
	}
	e.close('}')
	e.close(']')
}

// finding writes what was found and by which policy.
func (e *event) finding(uid, title, policyID, policy string) {
	r := &e.r
	e.object("finding_info")
	if policyID != "" || policy != "" {
		e.object("analytic")
		e.str("name", policy)
		e.id("type_id", 1, "type", "Rule")
		e.str("uid", policyID)
		e.close('}')
	}
	e.str("desc", r.comments.text())
	e.str("title", title)
	if s := r.category.text(); s != "" {
		e.array("types")
		e.text(s)
		e.close(']')
	}
	e.whole("uid", uid)
	e.close('}')
}

// describeDataLoss writes what a policy of data loss prevention found, and the mail or file that it was found in.
func describeDataLoss(e *event) {
	r := &e.r
	var id, name string
	for policy := range r.policyDetails.items {
		id, name = policy.get("PolicyId").text(), policy.get("PolicyName").text()
		break
	}
	e.finding(orElse(r.incidentID.text(), e.uid), orElse(name, r.op), id, name)
	e.bool("is_alert", true)
	if r.exchangeMeta.isObject() {
		e.leakingMail()
		return
	}
	path := orElse(r.sharePointMeta.get("FilePathUrl").text(), r.object)
	if found := orElse(r.sharePointMeta.get("FileName").text(), lastElement(path)); found != "" {
		e.file("file", found, path)
		e.observe("file", ".name", fileName, found)
	}
}

// leakingMail writes the mail that data would leave with, which belongs to its sender.
func (e *event) leakingMail() {
	mail := e.r.exchangeMeta
	e.array("resources")
	e.open('{')
	e.str("name", orElse(mail.get("Subject").text(), nobody))
	if from := mail.get("From").text(); from != "" {
		e.user("owner", "resources.owner", user{name: from})
	}
	e.str("type", "Email Message")
	e.str("uid", mail.get("MessageID").text())
	e.close('}')
	e.close(']')
}

// describeScan writes the mail that was judged on its way.
func describeScan(e *event) {
	r := &e.r
	direction(e, r.directionality.text())
	from := address(r.p2Sender.text(), r.p1Sender.text())
	e.object("email")
	if isEmail(from) {
		e.str("from", from)
		e.observe("email", ".from", mailAddress, from)
	}
	e.str("message_uid", r.internetMessageID.text())
	e.str("subject", r.subject.text())
	e.recipients(isEmail(from), recipientAddresses(r.mailRecipients))
	e.str("uid", r.networkMessageID.text())
	e.close('}')
}

// direction writes which way a mail went.
func direction(e *event, said string) {
	e.captioned("direction", []string{"Unknown", "Inbound", "Outbound", "Internal"}, 0, said)
}

func describeQuarantined(e *event) {
	e.array("web_resources")
	e.webResource(orElse(e.r.subject.text(), e.r.object, "Quarantined Message"), e.r.networkMessageID.text(),
		"Quarantined Message", "")
	e.close(']')
}

// describeCopilot writes what an assistant was asked to use.
func describeCopilot(e *event) {
	e.array("web_resources")
	n := 0
	for res := range e.r.copilotData.get("AccessedResources").items {
		n += e.webResource(orElse(res.get("Name").text(), res.get("SiteUrl").text()), res.get("Id").text(),
			orElse(res.get("Type").text(), "Resource"), "")
	}
	if n == 0 {
		e.webResource(orElse(e.r.copilotData.get("AppHost").text(), "Copilot"), "", "Application", "")
	}
	e.close(']')
}
