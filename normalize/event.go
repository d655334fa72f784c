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
	e.captioned("severity", []string{"Unknown", "Informational", "Low", "Medium", "High", "Critical"}, 1, e.r.rating())
}

// captioned writes name and its _id by what the record said: the ID whose caption it is in any case, none where it
// said nothing or Unknown, and else other with the record's own word.
func (e *event) captioned(name string, captions []string, none int, said string) {
	if said == "" || strings.EqualFold(said, "Unknown") {
		said = captions[none]
	}
	for id, caption := range captions {
		if strings.EqualFold(said, caption) {
			e.id(name+"_id", int64(id), name, caption)
			return
		}
	}
	e.id(name+"_id", other, name, said)
}
