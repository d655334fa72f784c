package normalize

import "strings"

// maxPhrase is how many bytes of a name a message repeats.
const maxPhrase = 200

// message writes one sentence for people: who did what to whom from where.
func (e *event) message() {
	e.key("message")
	e.verbatim(`"`)
	e.phrase("", orElse(e.r.who, e.r.userKey.text(), nobody))
	e.phrase(": ", orElse(strings.TrimRight(e.r.op, " ."), "unknown operation"))
	object := orElse(e.r.object, e.r.teamName.text(), e.r.siteURL.text())
	if e.act.class.finding {
		e.phrase(", ", e.r.name.text())
		object = orElse(e.r.alertAbout(), object)
	}
	switch {
	case e.mailbox != "":
		e.phrase(" on mailbox ", e.mailbox)
	case object != "" && e.act.class != &authentication:
		e.phrase(" on ", object)
	}
	e.phrase(" from ", orElse(e.from.ip, e.from.host))
	if e.statusID != statusUnknown {
		e.phrase(" (", e.ended)
		e.verbatim(")")
	}
	e.verbatim(`"`)
}

// phrase writes a part of a message, if there is one.
func (e *event) phrase(lead, s string) {
	if s != "" {
		e.verbatim(lead)
		e.inner(cut(s, maxPhrase))
	}
}
