package schemas

import (
	"slices"
	"time"
)

// Message is one message of a topic. Partition and Offset are set on messages that were read.
type Message struct {
	Topic     Topic
	Partition int
	Offset    int64
	Key       []byte
	Value     []byte
	Headers   []Header
	// Time is the Kafka timestamp: when ualstream received the record, copied through every stage. It is not
	// when the event happened: brokers reject batches ahead of their clock and delete back-fill on arrival.
	Time time.Time
}

// Header is a message header. Consumers filter on headers without parsing the value.
type Header struct{ Key, Value string }

// Header names. Times are RFC 3339 in UTC with milliseconds; lists are joined by commas.
const (
	HeaderTenant    = "tenant"      // tenant ID (GUID)
	HeaderSource    = "source"      // content type or feed the record came from, e.g. Audit.Exchange
	HeaderKind      = "kind"        // KindEvent or KindFinding
	HeaderClassUID  = "class_uid"   // OCSF class
	HeaderUID       = "uid"         // record ID of an event, finding_info.uid of a finding
	HeaderOperation = "operation"   // the record's Operation
	HeaderActor     = "actor"       // who did it (UserId)
	HeaderMailbox   = "mailbox"     // the mailbox it was done to, where there is one
	HeaderTime      = "time"        // when it happened
	HeaderOCSF      = "ocsf"        // OCSF version of the value
	HeaderTags      = "tags"        // priority tags, on threats
	HeaderTriage    = "triage"      // finding, priority or noise, on threats
	HeaderSeverity  = "severity_id" // OCSF severity, on threats
	HeaderRule      = "rule"        // rule ID of a finding, on threats
	HeaderReason    = "reason"      // why it could not be read, on rejects
	HeaderStage     = "stage"       // which stage could not read it, on rejects

	HeaderContentID      = "content_id"      // the blob that held the record, on raw and rejects
	HeaderContentCreated = "content_created" // when Microsoft offered the blob, on raw and rejects
	HeaderReceived       = "received"        // when ualstream received it, on raw and rejects
)

// Values of HeaderKind.
const (
	KindEvent   = "event"
	KindFinding = "finding"
)

const headerTime = "2006-01-02T15:04:05.000Z"

// FormatTime writes a time the way headers carry it; the zero time is "".
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(headerTime)
}

// ParseTime reads a header's time; what cannot be read is the zero time.
func ParseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Header gives the value of the first header of that name, or "".
func (m *Message) Header(key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return ""
}

// SetHeader replaces or adds a header. With an empty value there is no such header afterwards: an absent
// header means unknown. It writes into m.Headers, which messages copied from m share.
func (m *Message) SetHeader(key, value string) {
	i := slices.IndexFunc(m.Headers, func(h Header) bool { return h.Key == key })
	switch {
	case value == "" && i >= 0:
		m.Headers = slices.Delete(m.Headers, i, i+1)
	case value == "":
	case i >= 0:
		m.Headers[i].Value = value
	default:
		m.Headers = append(m.Headers, Header{key, value})
	}
}
