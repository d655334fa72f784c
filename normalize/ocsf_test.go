package normalize_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ualstream/schemas"
)

// checker judges events: by our own schema, and by OCSF's official one where UALSTREAM_OCSF names its folder.
type checker struct {
	own      *jsonschema.Schema
	official map[int]*jsonschema.Schema
	model    *model
}

// model is the compiled OCSF schema, as far as the checks read it.
type model struct {
	Classes    map[string]object
	Objects    map[string]object
	Dictionary struct {
		Types struct {
			Attributes map[string]struct{ Regex string }
		}
	}
	byUID map[int]object
}

type object struct {
	UID        int
	Attributes map[string]attribute
}

type attribute struct {
	Type       string
	ObjectType string `json:"object_type"`
	Sibling    string
	Profiles   []string
	Enum       map[string]struct{ Caption string }
}

var classFiles = map[int]string{
	0: "base_event", 2004: "detection_finding", 2006: "data_security_finding", 3001: "account_change",
	3002: "authentication", 3004: "entity_management", 3005: "user_access", 3006: "group_management",
	4009: "email_activity", 6001: "web_resources_activity", 6006: "file_hosting",
}

func newChecker(tb testing.TB) *checker {
	tb.Helper()
	c := &checker{own: compile(tb, must(schemas.Files.ReadFile("event.schema.json")))}
	dir := os.Getenv("UALSTREAM_OCSF")
	if dir == "" {
		tb.Log("UALSTREAM_OCSF is not set: events are checked by our own schema alone")
		return c
	}
	c.official, c.model = map[int]*jsonschema.Schema{}, &model{byUID: map[int]object{}}
	for uid, name := range classFiles {
		c.official[uid] = compile(tb, must(os.ReadFile(filepath.Join(dir, name+".schema.json"))))
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "compiled.json"))), c.model); err != nil {
		tb.Fatal(err)
	}
	for _, o := range c.model.Classes {
		c.model.byUID[o.UID] = o
	}
	return c
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func compile(tb testing.TB, text []byte) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		tb.Fatal(err)
	}
	return must(c.Compile("schema.json"))
}

// check gives everything that is wrong with an event.
func (c *checker) check(event []byte) (wrong []string) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(event)))
	if err != nil {
		return []string{"no JSON: " + err.Error()}
	}
	if err := c.own.Validate(doc); err != nil {
		wrong = append(wrong, "our schema: "+err.Error())
	}
	root, ok := doc.(map[string]any)
	if !ok || c.model == nil {
		return wrong
	}
	uid := number(root["class_uid"])
	schema := c.official[uid]
	if schema == nil {
		return append(wrong, fmt.Sprintf("class %d is none that we emit", uid))
	}
	if err := schema.Validate(doc); err != nil {
		wrong = append(wrong, "OCSF: "+err.Error())
	}
	if got, want := number(root["type_uid"]), uid*100+number(root["activity_id"]); got != want {
		wrong = append(wrong, fmt.Sprintf("type_uid is %d, want %d", got, want))
	}
	wrong = append(wrong, c.model.siblings("", root, c.model.byUID[uid])...)
	return append(wrong, c.model.references(root, c.model.byUID[uid])...)
}

// siblings checks captions beside numbers, patterns of types and the profiles that attributes need.
func (m *model) siblings(path string, doc map[string]any, o object) (wrong []string) {
	for name, v := range doc {
		a, ok := o.Attributes[name]
		if !ok || name == "unmapped" {
			continue
		}
		at := path + name
		if e, ok := a.Enum[strconv.Itoa(number(v))]; ok && a.Sibling != "" && strings.HasSuffix(a.Type, "integer_t") {
			caption, _ := doc[a.Sibling].(string)
			switch {
			case number(v) == 99 && caption == "":
				wrong = append(wrong, at+" is 99 and "+a.Sibling+" says nothing")
			case number(v) != 99 && caption != e.Caption:
				wrong = append(wrong, fmt.Sprintf("%s is %v and %s is %q, want %q", at, v, a.Sibling, caption, e.Caption))
			}
		}
		for _, item := range list(v) {
			if s, ok := item.(string); ok {
				if re := m.Dictionary.Types.Attributes[a.Type].Regex; re != "" && !regexp.MustCompile(re).MatchString(s) {
					wrong = append(wrong, fmt.Sprintf("%s: %q is no %s", at, s, a.Type))
				}
			}
			if d, ok := item.(map[string]any); ok && a.ObjectType != "" {
				wrong = append(wrong, m.siblings(at+".", d, m.Objects[a.ObjectType])...)
			}
		}
	}
	return wrong
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// references checks that an observable's name leads to the value that it gives.
func (m *model) references(root map[string]any, class object) (wrong []string) {
	observables, _ := root["observables"].([]any)
	for _, o := range observables {
		o := o.(map[string]any)
		name, _ := o["name"].(string)
		if !m.defined(class, strings.Split(name, ".")) {
			wrong = append(wrong, "observable "+name+": the class has no such attribute")
		}
		if !slices.Contains(lookup(root, strings.Split(name, ".")), o["value"]) {
			wrong = append(wrong, fmt.Sprintf("observable %s: its value %q does not stand there", name, o["value"]))
		}
	}
	return wrong
}

func (m *model) defined(o object, path []string) bool {
	a, ok := o.Attributes[path[0]]
	return ok && (len(path) == 1 || m.defined(m.Objects[a.ObjectType], path[1:]))
}

func lookup(doc any, path []string) (found []any) {
	for _, item := range list(doc) {
		if len(path) == 0 {
			found = append(found, item)
		} else if d, ok := item.(map[string]any); ok {
			if v, ok := d[path[0]]; ok {
				found = append(found, lookup(v, path[1:])...)
			}
		}
	}
	return found
}

func number(v any) int {
	n, ok := v.(json.Number)
	if !ok {
		return -1
	}
	i, err := n.Int64()
	if err != nil {
		return -1
	}
	return int(i)
}
