package cloudsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// record is an audit record in the making: its attributes, in the order in which they are written.
type record []field

type field struct {
	name  string
	value any
}

// MarshalJSON writes the attributes in order and leaves signs like < as they are, as the service does.
func (r record) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, f := range r {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:", f.name)
		if err := encoder.Encode(f.value); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", f.name, err)
		}
		out.Truncate(out.Len() - 1) // the encoder's newline
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// with adds attributes, or replaces those that are there.
func (r record) with(fields ...field) record {
	for _, f := range fields {
		r = r.set(f)
	}
	return r
}

func (r record) set(f field) record {
	for i := range r {
		if r[i].name == f.name {
			r[i] = f
			return r
		}
	}
	return append(r, f)
}

func (r record) get(name string) any {
	for _, f := range r {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// The small shapes that records hold.
type (
	pair     struct{ Name, Value string }
	bare     struct{ Name string } // a pair whose value is missing, as happens
	change   struct{ Name, NewValue, OldValue string }
	identity struct {
		ID   string
		Type int // 0 claim, 1 name, 2 other, 3 PUID, 4 SPN, 5 UPN
	}
)

// pairs makes a list of names and values; they alternate.
func pairs(namesAndValues ...string) []any {
	var out []any
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		out = append(out, pair{namesAndValues[i], namesAndValues[i+1]})
	}
	return out
}

// contentTypeOf says in which content type a record is offered: what DLP rules matched has its own, and what belongs
// to none of the three big services is general.
func contentTypeOf(r record) string {
	switch r.get("RecordType") {
	case 11, 13, 63:
		return "DLP.All"
	}
	switch r.get("Workload") {
	case "Exchange":
		return "Audit.Exchange"
	case "SharePoint", "OneDrive":
		return "Audit.SharePoint"
	case "AzureActiveDirectory":
		return "Audit.AzureActiveDirectory"
	}
	return "Audit.General"
}

// scene is one moment in an organisation. Whatever makes records asks it for everything that varies.
type scene struct {
	dice
	org *org
	at  time.Time
}

// someone gives anybody of the organisation.
func (s *scene) someone() *user { return pick(s.dice, s.org.people) }

// base has the attributes that every record has. The time has no zone; a few sources write one, and milliseconds.
func (s *scene) base(operation string, kind int, workload, userID, userKey string) record {
	at := s.at.Format("2006-01-02T15:04:05")
	if s.chance(50) {
		at = s.at.Format(instant)
	}
	return record{
		{"CreationTime", at}, {"Id", s.guid()}, {"Operation", operation}, {"OrganizationId", s.org.id}, {"RecordType", kind},
		{"UserKey", userKey}, {"UserType", 0}, {"Version", 1}, {"Workload", workload}, {"UserId", userID},
	}
}

// clientIP is where somebody works, in one of the forms in which services write it. Now and then it is one that
// surprises.
func (s *scene) clientIP(u *user) any {
	port := s.between(1024, 65535)
	switch s.IntN(80) {
	case 0:
		return fmt.Sprintf("[%s]:%d", u.home, port)
	case 1:
		return "::ffff:" + u.home
	case 2:
		return fmt.Sprintf("[::ffff:%s]:%d", u.home, port)
	case 3:
		return fmt.Sprintf("%s-%d", u.home, port)
	case 4:
		return "::1"
	case 5:
		return "ffff:10.0.0.1"
	case 6:
		return "<null>"
	case 7:
		return nil
	case 8:
		return ""
	}
	if s.chance(5) {
		return u.home6
	}
	return u.home
}

// withPort is the form in which Exchange writes an address for cmdlets.
func (s *scene) withPort(u *user) string {
	if s.chance(5) {
		return fmt.Sprintf("[%s]:%d", u.home6, s.between(1024, 65535))
	}
	return fmt.Sprintf("%s:%d", u.home, s.between(1024, 65535))
}
