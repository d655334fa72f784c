package auditfile

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what the golden files want")

// TestForms reads each input of testdata and compares what comes out, a line each: where it stood, then the record,
// or why it is bad and its bytes.
func TestForms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input := string(a.Files[0].Data)
			got := transcript(t, Records(strings.NewReader(input), "in"))
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[1].Data); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
			slowly := transcript(t, Records(iotest.OneByteReader(strings.NewReader(input)), "in"))
			if slowly != got {
				t.Errorf("read byte by byte it is:\n%swant:\n%s", slowly, got)
			}
			crlf := transcript(t, Records(strings.NewReader(strings.ReplaceAll(input, "\n", "\r\n")), "in"))
			if crlf = strings.ReplaceAll(crlf, `\r`, ""); crlf != got {
				t.Errorf("with CRLF it is:\n%swant:\n%s", crlf, got)
			}
		})
	}
}

// transcript tells what reading gave.
func transcript(t *testing.T, records iter.Seq2[Record, error]) string {
	t.Helper()
	var b strings.Builder
	line := strings.NewReplacer("\r", `\r`, "\n", `\n`)
	for r, err := range records {
		var bad *BadInput
		switch {
		case errors.As(err, &bad):
			fmt.Fprintf(&b, "%s: BAD: %s\n    %s\n", bad.Where, bad.Reason, line.Replace(string(bad.Bytes)))
		case err != nil:
			fmt.Fprintf(&b, "FAILED: %v\n", err)
		default:
			fmt.Fprintf(&b, "%s\n    %s\n", r.Where, line.Replace(string(r.Body)))
		}
	}
	return b.String()
}

func TestNothingIsTakenOutOfValues(t *testing.T) {
	const event = `{"value":[{"Id":"1"}],"AuditData":"{}"}`
	got := transcript(t, Values(strings.NewReader(event+"\n["+event+"]"), "in"))
	want := "in: line 1\n    " + event + "\nin: line 2, element 1\n    " + event + "\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestNoInputGivesNothing(t *testing.T) {
	for _, input := range []string{"", "\n\r\n ", "\xef\xbb\xbf", "[]", "[\n]\n", "\xff\xfe", "AuditData\n"} {
		if got := transcript(t, Records(strings.NewReader(input), "in")); got != "" {
			t.Errorf("%q gives:\n%s", input, got)
		}
	}
}

func TestAFailingReaderIsNoBadInput(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader("{\"Id\":\"1\"}\n{\"Id\":\"2\"}\n"), iotest.ErrReader(broken))
	var last error
	n := 0
	for _, err := range Records(r, "in") {
		if last = err; err == nil {
			n++
		}
	}
	if n != 2 || !errors.Is(last, broken) {
		t.Errorf("%d records and at the end %v; want 2 and %v", n, last, broken)
	}
}

func TestTheCallerMayStop(t *testing.T) {
	for range Records(strings.NewReader("{}{}{}x\n{}"), "in") {
		return // a second call of the loop's body would panic
	}
	t.Error("nothing was given")
}
