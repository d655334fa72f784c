package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/tools/txtar"

	"ualstream/normalize"
	"ualstream/schemas"
)

var update = flag.Bool("update", false, "rewrite the events of the golden cases")

// rawOf gives a record as the worker hands it over, from a blob of its own.
func rawOf(body []byte) schemas.Raw {
	return schemas.Raw{
		Tenant: "11111111-2222-3333-4444-555555555555", Source: "Audit.General", ContentID: "blob",
		ContentCreated: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		Received:       time.Date(2026, 3, 2, 10, 5, 0, 0, time.UTC),
		Body:           body,
	}
}

// TestGoldenCases compares events without unmapped, which must be the record, and checks each by the schemas.
// A case is a txtar file with record.json and event.json.
func TestGoldenCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	c := newChecker(t)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a := must(txtar.ParseFile(name))
			record := bytes.TrimSpace(a.Files[0].Data)
			got, err := normalize.Append(nil, rawOf(record))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.check(got) {
				t.Error(w)
			}
			unmapped := gjson.GetBytes(got, "unmapped")
			if unmapped.Raw != string(record) {
				t.Errorf("unmapped is not the record:\n%s", unmapped.Raw)
			}
			if !bytes.HasSuffix(got, []byte(`"unmapped":`+string(record)+"}")) {
				t.Error("unmapped is not the last attribute")
			}
			var pretty bytes.Buffer
			rest := string(got[:bytes.LastIndex(got, []byte(`,"unmapped":`+string(record)))]) + "}"
			if err := json.Indent(&pretty, []byte(rest), "", "\t"); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "event.json", Data: pretty.Bytes()}}
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) != 2 || pretty.String() != string(a.Files[1].Data) {
				t.Errorf("the event differs; look at it and run with -update if it is right:\n%s", pretty.String())
			}
		})
	}
}

func TestWhatIsNoRecordIsRefusedWithTheReason(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"nothing":        {"", schemas.ErrNotJSON},
		"no JSON":        {"CreationTime,Id", schemas.ErrNotJSON},
		"cut":            {`{"Id":"1","Operation":"Us`, schemas.ErrNotJSON},
		"two values":     {`{"Id":"1"}{"Id":"2"}`, schemas.ErrNotJSON},
		"an array":       {`[{"Id":"1"}]`, schemas.ErrNotObject},
		"a string":       {`"Id"`, schemas.ErrNotObject},
		"no Id":          {`{"Operation":"Send"}`, schemas.ErrNoID},
		"an empty Id":    {`{"Id":""}`, schemas.ErrNoID},
		"a number as Id": {`{"Id":7}`, schemas.ErrNoID},
		"too deep":       {`{"Id":"1","x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}", schemas.ErrTooDeep},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := normalize.Append([]byte("before"), rawOf([]byte(test.body)))
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if string(got) != "before" {
				t.Errorf("the buffer is %q", got)
			}
		})
	}
}

// TestEventFollowsWhatIsInTheBuffer holds for any last byte: the encoder looks back to place its commas.
func TestEventFollowsWhatIsInTheBuffer(t *testing.T) {
	alone := must(normalize.Append(nil, rawOf([]byte(`{"Id":"1"}`))))
	for _, before := range []string{"{}\n", "{", "[", "x"} {
		got := must(normalize.Append([]byte(before), rawOf([]byte(`{"Id":"1"}`))))
		if string(got) != before+string(alone) {
			t.Errorf("after %q stands %s", before, got)
		}
	}
}

func TestBytesThatAreNoUTF8AreReplacedAndSaid(t *testing.T) {
	got := must(normalize.Append(nil, rawOf([]byte("{\"Id\":\"1\",\"UserId\":\"a\xff\xfeb\"}"))))
	if u := gjson.GetBytes(got, "unmapped.UserId").Str; u != "a\uFFFDb" {
		t.Errorf("unmapped says %q", u)
	}
	if v := gjson.GetBytes(got, `metadata.tags.#(name=="encoding").value`).Str; v != "repaired" {
		t.Errorf("the tag encoding says %q", v)
	}
}

// TestLongTextsAndListsAreCutInAttributesOnly keeps the event of the largest record below what a topic takes, and
// reading it from taking more time than its length is worth.
func TestLongTextsAndListsAreCutInAttributesOnly(t *testing.T) {
	many := func(item string) string { return strings.TrimSuffix(strings.Repeat(item+",", 2<<20/len(item)), ",") }
	for name, test := range map[string]struct {
		fields string
		copies int // of the record, beside unmapped: attributes that hold a part of it as it is
	}{
		"user":       {`"Operation":"Set-Mailbox","UserId":"` + strings.Repeat("ü", 1<<20) + `"`, 0},
		"rights":     {`"Operation":"AddFolderPermissions","Item":{"ParentFolder":{"MemberRights":"` + many("a") + `"}}`, 0},
		"folders":    {`"Operation":"HardDelete","AffectedItems":[` + many(`{"Id":"a"}`) + `]`, 0},
		"recipients": {`"Operation":"Send","recipientList":[` + many(`"a@b.example"`) + `]`, 0},
		"parameters": {`"Operation":"Set-Mailbox","Parameters":[` + many(`{"Name":"a"}`) + `]`, 1},
		"command":    {`"Operation":"Set-Mailbox","Parameters":"` + strings.Repeat(" -a", 2<<20/3) + `"`, 1},
		"brackets":   {`"Operation":"Set-Mailbox","Parameters":"` + strings.Repeat("[", 2<<20) + `"`, 1},
		"slashes":    {`"Operation":"Set-Mailbox","UserId":"` + strings.Repeat(`\\`, 2<<20) + `"`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"Id":"1",` + test.fields + `}`
			got := must(normalize.Append(nil, rawOf([]byte(body))))
			if limit := (1+test.copies)*len(body) + 256<<10; len(got) > limit {
				t.Errorf("the event has %d bytes, the record %d", len(got), len(body))
			}
			if !json.Valid(got) || !bytes.HasSuffix(got, []byte(`"unmapped":`+body+"}")) {
				t.Error("the record does not stand in the event")
			}
		})
	}
}
