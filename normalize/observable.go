package normalize

// observable is a value that analysts search for, whatever attribute it stands in.
type observable struct {
	path, attribute string // the attribute's full name, in two parts
	kind            kind
	value           string
}

// kind is an observable's type.
type kind struct {
	id      int64
	caption string
}

// The types of observables that events have. OCSF has none for sessions and applications.
var (
	hostname    = kind{1, "Hostname"}
	ipAddress   = kind{2, "IP Address"}
	userName    = kind{4, "User Name"}
	mailAddress = kind{5, "Email Address"}
	fileName    = kind{7, "File Name"}
	userAgent   = kind{16, "HTTP User-Agent"}
	userUID     = kind{31, "User Object: uid"}
	groupName   = kind{32, "Group Object: name"}
	groupUID    = kind{33, "Group Object: uid"}
	resource    = kind{38, "Resource Details Object: name"}
	session     = kind{other, "Session"}
	app         = kind{other, "Application"}
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
		if e.seen[i].kind.caption == k.caption && e.seen[i].value == value {
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
		e.id("type_id", o.kind.id, "type", o.kind.caption)
		e.str("value", o.value)
		e.close('}')
	}
	e.close(']')
}
