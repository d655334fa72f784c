package detect_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/normalize"
	"ualstream/schemas"
)

// normalized gives the event of a record.
func normalized(t testing.TB, record []byte) []byte {
	t.Helper()
	at := time.Date(2026, 2, 12, 11, 0, 0, 0, time.UTC)
	event, err := normalize.Append(nil, schemas.Raw{
		Tenant: "00000000-0000-4000-8000-000000000001", Source: "Audit.General", ContentCreated: at, Received: at, Body: record,
	})
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	return event
}

// whole gives a record with what every record has.
func whole(record string) []byte {
	return []byte(strings.Replace(record, "{", `{"Id":"00000000-0000-4000-8000-000000000002","CreationTime":"2026-02-12T10:53:24",`+
		`"OrganizationId":"00000000-0000-4000-8000-000000000001","UserKey":"k","UserId":"ana@contoso.example",`, 1))
}

// checkThreat holds that a threat is valid and has the record it was made of.
func checkThreat(t *testing.T, s *jsonschema.Schema, threat schemas.Threat, record []byte) {
	t.Helper()
	if err := validate(t, s, threat.Value); err != nil {
		t.Errorf("%s: %v", threat.Value, err)
	}
	if got := gjson.GetBytes(threat.Value, "unmapped").Raw; got != string(bytes.TrimSpace(record)) {
		t.Errorf("unmapped %s\nwant %s", got, record)
	}
}

func TestNormalizedRecordsAreTagged(t *testing.T) {
	e, schema := detect.New(detect.Options{}), ours(t)
	for record, want := range map[string]string{
		cmdlet("New-InboxRule", "Name", ".", "MoveToFolder", "RSS Feeds"):                       "rule priority",
		cmdlet("Set-Mailbox", "GrantSendOnBehalfTo", "ana"):                                     "settings+delegated priority",
		cmdlet("Add-MailboxFolderPermission", "User", "Default"):                                "folder priority",
		serviceRecord("Set-Mailbox", nil, nil):                                                  "settings noise",
		`{"Operation":"UpdateInboxRules","RecordType":2,"Workload":"Exchange","UserType":0}`:    "rule noise",
		`{"Operation":" userloggedin ","Workload":"AzureActiveDirectory","UserType":0}`:         "logon priority",
		modifiedByService("full_access_as_app"):                                                 "delegated priority",
		`{"Operation":"FileAccessed","Workload":"SharePoint","UserType":0}`:                     "",
		"{\n \"Operation\" : \"Add-MailboxPermission\" ,\r\n \"UserType\":2, \"X\" : [ ] }\n\t": "delegated priority",
	} {
		threats, _ := e.Detect(normalized(t, whole(record)))
		got := ""
		for _, threat := range threats {
			got = short(threat.Tags) + " " + string(threat.Triage)
			checkThreat(t, schema, threat, whole(record))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
}

func TestSamplesGiveValidThreats(t *testing.T) {
	folder := os.Getenv("UALSTREAM_SAMPLES")
	if folder == "" {
		t.Skip("UALSTREAM_SAMPLES is not set: it names a folder with records as JSON lines")
	}
	classes, schema := official(t), ours(t)
	files, _ := filepath.Glob(filepath.Join(folder, "ual", "*.jsonl"))
	if len(files) == 0 {
		t.Fatalf("no records in %s/ual", folder)
	}
	e, tagged := detect.New(detect.Options{Optional: true}), 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			threats, _ := e.Detect(normalized(t, lines.Bytes()))
			for _, threat := range threats {
				tagged++
				checkThreat(t, schema, threat, lines.Bytes())
				if err := validate(t, classes[gjson.GetBytes(threat.Value, "class_uid").Int()], threat.Value); err != nil {
					t.Errorf("%s: %v", threat.Value, err)
				}
			}
		}
	}
	if tagged == 0 {
		t.Error("none of the samples is tagged")
	}
}
