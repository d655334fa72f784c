// Package detect says which events are threats.
//
// It takes OCSF events as normalize writes them: metadata.event_code is the record's Operation and unmapped the
// record itself. It gives the events that an intruder in a mailbox would cause, tagged, and what to do with
// them. It is pure: no I/O, no clock, and the same event gives the same answer. It must not know of topics.
package detect

import (
	"github.com/tidwall/gjson"

	"ualstream/schemas"
)

// Options choose what is detected.
type Options struct {
	// Optional turns on the operations that are only loosely tied to mailbox compromise: journal rules,
	// outbound connectors, creation and removal of mailboxes, application access policies and the like.
	Optional bool
}

// Engine holds the compiled tables. It does not change and may be used from many goroutines.
type Engine struct {
	operations map[string]*operation // by name in lower case
}

// operation is what the tables say of one operation.
type operation struct {
	name  string   // in lower case
	rows  []row    // in the order of schemas.PriorityTags
	risky []string // names of risky parameters
}

// New compiles the tables.
func New(o Options) *Engine { return &Engine{operations: compile(o.Optional)} }

// Detect gives the event with its priority tags, or nothing where it has none. Bytes that are no JSON object
// give nothing either: callers that read from outside check them with schemas.CheckEvent.
//
// The given value is the event byte for byte, save that metadata.labels begins with the tags and
// metadata.tags ends with the triage. Detecting in such a value gives the same value again.
func (e *Engine) Detect(event []byte) ([]schemas.Threat, []schemas.Signal) {
	op := e.operations[fold(gjson.GetBytes(event, "metadata.event_code").Str)]
	if op == nil || schemas.CheckEvent(event) != nil {
		return nil, nil
	}
	text := string(event)
	rec := record{gjson.Get(text, "unmapped")}
	tags, conditional := op.tags(rec)
	if len(tags) == 0 {
		return nil, nil
	}
	t := triage(rec, op, tags, conditional)
	return []schemas.Threat{{
		Kind: schemas.KindEvent, Tags: tags, Triage: t, Value: label(text, tags, t),
	}}, nil
}

// tags gives the tags whose conditions the record meets, and whether one of them had a condition.
func (o *operation) tags(rec record) (tags []string, conditional bool) {
	for _, r := range o.rows {
		if r.when != nil && !r.when(rec) {
			continue
		}
		tags = append(tags, r.tag)
		conditional = conditional || r.when != nil
	}
	return tags, conditional
}
