package detect_test

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/detect/rules"
	"ualstream/detect/sigma"
	"ualstream/normalize"
	"ualstream/schemas"
)

// pack compiles the rules that ualstream brings along.
func pack(t testing.TB) *sigma.Set {
	t.Helper()
	c := sigma.Load(rules.Files, sigma.Options{})
	set, refused := sigma.Compile(c)
	for _, r := range append(c.Refusals, refused...) {
		t.Error(r.Error())
	}
	return set
}

// TestPack runs the cases beside the rules. That each rule has one in which it fires and one in which it nearly does is
// tested beside the rules, too.
func TestPack(t *testing.T) {
	set := pack(t)
	e := detect.New(detect.Options{Rules: set})
	toEvent := func(record []byte) ([]byte, error) {
		return normalize.Append(nil, schemas.Raw{Tenant: "t", ContentCreated: time.Unix(1, 0), Body: record})
	}
	files, _ := fs.Glob(rules.Files, "*.yml")
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yml"), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("rules", strings.TrimSuffix(file, ".yml")+".cases.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			cases, err := detect.ReadCases(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				got, err := e.Try(c, file, toEvent)
				if err != nil || got != *c.Hit {
					t.Errorf("%s: hit %v, want %v: %s %v", c.Name, got, *c.Hit, c.Why, err)
				}
			}
		})
	}
}

func TestEveryRuleOfThePackIsForEventsThatThereAre(t *testing.T) {
	set := pack(t)
	if len(set.Rules()) < 25 {
		t.Errorf("%d rules", len(set.Rules()))
	}
	for _, r := range set.Rules() {
		if !detect.Sees(r.LogSource) || r.ID == "" || r.Level == "" || r.Description == "" || len(r.Tags) == 0 || r.Date == "" {
			t.Errorf("%s:%d: %s: its log source has no events, or its id, level, description, tags or date are missing", r.File, r.Line, r.Title)
		}
	}
}

// TestSamplesGiveWhatWasExpected compares the findings in published records with what was written down before.
func TestSamplesGiveWhatWasExpected(t *testing.T) {
	folder := os.Getenv("UALSTREAM_SAMPLES")
	if folder == "" {
		t.Skip("UALSTREAM_SAMPLES is not set: it names a folder with records as JSON lines")
	}
	e, schema := detect.New(detect.Options{Rules: pack(t)}), ours(t)
	var got []string
	files, _ := filepath.Glob(filepath.Join(folder, "ual", "*.jsonl"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			event := normalized(t, lines.Bytes())
			threats, _ := e.Detect(event)
			for _, x := range threats {
				if x.Kind != schemas.KindFinding {
					continue
				}
				got = append(got, gjson.GetBytes(event, "metadata.uid").Str+"\t"+x.Rule)
				if err := validate(t, schema, x.Value); err != nil {
					t.Errorf("%s: %v", x.Value, err)
				}
			}
		}
	}
	want := expected(t)
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("found and not expected: %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("expected and not found: %s", line)
		}
	}
}

// expected gives the lines of expected.tsv: record and rule.
func expected(t *testing.T) (lines []string) {
	data, err := os.ReadFile(filepath.Join("testdata", "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if columns := strings.Split(line, "\t"); line[0] != '#' && len(columns) == 4 {
			lines = append(lines, columns[0]+"\t"+columns[1])
		}
	}
	return lines
}
