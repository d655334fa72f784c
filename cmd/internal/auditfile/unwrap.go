package auditfile

import "github.com/tidwall/gjson"

// wrapped lists where a record stands within the object that a tool wraps it in, as an object or as JSON in a string.
var wrapped = []string{
	"AuditData",                   // Search-UnifiedAuditLog | ConvertTo-Json
	"auditData.dynamicProperties", // Graph auditLogRecord, as its metadata describes it
	"auditData",                   // Graph auditLogRecord, as it is answered
	"RawEventData",                // Defender advanced hunting, CloudAppEvents
	"result._raw",                 // Splunk search, exported as JSON
	"_raw",                        // Splunk, one event
	"_source.event.original",      // Elasticsearch hit
	"event.original",              // Elastic agent
}

// unwrap gives the record that an object without an Id holds, or the object itself where it holds none. reason says
// why a record that should be there is not.
func unwrap(body []byte) (record []byte, reason string) {
	for _, path := range wrapped {
		v := gjson.GetBytes(body, path)
		switch {
		case v.IsObject():
			return []byte(v.Raw), ""
		case v.Type == gjson.String && v.Str != "":
			return []byte(v.Str), ""
		case v.Exists() && path == wrapped[0]:
			return nil, path + " is empty"
		}
	}
	return body, ""
}
