package publish

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/tidwall/gjson"

	"ualstream/schemas"
)

// attributes are what headers and keys are made of, fit for a header, except account, which is whole.
type attributes struct {
	tenant, source, uid, operation, version string    // metadata
	account, mailbox                        string    // metadata.tags
	class, severity                         string    // numbers
	actor                                   string    // who did it
	finding                                 string    // finding_info.uid
	time                                    time.Time // when it happened; zero where it is no time
	timeUnreadable                          bool      // the record did not say when, and time is when it was offered
}

// read takes the attributes from the beginning of an event: it stops at unmapped, which is the event's last
// attribute and most of its bytes.
func read(value []byte) attributes {
	var a attributes
	// The text shares the value's memory; whatever is kept of it is copied by clean or Clone.
	event := gjson.Parse(unsafe.String(unsafe.SliceData(value), len(value)))
	if !event.IsObject() {
		return a
	}
	event.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "metadata":
			a.metadata(v)
		case "class_uid":
			a.class = clean(v.Raw)
		case "severity_id":
			a.severity = clean(v.Raw)
		case "time":
			a.time = eventTime(v)
		case "actor":
			a.actor = actor(v)
		case "finding_info":
			a.finding = clean(v.Get("uid").Str)
		case "unmapped":
			return false
		}
		return true
	})
	return a
}

func (a *attributes) metadata(m gjson.Result) {
	m.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "tenant_uid":
			a.tenant = clean(v.Str)
		case "log_name":
			a.source = clean(v.Str)
		case "uid":
			a.uid = clean(v.Str)
		case "event_code":
			a.operation = clean(v.Str)
		case "version":
			a.version = clean(v.Str)
		case "tags":
			a.tags(v)
		}
		return true
	})
}

func (a *attributes) tags(list gjson.Result) {
	list.ForEach(func(_, tag gjson.Result) bool {
		switch tag.Get("name").Str {
		case schemas.TagAccount:
			a.account = strings.Clone(tag.Get("value").Str)
		case schemas.TagMailbox:
			a.mailbox = clean(tag.Get("value").Str)
		case schemas.TagTime:
			a.timeUnreadable = true
		}
		return true
	})
}

// actor gives who did it: the user as the record names it, or else the application.
func actor(v gjson.Result) string {
	for _, path := range []string{"user.name", "user.email_addr", "user.uid", "app_name", "app_uid", "invoked_by"} {
		if s := v.Get(path).Str; s != "" {
			return clean(s)
		}
	}
	return ""
}

// eventTime reads an OCSF time, milliseconds since 1970; years beyond four digits cannot be written in RFC 3339.
func eventTime(v gjson.Result) time.Time {
	if v.Type != gjson.Number {
		return time.Time{}
	}
	t := time.UnixMilli(v.Int()).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// maxHeader is how many bytes a header's value has at most.
const maxHeader = 512

// clean gives a copy of a text that is fit for a header: valid UTF-8, no control characters (each becomes
// U+FFFD), and cut with … where it is longer than maxHeader.
func clean(s string) string {
	if len(s) <= maxHeader && !strings.ContainsFunc(s, unfit) {
		return strings.Clone(s)
	}
	var b strings.Builder
	for _, r := range s {
		if unfit(r) {
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > maxHeader-len("…") {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unfit(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }
