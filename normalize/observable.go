package normalize

// observable is a value that analysts search for, whatever attribute it stands in.
type observable struct {
	path, attribute string // the attribute's full name, in two parts
	kind            kind
	value           string
}

// kind is an observable's type, as the attributes that say it.
type kind struct{ json string }

// kindOf gives the type of a number and its caption.
func kindOf(id int64, caption string) kind {
	e := encoder{buf: []byte("{")}
	e.id("type_id", id, "type", caption)
	return kind{"," + string(e.buf[1:])}
}

// The types of observables that events have. OCSF has none for sessions and applications.
var (
	hostname    = kindOf(1, "Hostname")
	ipAddress   = kindOf(2, "IP Address")
	userName    = kindOf(4, "User Name")
	mailAddress = kindOf(5, "Email Address")
	fileName    = kindOf(7, "File Name")
	userAgent   = kindOf(16, "HTTP User-Agent")
	userUID     = kindOf(31, "User Object: uid")
	groupName   = kindOf(32, "Group Object: name")
	groupUID    = kindOf(33, "Group Object: uid")
	resource    = kindOf(38, "Resource Details Object: name")
	session     = kindOf(other, "Session")
	app         = kindOf(other, "Application")
)

// maxObserved bounds the observables of lists, such as a mail's thousand recipients.
const maxObserved = 64

// observe remembers an attribute that has been written, once for a value of a type: the first attribute that
// holds it, and what an event is about is written before who did it.
func (e *event) observe(path, attribute string, k kind, value string) {
	if value == "" {
		return
	}
	for i := range e.seen {
		if e.seen[i].value == value && e.seen[i].kind == k {
			return
		}
	}
	e.seen = append(e.seen, observable{path, attribute, k, value})
}

// observables writes what has been remembered.
func (e *event) observables() {
	if len(e.seen) == 0 {
		return
	}
	e.array("observables")
	for i := range e.seen {
		o := &e.seen[i]
		e.open('{')
		e.key("name")
		e.verbatim(`"`)
		e.verbatim(o.path)
		e.verbatim(o.attribute)
		e.verbatim(`"`)
		e.verbatim(o.kind.json)
		e.str("value", o.value)
		e.close('}')
	}
	e.close(']')
}
