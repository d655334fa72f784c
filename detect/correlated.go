package detect

import (
	"encoding/json"
	"slices"
	"strings"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Types of Detection Findings (OCSF 1.8.0, detection_finding).
const (
	typeCreate = 200401
	typeUpdate = 200402
)

// Bounds of what a finding of a correlation repeats of its hits.
const (
	maxHits    = 20  // with their values
	maxRelated = 100 // by their uid
	maxOthers  = 16  // addresses, accounts, mailboxes
)

// correlated gives the finding of a correlation, or an update of it, which tells of the hits that it is given.
func correlated(of *sigma.Correlation, f schemas.Fired, samples []sigma.Sample) schemas.Threat {
	about, severity := &of.About, severities[of.Level]
	last := f.Last.UnixMilli()
	x := finding{
		ActivityID: 1, ActivityName: "Create", CategoryName: "Findings", CategoryUID: 2, ClassName: "Detection Finding",
		ClassUID: 2004, TypeName: "Detection Finding: Create", TypeUID: typeCreate,
		Time: last, SeverityID: severity, Severity: severityNames[severity], StatusID: 1, Status: "New", IsAlert: true,
	}
	if f.Update > 0 {
		x.ActivityID, x.ActivityName, x.TypeName, x.TypeUID = 2, "Update", "Detection Finding: Update", typeUpdate
	}
	x.FindingInfo = findingInfo{
		Analytic: analytic{Name: title(about), TypeID: 1, Type: "Rule", UID: RuleID(about), Version: version(about)},
		Attacks:  attacks(about.Tags), Desc: bounded(strings.TrimSpace(about.Description), maxText),
		FirstSeen: f.First.UnixMilli(), LastSeen: last, RelatedCount: f.Count, Title: title(about), UID: f.UID,
	}
	x.Metadata = findingMeta{
		CorrelationUID: f.UID, Product: productInfo{product, product}, Profiles: []string{"host"}, Sequence: f.Update,
		Tags: []tag{{schemas.TagTriage, string(schemas.TriageFinding)}}, TenantUID: f.Tenant, UID: f.UID, Version: schemas.OCSFVersion,
	}
	hits := hitsOf(samples)
	for i, h := range hits[max(0, len(hits)-maxRelated):] {
		x.FindingInfo.RelatedEvents = append(x.FindingInfo.RelatedEvents, h.related())
		if i < maxHits {
			x.Evidences = append(x.Evidences, h.evidence(of, f.Group))
		}
	}
	accounts := different(hits, func(h hit) string { return h.Actor })
	addresses := different(hits, func(h hit) string { return h.Address })
	for _, a := range addresses[:min(len(addresses), maxOthers)] {
		x.Observables = append(x.Observables, observable{"evidences.src_endpoint.ip", 2, "IP Address", a})
	}
	x.Resources = append(resources(accounts, "Account"), resources(different(hits, func(h hit) string { return h.Mailbox }), "Mailbox")...)
	x.Message = telling(of, f, hits)
	value, _ := json.Marshal(x) // texts and numbers: it cannot fail
	return schemas.Threat{Kind: schemas.KindFinding, Triage: schemas.TriageFinding, Rule: RuleID(about), Value: value}
}

// hit is what is known of one thing that was counted.
type hit struct {
	sigma.Sample
	schemas.Scene
}

// note writes what a finding tells of an event.
func note(s schemas.Scene) string {
	text, _ := json.Marshal(s) // texts and a number: it cannot fail
	return string(text)
}

func hitsOf(samples []sigma.Sample) []hit {
	hits := make([]hit, 0, len(samples))
	for _, s := range samples {
		h := hit{Sample: s}
		if n := len(s.Carry); n > 0 {
			_ = json.Unmarshal([]byte(s.Carry[n-1]), &h.Scene) // written by note
		}
		hits = append(hits, h)
	}
	return hits
}

func (h hit) related() relatedEvent {
	return relatedEvent{Title: bounded(h.Operation, maxText), TypeUID: h.TypeUID, UID: h.Ref}
}

func (h hit) evidence(of *sigma.Correlation, group []string) evidence {
	e := evidence{UID: h.Ref, Data: evidenceData{Fields: []decided{}}}
	add := func(names, values []string) {
		for i, name := range names {
			if i < len(values) && len(e.Data.Fields) < maxEvidence {
				e.Data.Fields = append(e.Data.Fields, decided{name, bounded(values[i], maxText), of.Rules[h.Input]})
			}
		}
	}
	add(of.GroupBy, group)
	add(of.Counts(), h.Values)
	if h.Address != "" {
		e.SrcEndpoint, _ = json.Marshal(map[string]string{"ip": h.Address})
	}
	return e
}

// different gives the different texts of hits, without case, in order.
func different(hits []hit, of func(hit) string) []string {
	var all []string
	seen := map[string]bool{"": true}
	for _, h := range hits {
		if text := of(h); !seen[lower(text)] {
			seen[lower(text)] = true
			all = append(all, text)
		}
	}
	return slices.Clip(all)
}

func resources(names []string, kind string) []resource {
	var all []resource
	for _, name := range names[:min(len(names), maxOthers)] {
		all = append(all, resource{bounded(name, maxText), kind})
	}
	return all
}
