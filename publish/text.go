package publish

import (
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"

	"ualstream/schemas"
)

// NewText gives a sink that writes a readable line for each message to w: when (UTC), what it is, who, what to
// which mailbox, from where. What a record says is escaped and cut, so that it cannot steer a terminal or pose
// as another column.
func NewText(w io.Writer) Sink {
	return lines{w, "text", func(dst []byte, m schemas.Message) []byte { return append(dst, lineOf(m).plain()...) }}
}

// NewColorText is NewText for a terminal that shows colours.
func NewColorText(w io.Writer) Sink {
	return lines{w, "text", func(dst []byte, m schemas.Message) []byte { return append(dst, lineOf(m).colored()...) }}
}

// line is a readable line: time and label, then what there is to say.
type line struct {
	time, label string
	color       string // of the label
	faint       bool   // the whole line matters little
	rest        []string
}

// Terminal colours (ECMA-48, SGR).
const (
	red, yellow, cyan = "\x1b[1;31m", "\x1b[33m", "\x1b[36m"
	faint, reset      = "\x1b[2m", "\x1b[0m"
)

// labelWidth is the length of the longest priority tag, so that names of people line up behind it.
const labelWidth = len(schemas.MailboxSettingsModification)

func (l line) plain() string {
	return strings.TrimRight(fmt.Sprintf("%-20s  %-*s  %s", l.time, labelWidth, l.label, strings.Join(l.rest, "  ")), " ")
}

func (l line) colored() string {
	if l.faint {
		return faint + l.plain() + reset
	}
	before, after, _ := strings.Cut(l.plain(), l.label)
	return before + l.color + l.label + reset + after
}

func lineOf(m schemas.Message) line {
	switch {
	case m.Topic == schemas.TopicRejects:
		return rejectLine(m)
	case m.Header(schemas.HeaderKind) == schemas.KindFinding:
		return findingLine(m)
	}
	return eventLine(m)
}

func eventLine(m schemas.Message) line {
	a := read(m.Value)
	l := line{time: clock(a), label: label(m), color: cyan}
	if m.Topic == schemas.TopicThreats {
		l.color = yellow
	}
	event := gjson.ParseBytes(m.Value)
	does := append([]string{phrase(a.operation, "(no operation)")}, details(event)...)
	l.rest = append(l.rest, who(a.actor), strings.Join(does, " "))
	l.rest = append(l.rest, where(a.mailbox, a.actor, addressOf(event))...)
	if m.Header(schemas.HeaderTriage) == string(schemas.TriageNoise) {
		l.faint = true
		l.rest = append(l.rest, "(noise)")
	}
	if event.Get("class_uid").Int() == authentication && event.Get("status_id").Int() == success {
		l.faint = true // most threats are sign-ins that succeeded: the others must not drown among them
	}
	return l
}

// label says what kind of event it is: its tags, or else its class.
func label(m schemas.Message) string {
	if tags := m.Header(schemas.HeaderTags); tags != "" {
		return strings.ReplaceAll(safe(tags, 160), ",", "+")
	}
	return phrase(gjson.GetBytes(m.Value, "class_name").Str, "Event")
}

func who(actor string) string {
	if actor == "" {
		return "(nobody named)"
	}
	return word(actor, 64)
}

// where gives the mailbox that it was done to and the address that it came from.
func where(mailbox, actor, address string) []string {
	var parts []string
	switch {
	case mailbox == "":
	case strings.EqualFold(mailbox, actor):
		parts = append(parts, "in their own mailbox")
	default:
		parts = append(parts, "mailbox "+mailboxName(mailbox))
	}
	if address != "" {
		parts = append(parts, "from "+word(address, 45))
	}
	return parts
}

// mailboxName gives a mailbox's name: of a path in Exchange's directory, which begins with servers and
// organizations, the last part.
func mailboxName(mailbox string) string {
	return word(mailbox[strings.LastIndexByte(mailbox, '/')+1:], 64)
}

// addressOf gives the client's address: as normalized, or else as the record has it.
func addressOf(event gjson.Result) string {
	for _, path := range []string{
		"src_endpoint.ip", "unmapped.ClientIP", "unmapped.ClientIPAddress", "unmapped.ActorIpAddress", "src_endpoint.hostname",
	} {
		if s := event.Get(path).Str; s != "" && !strings.EqualFold(s, "<null>") {
			return s
		}
	}
	return ""
}

// findingLine says what the finding's own message says: who did what, and what is wrong with it.
func findingLine(m schemas.Message) line {
	const most = 800
	event := gjson.ParseBytes(m.Value)
	l := line{time: clock(read(m.Value)), label: "FINDING", color: red}
	if s := event.Get("severity").Str; s != "" {
		l.label += " " + word(s, 16)
	}
	text := or(event.Get("message").Str, event.Get("finding_info.title").Str)
	l.rest = append(l.rest, safe(or(text, or(m.Header(schemas.HeaderRule), "(no title)")), most))
	if n := event.Get("metadata.sequence").Int(); n > 0 {
		l.rest = append(l.rest, fmt.Sprintf("(update %d)", n))
	}
	return l
}

func rejectLine(m schemas.Message) line {
	l := line{time: received(m), label: "REJECT " + word(m.Header(schemas.HeaderStage), 20), color: red}
	if t := schemas.ParseTime(l.time); !t.IsZero() {
		l.time = t.Format(lineTime)
	}
	const excerpt = 60
	head := string(m.Value[:min(len(m.Value), 4*excerpt)])
	l.rest = []string{safe(m.Header(schemas.HeaderReason), 300), "key " + word(string(m.Key), 80),
		fmt.Sprintf("%d bytes", len(m.Value)), quoted(head, excerpt)}
	return l
}

const lineTime = "2006-01-02 15:04:05Z"

// clock gives when it happened; with a question mark where the record did not say it readably.
func clock(a attributes) string {
	switch {
	case a.time.IsZero():
		return "(no time)"
	case a.timeUnreadable:
		return strings.TrimSuffix(a.time.Format(lineTime), "Z") + "?"
	}
	return a.time.Format(lineTime)
}
