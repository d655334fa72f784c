// Package detect says which events are threats.
//
// It takes OCSF events as normalize writes them: metadata.event_code is the record's Operation and unmapped the
// record itself. It gives the events that an intruder in a mailbox would cause, tagged, what to do with them, and
// what Sigma rules find in events. It is pure: no I/O, no clock, and the same event gives the same answer. It must
// not know of topics.
package detect

import (
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Options choose what is detected.
type Options struct {
	// Optional turns on the operations that are only loosely tied to mailbox compromise: journal rules,
	// outbound connectors, creation and removal of mailboxes, application access policies and the like.
	Optional bool
	// Rules are what findings come from; nil for none.
	Rules *sigma.Set
	// Domains gives a tenant's own domains, beside those that its records show; nil for none.
	Domains func(tenant string) []string
}

// Engine holds the compiled tables and rules. It does not change and may be used from many goroutines.
type Engine struct {
	operations map[string]*operation // by name in lower case
	services   map[string]*operation // those that noise is told by: with the optional ones
	rules      *sigma.Set
	views      *views               // nil without rules
	inOCSF     map[*sigma.Rule]bool // whether a rule sees events in OCSF's view
}

// operation is what the tables say of one operation.
type operation struct {
	name  string   // in lower case
	rows  []row    // in the order of schemas.PriorityTags
	risky []string // names of risky parameters
}

// New compiles the tables.
func New(o Options) *Engine {
	e := &Engine{operations: compile(o.Optional), services: compile(true), rules: o.Rules}
	if o.Rules != nil {
		e.inOCSF = map[*sigma.Rule]bool{}
		for _, r := range o.Rules.Rules() {
			e.inOCSF[r] = streamOf(r.LogSource) == everyEvent
		}
		e.views = newViews(o.Rules)
		e.views.domains, e.views.noise = o.Domains, e.noise
	}
	return e
}

// Detect gives the event with its priority tags, where it has any, and then a finding for each rule that finds
// something in it, those for the native view first, each in the order of the rules. A finding's value is an OCSF Detection Finding. Noise raises none, and
// nothing is found in findings. What correlations count of the event comes as signals, whose Ref is the event's uid.
// Bytes that are no JSON object give nothing: callers that read from outside check them with schemas.CheckEvent.
//
// The value of a tagged event is the event byte for byte, save that metadata.labels begins with the tags and
// metadata.tags ends with the triage. Detecting in such a value gives the same threats again.
func (e *Engine) Detect(event []byte) ([]schemas.Threat, []sigma.Signal) {
	text := unsafe.String(unsafe.SliceData(event), len(event)) // what is kept of it is copied
	op := find(e.operations, text)
	var hits []sigma.Hit
	var r *reader
	if e.views != nil {
		r = e.views.open(text)
		defer r.close()
		hits = e.match(r, nil)
	}
	if op == nil && len(hits) == 0 || schemas.CheckEvent(event) != nil || isFinding(text) {
		return nil, nil
	}
	var threats []schemas.Threat
	var tags []string
	if op != nil {
		if threats = op.threats(text); len(threats) > 0 {
			tags = threats[0].Tags
		}
	}
	if len(hits) == 0 || e.noise(r) {
		return threats, nil
	}
	for _, h := range hits {
		if !h.Mute {
			threats = append(threats, e.finding(r, h, tags))
		}
	}
	return threats, e.signals(r, hits)
}

// find gives the operation of an event among those of a table.
func find(operations map[string]*operation, event string) *operation {
	var space [96]byte
	code := trim(gjson.Get(event, "metadata.event_code").Str)
	return operations[string(appendLower(space[:0], code))]
}

// match gives the rules that match an event in the view that they are for, those of the native one first.
func (e *Engine) match(r *reader, hits []sigma.Hit) []sigma.Hit {
	if r.wants[0] {
		hits = e.rules.Match(native{r}, hits)
	}
	if r.wants[1] {
		hits = e.rules.Match(ocsf{r}, hits)
	}
	return hits
}

// fieldsOf gives the view that a hit was made in.
func (e *Engine) fieldsOf(r *reader, h sigma.Hit) sigma.Fields {
	if e.inOCSF[h.Rule] {
		return ocsf{r}
	}
	return native{r}
}

// signals gives what correlations count of hits, with the event's time and uid.
func (e *Engine) signals(r *reader, hits []sigma.Hit) []sigma.Signal {
	var signals []sigma.Signal
	for _, h := range hits {
		signals = e.rules.Signals(h, e.fieldsOf(r, h), signals)
	}
	at, ref := time.UnixMilli(r.get("time").Int()).UTC(), strings.Clone(r.uid())
	for i := range signals {
		s := &signals[i]
		s.Sample.Time, s.Sample.Ref = at, ref
		for _, texts := range [][]string{s.Group, s.Sample.Values, s.Sample.Carry} {
			for k := range texts {
				texts[k] = strings.Clone(texts[k]) // they share the event's memory
			}
		}
	}
	return signals
}

// noise says whether the event is what services do by the thousand, whatever is tagged.
func (e *Engine) noise(r *reader) bool {
	op := find(e.services, r.text)
	if op == nil {
		return false
	}
	rec := record{r.get("unmapped")}
	tags, conditional := op.tags(rec)
	return len(tags) > 0 && triage(rec, op, tags, conditional) == schemas.TriageNoise
}

// threats gives the event with its tags, if it has any.
func (o *operation) threats(text string) []schemas.Threat {
	rec := record{gjson.Get(text, "unmapped")}
	tags, conditional := o.tags(rec)
	if len(tags) == 0 {
		return nil
	}
	t := triage(rec, o, tags, conditional)
	return []schemas.Threat{{
		Kind: schemas.KindEvent, Tags: slices.Clip(tags), Triage: t, Value: label(text, tags, t),
	}}
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
