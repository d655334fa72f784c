package normalize

import (
	"strings"

	"ualstream/schemas"
)

// event is one event on its way: what is known of it and what of it is written.
type event struct {
	encoder
	act      action
	r        record
	received schemas.Raw
	uid      string
	repaired bool

	mailbox string // as the record names it; "" where there is none
	account string // the value of the tag account, never ""
	from    endpoint
	// How it ended, as status_id and status.
	statusID int64
	ended    string
	seen     []observable
	listed   int // items of lists that have been written
}

// write writes the event's attributes. unmapped stands last, so that readers of the others stop early.
func (e *event) write() {
	e.mailbox = e.r.mailbox(e.act)
	e.account = e.r.account(e.act, e.mailbox)
	e.from = e.r.endpoint()

	e.classify()
	e.metadata()
	e.severity()
	e.status()
	e.message()
	e.act.describe(e)
	e.mailboxObserved()
	e.actor()
	e.source()
	e.observables()
	e.raw("unmapped", e.r.body)
}

// severity is informational unless a finding's source says more.
func (e *event) severity() {
	if !e.act.class.finding {
		e.id("severity_id", 1, "severity", "Informational")
		return
	}
	said := e.r.rating()
	for id, caption := range []string{1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"} {
		if id > 0 && strings.EqualFold(said, caption) {
			e.id("severity_id", int64(id), "severity", caption)
			return
		}
	}
	if said == "" {
		e.id("severity_id", 1, "severity", "Informational")
		return
	}
	e.id("severity_id", other, "severity", said)
}
