package verify

import (
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"ualstream/schemas"
)

// name is what a record is known by wherever it went: its tenant in lower case, and the key that it has in the raw topic
// with bytes that are no UTF-8 replaced, as they are in events.
type name struct{ tenant, id string }

func (n name) hash() uint64 { return hash(n.tenant, n.id) }

// nameOfRaw names a message of the raw topic. A record of no tenant is that of the organization that it names.
func nameOfRaw(m *schemas.Message) name {
	tenant := m.Header(schemas.HeaderTenant)
	if tenant == "" {
		tenant = gjson.GetBytes(m.Value, "OrganizationId").Str
	}
	return name{strings.ToLower(tenant), valid(string(m.Key))}
}

// nameOfEvent names a message of the events topic. Its header holds the Id unless that does not fit into a header; then
// the record in the event does.
func nameOfEvent(m *schemas.Message) name {
	id := m.Header(schemas.HeaderUID)
	if strings.ContainsRune(id, utf8.RuneError) || strings.HasSuffix(id, "…") {
		id = valid(gjson.GetBytes(m.Value, "unmapped.Id").Str)
	}
	return name{strings.ToLower(m.Header(schemas.HeaderTenant)), id}
}

// EventName gives what tells an event from all others: its tenant, in lower case, and the Id of its record.
func EventName(m *schemas.Message) (tenant, uid string) {
	n := nameOfEvent(m)
	return n.tenant, n.id
}

// nameOfReject names a message of the rejects topic, and says whether it is a record's: not one of those of detect,
// whose records have an event. What is too large as an event has the event's headers; all others have the raw key.
func nameOfReject(m *schemas.Message) (n name, ok bool) {
	stage := m.Header(schemas.HeaderStage)
	if stage != "normalize" && stage != "ingest" {
		return name{}, false
	}
	if m.Header(schemas.HeaderUID) != "" {
		return nameOfEvent(m), true
	}
	return nameOfRaw(m), true
}

// nameOfOutcome names what became of a record: a message of the events or rejects topic. The name of none is empty.
func nameOfOutcome(m *schemas.Message) name {
	if m.Topic == schemas.TopicRejects {
		n, _ := nameOfReject(m)
		return n
	}
	return nameOfEvent(m)
}

func valid(id string) string { return strings.ToValidUTF8(id, "\uFFFD") }
