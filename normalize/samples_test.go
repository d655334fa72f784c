package normalize_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/normalize"
	"ualstream/schemas"
)

// TestPublishedRecordsBecomeValidEvents reads the records that other people published, from the folder that
// UALSTREAM_SAMPLES names.
func TestPublishedRecordsBecomeValidEvents(t *testing.T) {
	dir := os.Getenv("UALSTREAM_SAMPLES")
	if dir == "" {
		t.Skip("UALSTREAM_SAMPLES is not set: it names a folder with ual/*.jsonl, one record a line")
	}
	files, err := filepath.Glob(filepath.Join(dir, "ual", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	c := newChecker(t)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for n := 1; lines.Scan(); n++ {
			line := bytes.TrimSpace(lines.Bytes())
			if len(line) == 0 {
				continue
			}
			got, err := normalize.Append(nil, schemas.Raw{Source: "Audit.General", Received: time.Unix(1, 0), Body: line})
			if err != nil {
				t.Errorf("%s:%d: %v", name, n, err)
				continue
			}
			if unmapped := gjson.GetBytes(got, "unmapped").Raw; unmapped != string(line) {
				t.Errorf("%s:%d: unmapped is not the record", name, n)
			}
			for _, w := range c.check(got) {
				t.Errorf("%s:%d: %s\n%s", name, n, w, got)
			}
		}
		if err := lines.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
