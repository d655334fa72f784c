package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// scene is what an event tells findings: who did what to which mailbox, from where.
type scene struct {
	event                              gjson.Result
	uid, tenant, operation, mailbox    string
	who, address, session, correlation string
	to                                 []string // recipients outside the tenant
	rule                               string   // the mail rule's name
	time                               int64    // milliseconds since 1970
	actor                              json.RawMessage
}

// Bounds of what a finding repeats.
const (
	maxText   = 2048 // bytes of a text
	maxPhrase = 120  // bytes of a name in a sentence
	maxNamed  = 3    // recipients in a sentence
)

func (r *reader) scene() scene {
	event := gjson.Parse(strings.Clone(r.text))
	meta := event.Get("metadata")
	s := scene{
		event: event, uid: r.uid(), tenant: meta.Get("tenant_uid").String(), operation: meta.Get("event_code").String(),
		mailbox: meta.Get(`tags.#(name=="mailbox").value`).String(),
		who:     or(event.Get("actor.user.name").String(), r.actorName()), address: event.Get("src_endpoint.ip").String(),
		session: event.Get("actor.session.uid").String(), to: r.externalRecipients(), rule: r.ruleName(), time: event.Get("time").Int(),
	}
	if isNobody(s.who) {
		s.who = or(r.actorName(), "somebody")
	}
	s.correlation = bounded(or(s.session, s.uid), maxText)
	if actor := event.Get("actor"); actor.IsObject() {
		s.actor = json.RawMessage(actor.Raw)
	}
	return s
}

// uid gives the event's ID, or else one made of its record.
func (r *reader) uid() string {
	if uid := r.get("metadata.uid").String(); uid != "" {
		return uid
	}
	sum := sha256.Sum256([]byte(r.unmapped()))
	return "x:" + hex.EncodeToString(sum[:])
}

func (s *scene) metadata(uid string, tags []string) findingMeta {
	meta := s.event.Get("metadata")
	m := findingMeta{
		CorrelationUID: s.correlation, Labels: tags, LogName: meta.Get("log_name").String(),
		LogProvider: meta.Get("log_provider").String(), ProcessedTime: meta.Get("processed_time").Int(),
		Product: productInfo{product, product}, Profiles: []string{"host"}, Tags: []tag{}, TenantUID: s.tenant, UID: uid,
		Version: schemas.OCSFVersion,
	}
	meta.Get("tags").ForEach(func(_, t gjson.Result) bool {
		switch name := t.Get("name").String(); name {
		case schemas.TagAccount, schemas.TagMailbox, schemas.TagTime:
			m.Tags = append(m.Tags, tag{name, t.Get("value").String()})
		}
		return true
	})
	m.Tags = append(m.Tags, tag{schemas.TagTriage, string(schemas.TriageFinding)})
	return m
}

func (s *scene) related() relatedEvent {
	return relatedEvent{
		Title: bounded(s.operation, maxText), TypeName: s.event.Get("type_name").String(), TypeUID: s.event.Get("type_uid").Int(), UID: s.uid,
	}
}

// evidence is what made the rule match: the deciding fields with their values, and where it was done from.
type evidence struct {
	Data        evidenceData    `json:"data"`
	SrcEndpoint json.RawMessage `json:"src_endpoint,omitempty"`
	UID         string          `json:"uid"`
}

type evidenceData struct {
	Fields []decided `json:"fields"`
	More   int       `json:"more,omitempty"` // fields that are left out
}

type decided struct {
	Field      string `json:"field"` // "keywords" for values of any field
	Value      string `json:"value"`
	Identifier string `json:"search_identifier,omitempty"`
}

// maxEvidence bounds the deciding values that a finding has.
const maxEvidence = 32

func (s *scene) evidence(found []sigma.Evidence) evidence {
	e := evidence{UID: s.uid, Data: evidenceData{Fields: []decided{}}}
	if from := s.event.Get("src_endpoint"); from.IsObject() {
		e.SrcEndpoint = json.RawMessage(from.Raw)
	}
	e.Data.More = max(0, len(found)-maxEvidence)
	for _, f := range found[:len(found)-e.Data.More] {
		e.Data.Fields = append(e.Data.Fields, decided{or(f.Field, "keywords"), bounded(f.Value, maxText), f.Identifier})
	}
	return e
}

// observables are what analysts search for, each as it stands in the finding; what is longer than a text may be is not
// repeated.
func (s *scene) observables() []observable {
	var all []observable
	see := func(name string, id int, kind, value string) {
		if value != "" && len(value) <= maxText {
			all = append(all, observable{name, id, kind, value})
		}
	}
	if address := s.event.Get("actor.user.email_addr").String(); address != "" {
		see("actor.user.email_addr", 5, "Email Address", address)
	} else {
		see("actor.user.name", 4, "User Name", s.event.Get("actor.user.name").String())
	}
	see("actor.session.uid", 99, "Session", s.session)
	see("resources.name", 38, "Resource Details Object: name", bounded(s.mailbox, maxText))
	see("evidences.src_endpoint.ip", 2, "IP Address", s.address)
	return all
}

// bounded cuts a text that is longer than most bytes, and ends it with ….
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}
