package detect_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ualstream/detect"
	"ualstream/schemas"
)

// eventOf gives an event around a native record, in the order and with the attributes that normalize writes.
func eventOf(t testing.TB, record string) []byte {
	t.Helper()
	operation := struct{ Operation string }{}
	if err := json.Unmarshal([]byte(record), &operation); err != nil {
		t.Fatalf("fixture %s: %v", record, err)
	}
	code, _ := json.Marshal(operation.Operation)
	return fmt.Appendf(nil, `{"activity_id":99,"activity_name":"Other","category_name":"Uncategorized","category_uid":0,`+
		`"class_name":"Base Event","class_uid":0,"type_name":"Base Event: Other","type_uid":99,"metadata":{"event_code":%s,`+
		`"log_name":"Audit.Exchange","product":{"name":"Microsoft 365","vendor_name":"Microsoft"},`+
		`"tags":[{"name":"account","value":"bob@contoso.example"},{"name":"mailbox","value":"bob@contoso.example"}],`+
		`"tenant_uid":"00000000-0000-4000-8000-000000000001","uid":"00000000-0000-4000-8000-000000000002","version":"1.8.0"},`+
		`"time":1770893604000,"severity_id":1,"severity":"Informational","unmapped":%s}`, code, record)
}

// cmdlet gives the record of a cmdlet that a person ran from an address.
func cmdlet(operation string, namesAndValues ...string) string {
	type pair struct{ Name, Value string }
	pairs := []pair{{"Identity", "bob@contoso.example"}}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		pairs = append(pairs, pair{namesAndValues[i], namesAndValues[i+1]})
	}
	b, _ := json.Marshal(map[string]any{
		"Operation": operation, "Workload": "Exchange", "RecordType": 1, "UserType": 2, "UserId": "ana@contoso.example",
		"ClientIP": "203.0.113.7:50412", "Parameters": pairs,
	})
	return string(b)
}

// modified gives the record of an Entra activity with one modified property.
func modified(operation, name, newValue string) string {
	b, _ := json.Marshal(map[string]any{
		"Operation": operation, "Workload": "AzureActiveDirectory", "RecordType": 8, "UserType": 0,
		"ClientIP": "203.0.113.7", "ModifiedProperties": []map[string]string{{"Name": name, "NewValue": newValue, "OldValue": ""}},
	})
	return string(b)
}

// detectOne gives the tags and triage of a record's event; no tags where it is no threat.
func detectOne(t testing.TB, e *detect.Engine, record string) ([]string, schemas.Triage) {
	t.Helper()
	threats, signals := e.Detect(eventOf(t, record))
	if len(signals) != 0 || len(threats) > 1 {
		t.Fatalf("%d threats and %d signals, want at most one threat and no signal", len(threats), len(signals))
	}
	if len(threats) == 0 {
		return nil, ""
	}
	if threats[0].Kind != schemas.KindEvent || threats[0].Rule != "" {
		t.Errorf("kind %q, rule %q, want an event without a rule", threats[0].Kind, threats[0].Rule)
	}
	return threats[0].Tags, threats[0].Triage
}

func short(tags []string) string {
	names := map[string]string{
		schemas.EmailRuleModification: "rule", schemas.MailboxSettingsModification: "settings",
		schemas.LogonAttempt: "logon", schemas.MailboxAccessDelegated: "delegated", schemas.MailboxFolderPermissions: "folder",
	}
	var s []string
	for _, t := range tags {
		s = append(s, names[t])
	}
	return strings.Join(s, "+")
}
