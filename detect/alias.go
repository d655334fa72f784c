package detect

import (
	"regexp"
	"strings"
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
	"rulename":    {"derived.rule_name"},
	"useragent":   {"derived.user_agent"},

	"operationname": {"Operation"}, "activitydisplayname": {"Operation"}, "activitytype": {"Operation"}, "message": {"Operation"},
	"activity": {"Operation"}, "operationnamevalue": {"Operation"},
	"resultdescription": {"LogonError"}, "status.failurereason": {"LogonError"},
	"result": {"status"}, "username": {"UserId"}, "userprincipalname": {"UserId"},
	"appid": {"ApplicationId"}, "appdisplayname": {"ApplicationDisplayName"}, "resourceid": {"ObjectId"},
	"ipaddress": {"derived.address"}, "calleripaddress": {"derived.address"}, "initiatedby.user.ipaddress": {"derived.address"},
	"tenantid": {"OrganizationId"}, "correlationid": {"InterSystemsId"},
	"timegenerated": {"CreationTime"}, "createddatetime": {"CreationTime"}, "activitydatetime": {"CreationTime"},
	"eventtime": {"CreationTime"}, "@timestamp": {"CreationTime"},
	"initiatedby": {"UserId"}, "initiatied.by": {"UserId"}, "initiatedby.user.userprincipalname": {"UserId"},
	"targetresources.displayname": {"Target.ID"}, "targetresources.userprincipalname": {"Target.ID"}, "targetresources.id": {"Target.ID"},
	"targetresources.modifiedproperties.displayname": {"ModifiedProperties{}.Name"},
	"targetresources.modifiedproperties.newvalue":    {"ModifiedProperties.NewValue"},
	"targetresources.modifiedproperties.oldvalue":    {"ModifiedProperties.OldValue"},
	"targetusername":        {"ObjectId"},
	"devicedetail.deviceid": {"DeviceProperties.Id"}, "devicedetail.displayname": {"DeviceProperties.DisplayName"},
	"devicedetail.iscompliant": {"DeviceProperties.IsCompliant"}, "devicedetail.ismanaged": {"DeviceProperties.IsCompliantAndManaged"},
	"devicedetail.trusttype":       {"DeviceProperties.TrustType"},
	"devicedetail.operatingsystem": {"DeviceProperties.OS"}, "devicedetail.browser": {"DeviceProperties.BrowserType"},
}

// listMark is how several tools write that a name is that of a list: ModifiedProperties{}.NewValue.
var listMark = regexp.MustCompile(`\{\}|\[\*?\]`)

// listIndex is an element of a list, as in TargetResources[0].
var listIndex = regexp.MustCompile(`\[([0-9]+)\]`)

// native gives the places of a field in the native view: derived fields, the record's own, the lists of names and
// values, and those of dialects.
func (v *views) native(name string) []lookup {
	if d := derivedField(name); d != nil {
		return []lookup{d}
	}
	found := v.dialect(name)
	const above = "properties."
	if len(name) > len(above) && strings.HasPrefix(lower(name), above) {
		found = append([]lookup{v.path(plainName(name))}, v.dialect(name[len(above):])...)
	}
	return found
}

// plainName writes a name as a path.
func plainName(name string) string {
	return listIndex.ReplaceAllString(listMark.ReplaceAllString(name, ""), ".$1")
}

// dialect gives the places of a field as the record, or another source of the same events, calls it.
func (v *views) dialect(name string) []lookup {
	marked := name
	name = plainName(name)
	folded := lower(name)
	switch folded {
	case "operation":
		return []lookup{activity{v.path(name)}}
	case "eventname":
		return []lookup{alertName{v.record.number("Name")}, activity{v.path("Operation")}}
	case "resulttype", "status.errorcode":
		return []lookup{v.path(name), derivedField("derived.error_code"), succeeded{}}
	case "payload":
		return []lookup{v.path(name), v.path("Data"), content{}}
	case "status":
		return []lookup{outcome{v.path("Status")}}
	case "category":
		return []lookup{v.path(name), category{v.pairs("ExtendedProperties", "extendedAuditEventCategory")}}
	case "targetresources":
		return []lookup{v.path(name), together{v.path("Target.ID"), v.path("ObjectId"), v.pairs("ModifiedProperties", "")}}
	}
	if d := derivedField(name); d != nil {
		return []lookup{d}
	}
	for _, list := range lists {
		if rest, ok := strings.CutPrefix(folded, lower(list)); ok && (rest == "" || rest[0] == '.') {
			return v.listed(list, strings.TrimPrefix(name[len(list):], "."), marked != name)
		}
	}
	found := []lookup{v.path(name)}
	for _, list := range []string{"ExtendedProperties", "DeviceProperties", "ModifiedProperties"} {
		found = append(found, v.pairs(list, name))
	}
	for _, alias := range aliases[folded] {
		found = append(found, v.dialect(alias)...)
	}
	return found
}

// listed gives the places of what stands behind the name of a list of names and values: an entry's name, or what the
// entries are made of, as in ModifiedProperties{}.NewValue. An entry called Name goes before the names of all, unless
// the list is marked as one.
func (v *views) listed(list, rest string, marked bool) []lookup {
	own, part := v.pairs(list, rest), parts{at: v.record.number(list), part: rest}
	switch lower(rest) {
	case "":
		return []lookup{own}
	case "name", "value", "newvalue", "oldvalue":
		if marked {
			return []lookup{part}
		}
		return []lookup{own, part}
	}
	return []lookup{own, v.path(list + "." + rest)}
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
