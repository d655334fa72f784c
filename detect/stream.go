package detect

import (
	"strings"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
)

// stream is what a rule's log source means here. An event belongs to a rule's log source or the rule never sees it.
type stream uint8

const (
	nowhere     stream = iota // no event of ours
	everyRecord               // m365, m365/audit: all of the audit log
	exchange                  // m365/exchange: records of Exchange
	compliance                // m365/threat_management and threat_detection: alerts and cmdlets of Security & Compliance
	directory                 // azure: records of Entra ID
	signIns                   // azure/signinlogs
	changes                   // azure/auditlogs
	risks                     // azure/riskdetection
	privileges                // azure/pim: changes by Privileged Identity Management
	everyEvent                // ocsf: all events, in OCSF's view
)

// streams names the log sources, product and service, that events belong to. Of what public collections have under
// Azure's activity log, that of Entra ID is in the audit log, as changes; what Azure's own resources say is not.
var streams = map[[2]string]stream{
	{"m365", ""}: everyRecord, {"m365", "audit"}: everyRecord, {"m365", "exchange"}: exchange,
	{"m365", "threatmanagement"}: compliance, {"m365", "threatdetection"}: compliance,
	{"azure", ""}: directory, {"azure", "signinlogs"}: signIns, {"azure", "auditlogs"}: changes,
	{"azure", "activitylogs"}: changes, {"azure", "activity"}: changes,
	{"azure", "riskdetection"}: risks, {"azure", "pim"}: privileges,
	{"ocsf", ""}: everyEvent,
}

// products are other spellings of a product.
var products = map[string]string{"o365": "m365", "office365": "m365", "microsoft365": "m365"}

// plain writes names alike that differ in case and in what stands between words: threat_management, ThreatManagement.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(lower(name))
}

// streamOf gives the stream of a log source. Older rules name the product in the service: category ThreatManagement with
// service m365, or service azure.signinlogs alone.
func streamOf(s sigma.LogSource) stream {
	product, service, category := plain(s.Product), plain(s.Service), plain(s.Category)
	if other, ok := products[product]; ok {
		product = other
	}
	for _, known := range []string{"m365", "azure"} {
		if rest, ok := strings.CutPrefix(service, known); ok && (product == "" || product == known) {
			product, service = known, rest
		}
	}
	if product == "m365" && service == "" {
		service, category = category, ""
	}
	if category != "" {
		return nowhere
	}
	return streams[[2]string{product, service}]
}

// Sees says whether events can belong to the log source at all. A rule for another one never matches.
func Sees(s sigma.LogSource) bool { return streamOf(s) != nowhere }

// belongs says whether the record belongs to a stream of records.
func (r *reader) belongs(s stream) bool {
	if !r.unmapped().is('{') {
		return false
	}
	switch s {
	case everyRecord:
		return true
	case exchange:
		return strings.EqualFold(r.word(atWorkload), "Exchange")
	case compliance:
		return r.isCompliance()
	case directory, signIns, changes, risks, privileges:
		return strings.EqualFold(r.word(atWorkload), "AzureActiveDirectory") && r.inDirectory(s)
	}
	return false
}

// inDirectory tells Entra ID's logs apart (Management Activity API schema, AuditLogRecordType): 9 and 15 are sign-ins,
// 294 risk detections.
func (r *reader) inDirectory(s stream) bool {
	kind := r.word(atRecordType)
	signIn := kind == "15" || kind == "9" || kind == "AzureActiveDirectoryStsLogon" || kind == "AzureActiveDirectoryAccountLogon"
	risk := kind == "294" || kind == "AadRiskDetection"
	switch s {
	case signIns:
		return signIn
	case changes:
		return !signIn && !risk
	case risks:
		return risk
	case privileges:
		return strings.Contains(r.word(atOperation), "PIM")
	}
	return true
}

// isAlert says whether the record is an alert: AlertTriggered, AlertEntityGenerated or AlertUpdated.
func (r *reader) isAlert() bool {
	return r.isCompliance() && strings.HasPrefix(lower(r.word(atOperation)), "alert")
}

func (r *reader) isCompliance() bool {
	return strings.EqualFold(r.word(atWorkload), "SecurityComplianceCenter")
}

// word gives what one of the record's attributes says.
func (r *reader) word(at int) string { return r.attribute(at).text(&r.arena) }

// get gives an attribute of the event by a path of gjson, from where its first name stands if that was noted.
func (r *reader) get(path string) gjson.Result {
	name, rest, more := strings.Cut(path, ".")
	at, noted := r.event.find(name)
	if !noted {
		return gjson.Get(r.text, path)
	}
	found := r.top[at]
	if name == "unmapped" && more {
		name, below, further := strings.Cut(rest, ".")
		if at, noted := r.views.record.find(name); noted {
			found, rest, more = r.attribute(at), below, further
		}
	}
	if !more {
		return gjson.Parse(string(found))
	}
	return gjson.Get(string(found), rest)
}
