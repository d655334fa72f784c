package normalize

import (
	"time"

	"ualstream/schemas"
)

// metadata writes where the record comes from and what every consumer needs, then the event's time.
func (e *event) metadata() {
	r := &e.r
	at, readable := e.time()
	e.object("metadata")
	e.str("event_code", r.op)
	e.str("log_name", utf8Text(e.received.Source))
	e.str("log_provider", r.service)
	if at := e.received.ContentCreated; !at.IsZero() {
		e.int("logged_time", at.UnixMilli())
	}
	e.whole("original_event_uid", e.uid)
	e.str("original_time", r.creationTime.text())
	if at := e.received.Received; !at.IsZero() {
		e.int("processed_time", at.UnixMilli())
	}
	e.key("product")
	e.verbatim(`{"name":"Microsoft 365","vendor_name":"Microsoft"}`)
	if e.act.class.host {
		e.key("profiles")
		e.verbatim(`["host"]`)
	}
	e.tags(readable)
	e.str("tenant_uid", orElse(r.organizationID.text(), utf8Text(e.received.Tenant)))
	e.whole("uid", e.uid)
	e.str("version", schemas.OCSFVersion)
	e.close('}')
	e.int("time", at)
}

// tags writes what consumers need whatever the class is; schemas names them.
func (e *event) tags(readableTime bool) {
	e.array("tags")
	e.tag(schemas.TagAccount, e.account)
	if e.mailbox != "" {
		e.tag(schemas.TagMailbox, e.mailbox)
	}
	if !readableTime {
		e.tag(schemas.TagTime, "unreadable")
	}
	if e.repaired {
		e.tag(schemas.TagEncoding, "repaired")
	}
	e.close(']')
}

func (e *event) tag(name, value string) {
	e.open('{')
	e.str("name", name)
	e.str("value", value)
	e.close('}')
}

// time gives when it happened in milliseconds since 1970. Where CreationTime is absent or no time it is when
// Microsoft offered the record, else when it was received, else 0, and readable is false.
func (e *event) time() (ms int64, readable bool) {
	if e.r.creationTime.isString() {
		if t, ok := parseTime(e.r.creationTime.text()); ok {
			return t.UnixMilli(), true
		}
	}
	for _, t := range []time.Time{e.received.ContentCreated, e.received.Received} {
		if !t.IsZero() {
			return t.UnixMilli(), false
		}
	}
	return 0, false
}
