package detect

import (
	"slices"
	"strings"

	"ualstream/detect/sigma"
)

// aliases name, for fields of public rule collections, the record's own fields that hold the same: rules for exported
// Entra logs (product azure) and for Microsoft 365 as other shippers write it. Names are compared without case, and
// a field that the record has itself goes first. Diagnostic settings put everything below "properties", which may be
// left out.
//
// Some of what those logs say no audit record does: display names of applications, the state of Conditional Access,
// places on the map. Rules that ask for it do not match.
var aliases = map[string][]string{
	"eventsource": {"Workload"},
	"payload":     {"Data"},
	"rulename":    {"derived.rule_name"},
	"useragent":   {"derived.user_agent"},

	"operationname": {"Operation"}, "activitydisplayname": {"Operation"}, "activitytype": {"Operation"}, "message": {"Operation"},
	"resulttype": {"derived.error_code"}, "status.errorcode": {"derived.error_code"},
	"resultdescription": {"LogonError"}, "status.failurereason": {"LogonError"},
	"result": {"status"}, "username": {"UserId"}, "userprincipalname": {"UserId"},
	"appid": {"ApplicationId"}, "resourceid": {"ObjectId"}, "ipaddress": {"derived.address"}, "calleripaddress": {"derived.address"},
	"initiatedby": {"UserId"}, "initiatied.by": {"UserId"}, "initiatedby.user.userprincipalname": {"UserId"},
	"category":                    {"ExtendedProperties.extendedAuditEventCategory"},
	"targetresources.displayname": {"Target.ID"},
	"targetusername":              {"ObjectId"},
	"devicedetail.deviceid":       {"DeviceProperties.Id"},
	"devicedetail.iscompliant":    {"DeviceProperties.IsCompliant"}, "devicedetail.ismanaged": {"DeviceProperties.IsCompliantAndManaged"},
	"devicedetail.trusttype":       {"DeviceProperties.TrustType"},
	"devicedetail.operatingsystem": {"DeviceProperties.OS"}, "devicedetail.browser": {"DeviceProperties.BrowserType"},
}

// native gives the places of a field in the native view: derived fields, the record's own, the lists of names and
// values, and those of dialects.
func (v *views) native(name string) []lookup {
	folded := lower(name)
	switch folded {
	case "operation":
		return []lookup{activity{v.path(name)}}
	case "eventname":
		return []lookup{alertName{v.record.number("Name")}, activity{v.path("Operation")}}
	case "status":
		return []lookup{outcome{v.path("Status")}}
	}
	if d := derivedField(name); d != nil {
		return []lookup{d}
	}
	for _, list := range lists {
		if rest, ok := strings.CutPrefix(folded, lower(list)); ok && (rest == "" || rest[0] == '.') {
			return []lookup{v.pairs(list, strings.TrimPrefix(name[len(list):], "."))}
		}
	}
	found := []lookup{v.path(name)}
	if len(name) > len("properties.") && strings.HasPrefix(folded, "properties.") {
		return append(found, v.native(name[len("properties."):])...)
	}
	for _, list := range []string{"ExtendedProperties", "DeviceProperties", "ModifiedProperties"} {
		found = append(found, v.pairs(list, name))
	}
	for _, alias := range aliases[folded] {
		found = append(found, v.native(alias)...)
	}
	return found
}

// ocsf gives the places of a field in OCSF's view. Names are compared as they are. Tags and triage are not there.
func (v *views) ocsf(name string) []lookup {
	if d := derivedField(name); d != nil {
		return []lookup{d}
	}
	for _, hidden := range []string{"metadata.labels", "metadata.tags"} {
		if name == hidden || strings.HasPrefix(name, hidden+".") {
			return nil
		}
	}
	steps := strings.Split(name, ".")
	return []lookup{path{event: true, at: v.event.number(steps[0]), steps: steps[1:]}}
}

// activity is the Operation. Entra ID ends it with a period and sometimes with a blank, where its other logs do not:
// both spellings are values.
type activity struct{ path }

func (a activity) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	before := len(dst)
	dst, found := a.path.values(r, dst)
	if len(dst) > before {
		said := dst[before]
		if said.Text = strings.TrimRight(said.Text, ". "); said != dst[before] {
			dst = append(dst, said)
		}
	}
	return dst, found
}

// alertName is the name of the alert where the record is one.
type alertName struct{ at int }

func (a alertName) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	name := r.attribute(a.at)
	if name == "" || !r.isAlert() {
		return dst, false
	}
	return append(r.leaves(dst, name, 0), sigma.Value{Kind: sigma.String, Text: r.word(atOperation)}), true
}

// outcome is what the record says itself, and how it ended as OCSF says it: Success, Failure. An alert that was
// raised is a success where its ResultStatus does not say otherwise.
type outcome struct{ own path }

func (o outcome) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	dst, found := o.own.values(r, dst)
	text := r.get("status").Str
	if r.isAlert() {
		text = "Success"
		if said := r.get("unmapped.ResultStatus").String(); said != "" && !slices.Contains(successes, lower(said)) {
			text = said
		}
	}
	if text == "" {
		return dst, found
	}
	return append(dst, sigma.Value{Kind: sigma.String, Text: text}), true
}

// successes are ResultStatus's spellings of success, in lower case.
var successes = []string{"success", "succeeded", "successful", "true", "ok", "completed", "passed"}
