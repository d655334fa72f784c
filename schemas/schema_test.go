package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ualstream/publish"
	"ualstream/schemas"
)

// compiled gives a schema of schemas.Files, with all others at hand for its references.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	files, err := fs.Glob(schemas.Files, "*.schema.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("schema files %v: %v", files, err)
	}
	for _, f := range files {
		data, err := schemas.Files.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if err := c.AddResource("urn:ualstream:"+strings.TrimSuffix(f, ".schema.json"), doc); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	s, err := c.Compile("urn:ualstream:" + name)
	if err != nil {
		t.Fatalf("compile %s: %v", name, err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, value []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return s.Validate(doc)
}

func TestEverySchemaCompilesUnderItsOwnName(t *testing.T) {
	files, _ := fs.Glob(schemas.Files, "*.schema.json")
	for _, f := range files {
		name := strings.TrimSuffix(f, ".schema.json")
		compiled(t, name)
		var doc struct {
			ID     string `json:"$id"`
			Schema string `json:"$schema"`
			Title  string
		}
		data, _ := schemas.Files.ReadFile(f)
		if err := json.Unmarshal(data, &doc); err != nil || doc.ID != "urn:ualstream:"+name || doc.Title == "" ||
			doc.Schema != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $id %q, $schema %q, title %q, %v", f, doc.ID, doc.Schema, doc.Title, err)
		}
	}
}

func TestTenantValuesAreValid(t *testing.T) {
	s := compiled(t, "tenant")
	m, err := tenant().Message()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, s, m.Value); err != nil {
		t.Errorf("%s: %v", m.Value, err)
	}
	withSecret := bytes.Replace(m.Value, []byte(`"v":1`), []byte(`"v":1,"client_secret":"x"`), 1)
	if validate(t, s, withSecret) == nil {
		t.Error("a tenant with a secret is valid")
	}
}

func TestRejectLinesAreValid(t *testing.T) {
	s := compiled(t, "reject")
	for _, from := range []schemas.Message{{}, raw().Message()} {
		var line bytes.Buffer
		m := publish.Reject(from, "normalize", errors.New("cut"))
		if err := publish.NewJSON(&line).Deliver(t.Context(), []schemas.Message{m}); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, line.Bytes()); err != nil {
			t.Errorf("%s: %v", &line, err)
		}
	}
}

func tenant() schemas.Tenant {
	return schemas.Tenant{
		ID: "00000000-0000-4000-8000-000000000001", Name: "Contoso", ContentTypes: []string{"Audit.Exchange", "DLP.All"},
		Domains: []string{"contoso.example"}, UncountedGroups: []string{"00000000-0000-4000-8000-00000000000a"},
	}
}

func raw() schemas.Raw {
	at := time.Date(2026, 2, 12, 10, 53, 24, 123e6, time.UTC)
	return schemas.Raw{
		Tenant: "00000000-0000-4000-8000-000000000001", Source: "Audit.Exchange", ContentID: "blob-1",
		ContentCreated: at, Received: at.Add(time.Minute), Body: []byte(`{"Id":"r1","UserId":"ana@contoso.example"}`),
	}
}
