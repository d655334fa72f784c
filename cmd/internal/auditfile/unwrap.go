package auditfile

import (
	"strings"

	"github.com/tidwall/gjson"
)

const auditData = "AuditData"

// wrapped lists where a record stands within the object that a tool wraps it in, as an object or as JSON in a string.
var wrapped = []string{
	"AuditData.AdditionalProperties", // Get-MgSecurityAuditLogQueryRecord | ConvertTo-Json
	auditData,                        // Search-UnifiedAuditLog | ConvertTo-Json, and that of Graph's cmdlets
	"auditData.dynamicProperties",    // Graph auditLogRecord, as its metadata describes it
	"auditData",                      // Graph auditLogRecord, as it is answered
	"RawEventData",                   // Defender advanced hunting, CloudAppEvents
	"result._raw",                    // Splunk search, exported as JSON
	"result",                         // Splunk search without _raw
	"_raw",                           // Splunk, one event
	"_source.event.original",         // Elasticsearch hit of an Elastic agent
	"_source.o365.audit",             // of Filebeat, where its pipeline did not run
	"_source.message",                // of a shipper that leaves the text alone
	"_source",                        // of one that indexes records themselves
	"event.original",                 // Elastic agent
	`event\.original`,
	"o365.audit",
	"message", // Logstash and other shippers
}

// unwrap gives the record that an object without an Id holds, or the object itself where it holds none. reason says
// why a record that should be there is not.
func unwrap(body []byte) (record []byte, reason string) {
	for _, path := range wrapped {
		v := gjson.GetBytes(body, path)
		switch {
		case v.IsObject():
			return []byte(v.Raw), ""
		case v.Type == gjson.String && (path == auditData && v.Str != "" || strings.HasPrefix(strings.TrimSpace(v.Str), "{")):
			return []byte(v.Str), ""
		case v.Exists() && path == auditData:
			return nil, path + " is empty"
		}
	}
	if gjson.GetBytes(body, "OfficeWorkload").Exists() && gjson.GetBytes(body, "OfficeId").Exists() {
		return nil, "a row of the table OfficeActivity of Log Analytics, which is no whole record: export the audit log itself"
	}
	return body, ""
}

// quoted gives the record that a JSON string holds: what AuditData | ConvertTo-Json writes.
func quoted(value []byte) (record []byte, ok bool) {
	if value[0] != '"' {
		return nil, false
	}
	text := gjson.ParseBytes(value).Str
	return []byte(text), strings.HasPrefix(text, "{")
}
