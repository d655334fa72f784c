package normalize_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"golang.org/x/tools/txtar"

	"ualstream/normalize"
	"ualstream/schemas"
)

// FuzzRecordsGiveAnEventOrAReason holds that any bytes give a reason or a valid event that holds them.
func FuzzRecordsGiveAnEventOrAReason(f *testing.F) {
	for _, name := range must(filepath.Glob("testdata/*.txtar")) {
		f.Add(must(txtar.ParseFile(name)).Files[0].Data)
	}
	f.Add([]byte("{\"Id\":\"\xff\"}"))
	f.Add([]byte(`{"Id":"1","Operation":"New-InboxRule","Parameters":"-Name \"a -Mailbox b@c.example -- -"}`))
	c := newChecker(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := normalize.Append(nil, rawOf(body))
		id, idErr := schemas.RecordID(body)
		if (err == nil) != (idErr == nil) {
			t.Fatalf("Append says %v, RecordID %v", err, idErr)
		}
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("the event is no JSON: %s", got)
		}
		if wrong := c.check(got); len(wrong) > 0 {
			t.Fatalf("%s\n%s", wrong, got)
		}
		record := bytes.TrimSpace(body)
		if !bytes.ContainsAny(record, "\n\r") && bytes.ContainsAny(got, "\n\r") {
			t.Fatal("a record on one line gave an event on several")
		}
		if !utf8.Valid(record) {
			return
		}
		if unmapped := gjson.GetBytes(got, "unmapped"); unmapped.Raw != string(record) {
			t.Fatalf("unmapped is not the record: %s", unmapped.Raw)
		}
		if uid := gjson.GetBytes(got, "metadata.uid").Str; uid != id {
			t.Fatalf("uid is %q, the record's Id %q", uid, id)
		}
	})
}
