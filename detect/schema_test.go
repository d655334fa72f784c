package detect_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/schemas"
)

// ours gives the project's own schema of a threat.
func ours(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"event", "threat"} {
		data, err := schemas.Files.ReadFile(name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		add(t, c, "urn:ualstream:"+name, data)
	}
	s, err := c.Compile("urn:ualstream:threat")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// official gives the OCSF schemas by class.
func official(t *testing.T) map[int64]*jsonschema.Schema {
	t.Helper()
	folder := os.Getenv("UALSTREAM_OCSF")
	if folder == "" {
		t.Skip("UALSTREAM_OCSF is not set: it names the folder with OCSF 1.8.0 as one JSON Schema a class")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.schema.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas in %s: %v", folder, err)
	}
	c := jsonschema.NewCompiler()
	classes := map[int64]*jsonschema.Schema{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		id := gjson.GetBytes(data, "$id").Str
		add(t, c, id, data)
		if classes[gjson.GetBytes(data, "properties.class_uid.enum.0").Int()], err = c.Compile(id); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	return classes
}

func add(t *testing.T, c *jsonschema.Compiler, id string, data []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = c.AddResource(id, doc)
	}
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
}

func validate(t *testing.T, s *jsonschema.Schema, value []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return s.Validate(doc)
}

// threats gives a threat for each kind of record.
func threats(t *testing.T) [][]byte {
	t.Helper()
	e := detect.New(detect.Options{})
	var values [][]byte
	for _, record := range []string{
		cmdlet("New-InboxRule", "Name", "."), cmdlet("Set-Mailbox", "GrantSendOnBehalfTo", "ana"),
		cmdlet("UserLoggedIn"), cmdlet("Add-MailboxPermission", "User", "ana"), cmdlet("UpdateCalendarDelegation"),
		`{"Operation":"UpdateInboxRules"}`, modifiedByService("Mail.Read"),
	} {
		found, _ := e.Detect(normalized(t, whole(record)))
		if len(found) != 1 {
			t.Fatalf("%d threats of %s", len(found), record)
		}
		values = append(values, found[0].Value)
	}
	return values
}

func TestThreatsAreValidInOurSchema(t *testing.T) {
	s := ours(t)
	for _, value := range threats(t) {
		if err := validate(t, s, value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestThreatsAreValidInOCSF(t *testing.T) {
	classes := official(t)
	for _, value := range threats(t) {
		s := classes[gjson.GetBytes(value, "class_uid").Int()]
		if s == nil {
			t.Fatalf("no schema for the class of %s", value)
		}
		if err := validate(t, s, value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestOurSchemaRefusesAThreatWithoutTagOrTriage(t *testing.T) {
	s, value := ours(t), threats(t)[0]
	for _, part := range []string{`["EmailRuleModification"]`, `"triage"`, `"priority"`} {
		other := `"other"`
		if part[0] == '[' {
			other = `[]`
		}
		if validate(t, s, bytes.Replace(value, []byte(part), []byte(other), 1)) == nil {
			t.Errorf("valid without %s: %s", part, value)
		}
	}
}
