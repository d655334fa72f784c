package o365

import (
	"fmt"
	"strings"
	"time"
)

// Error is an answer of the API that is no success. It never holds a token or a query.
type Error struct {
	Status     int           // HTTP status
	Code       string        // such as AF20022; "" where the answer has none
	Message    string        // the API's own words, shortened
	RetryAfter time.Duration // as the answer asks; 0 where it does not
	sent       time.Time     // when the request was
	op         string
}

// Error gives the answer in one line, with what it means where that is known.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: status %d", e.op, e.Status)
	for _, s := range []string{e.Code, e.Message} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	if why := e.Reason(); why != "" {
		b.WriteString(" (" + why + ")")
	}
	return b.String()
}

// Action says what to do about the answer.
func (e *Error) Action() Action { return e.rule().action }

// Reason says in plain words what the answer means and how to mend it, "" where nothing is known of it.
func (e *Error) Reason() string { return e.rule().why }

func (e *Error) rule() rule {
	if strings.Contains(e.Code+e.Message, auditingOff) {
		return rule{"", Stop, "unified auditing was never enabled: turn it on in the Microsoft Purview portal"}
	}
	if r, ok := byCode(e.Code); ok {
		return r
	}
	return byStatus(e.Status)
}
