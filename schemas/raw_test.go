package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"ualstream/schemas"
)

func TestRecordID(t *testing.T) {
	nested := func(n int) string {
		return `{"Id":"r1","x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
	}
	for name, c := range map[string]struct {
		body, id string
		err      error
	}{
		"record":                       {`{"Id":"r1"}`, "r1", nil},
		"space around":                 {" \r\n\t{ \"x\" : { \"Id\" : 1 } , \"Id\" : \"r1\" } \n", "r1", nil},
		"escapes":                      {`{"\u0049d":"r\u0031\/"}`, "r1/", nil},
		"two of them: the first":       {`{"Id":"r1","Id":"r2"}`, "r1", nil},
		"no UTF-8":                     {"{\"Id\":\"r\xff\xfe1\"}", "r\uFFFD1", nil},
		"half of a surrogate pair":     {`{"Id":"r\ud8001"}`, "r\uFFFD1", nil},
		"no UTF-8 elsewhere":           {"{\"x\":\"\xff\",\"Id\":\"r1\"}", "r1", nil},
		"brackets in a text":           {`{"Id":"r1","x":"` + strings.Repeat(`[{\"`, 5000) + `"}`, "r1", nil},
		"many brackets, not deep":      {`{"Id":"r1","x":[` + strings.Repeat(`[],`, 5000) + `[]]}`, "r1", nil},
		"as deep as allowed":           {nested(schemas.MaxDepth), "r1", nil},
		"as long as allowed":           {`{"Id":"` + strings.Repeat("r", schemas.MaxID) + `"}`, strings.Repeat("r", schemas.MaxID), nil},
		"deeper":                       {nested(schemas.MaxDepth + 1), "", schemas.ErrTooDeep},
		"endlessly deep":               {strings.Repeat(`{"x":[`, 1<<20), "", schemas.ErrTooDeep},
		"closed before it is opened":   {strings.Repeat("]", 1<<20) + strings.Repeat("[", 1<<20), "", schemas.ErrNotJSON},
		"nothing":                      {"", "", schemas.ErrNotJSON},
		"space":                        {" \n", "", schemas.ErrNotJSON},
		"cut":                          {`{"Id":"r1","x":"`, "", schemas.ErrNotJSON},
		"two records":                  {`{"Id":"r1"}{"Id":"r2"}`, "", schemas.ErrNotJSON},
		"something behind":             {`{"Id":"r1"};`, "", schemas.ErrNotJSON},
		"byte order mark":              {"\uFEFF{\"Id\":\"r1\"}", "", schemas.ErrNotJSON},
		"line break in a text":         {"{\"Id\":\"r1\",\"x\":\"\n\"}", "", schemas.ErrNotJSON},
		"single quotes":                {`{'Id':'r1'}`, "", schemas.ErrNotJSON},
		"array":                        {`[{"Id":"r1"}]`, "", schemas.ErrNotObject},
		"text":                         {`"{\"Id\":\"r1\"}"`, "", schemas.ErrNotObject},
		"null":                         {`null`, "", schemas.ErrNotObject},
		"number":                       {`7`, "", schemas.ErrNotObject},
		"no Id":                        {`{}`, "", schemas.ErrNoID},
		"Id of something inside":       {`{"x":{"Id":"r1"}}`, "", schemas.ErrNoID},
		"other case":                   {`{"ID":"r1","id":"r1"}`, "", schemas.ErrNoID},
		"empty Id":                     {`{"Id":""}`, "", schemas.ErrNoID},
		"Id that is a number":          {`{"Id":7}`, "", schemas.ErrNoID},
		"Id that is null":              {`{"Id":null,"Id":"r1"}`, "", schemas.ErrNoID},
		"Id that is an object":         {`{"Id":{"Id":"r1"}}`, "", schemas.ErrNoID},
		"Id longer than a key may get": {`{"Id":"` + strings.Repeat("r", schemas.MaxID+1) + `"}`, "", schemas.ErrNoID},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := schemas.RecordID([]byte(c.body))
			if id != c.id || !errors.Is(err, c.err) {
				t.Errorf("%q, %v; want %q, %v", id, err, c.id, c.err)
			}
		})
	}
}

func TestCheckEventAllowsARecordInsideAnEvent(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat(`{"x":`, n) + "1" + strings.Repeat("}", n)) }
	for n, want := range map[int]error{1: nil, schemas.MaxDepth + 16: nil, schemas.MaxDepth + 17: schemas.ErrTooDeep} {
		if err := schemas.CheckEvent(deep(n)); !errors.Is(err, want) {
			t.Errorf("%d levels: %v, want %v", n, err, want)
		}
	}
	for in, want := range map[string]error{"": schemas.ErrNotJSON, "[]": schemas.ErrNotObject, `{"x":1}}`: schemas.ErrNotJSON} {
		if err := schemas.CheckEvent([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}

func TestRawKeyTellsBytesApartThatAreNoRecord(t *testing.T) {
	if got := (schemas.Raw{Body: []byte(`{"Id":"r1"}`)}).Key(); got != "r1" {
		t.Errorf("a record: %q", got)
	}
	// echo -n '{"Id":7}' | sha256sum
	const want = "x:01f0389ebbb879880856efc9817f89be9710e969470c25c4a845303aaf492893"
	if got := (schemas.Raw{Body: []byte(`{"Id":7}`)}).Key(); got != want {
		t.Errorf("no record: %q, want %q", got, want)
	}
}

func TestRawMessageRoundTrips(t *testing.T) {
	for name, r := range map[string]schemas.Raw{
		"full": raw(), "from a file": {Body: []byte(`{"Id":"r1"}`)}, "no record": {Tenant: "t", Body: []byte("\xff\x00")},
	} {
		m := r.Message()
		if m.Topic != schemas.TopicRaw || string(m.Key) != r.Key() || !m.Time.Equal(r.Received) {
			t.Errorf("%s: topic %q key %q time %v", name, m.Topic, m.Key, m.Time)
		}
		if got := schemas.RawOf(m); !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %+v, want %+v", name, got, r)
		}
		for _, h := range m.Headers {
			if h.Value == "" {
				t.Errorf("%s: empty header %s", name, h.Key)
			}
		}
	}
}

func TestLogsNeverRevealABody(t *testing.T) {
	r := raw()
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("m", "raw", r, "pointer", &r)
	}
	log := out.String()
	if n := strings.Count(log, "blob-1"); n != 4 || !strings.Contains(log, `"record":"r1"`) || !strings.Contains(log, "raw.bytes=42") {
		t.Errorf("identifiers are missing: %s", log)
	}
	if strings.Contains(log, "ana@contoso") || strings.Contains(log, string(r.Body)) || strings.Contains(log, "UserId") {
		t.Errorf("the body is revealed: %s", log)
	}
}

// FuzzRecordID holds that what has an Id is a JSON object that other parsers read alike, and that a key is
// never long.
func FuzzRecordID(f *testing.F) {
	for _, s := range []string{`{"Id":"r1"}`, `{"\u0049d":"\ud800"}`, `[[{"Id":1}]]`, "{\"Id\":\"\x7f\"}", `{"Id":"a","Id":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if key := (schemas.Raw{Body: body}).Key(); key == "" || len(key) > schemas.MaxID {
			t.Fatalf("key %q", key)
		}
		if _, err := schemas.RecordID(body); err != nil {
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil || object["Id"] == nil {
			t.Fatalf("%q: %v", body, err)
		}
	})
}
