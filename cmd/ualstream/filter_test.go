package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"
)

// filtered runs a filter over the text and gives its output and its exit code.
func filtered(t *testing.T, text string, args ...string) (stdout string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	e := &env{strings.NewReader(text), &out, &problems, func(string) string { return "" }}
	code = e.exitCode(e.dispatch(t.Context(), args))
	if code == exitMisuse {
		t.Fatalf("%v: %s", args, problems.String())
	}
	return out.String(), code
}

// sameThreats checks that it makes no difference who normalizes.
func sameThreats(t *testing.T, text string, flags ...string) {
	t.Helper()
	events, normalized := filtered(t, text, "normalize")
	if strings.Contains(events, "\r") {
		t.Errorf("a carriage return stands in the events: %q", events)
	}
	inTwo, _ := filtered(t, events, append([]string{"detect"}, flags...)...)
	inOne, detected := filtered(t, text, append([]string{"detect", "--raw"}, flags...)...)
	if inTwo != inOne {
		t.Errorf("normalize | detect gives\n%s\ndetect --raw gives\n%s", inTwo, inOne)
	}
	if normalized != detected {
		t.Errorf("normalize exits with %d, detect --raw with %d", normalized, detected)
	}
	again, _ := filtered(t, inOne, append([]string{"detect"}, flags...)...)
	if got, want := tagged(again), tagged(inOne); got != want {
		t.Errorf("detect of threats gives\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(again) {
		if !strings.Contains(inOne, line) {
			t.Errorf("detect of threats gives what was not there: %s", line)
		}
	}
}

// tagged gives the threats that are events. Findings also come of events that have no tag, which are not among threats.
func tagged(threats string) string {
	var events strings.Builder
	for line := range strings.Lines(threats) {
		if gjson.Get(line, "class_uid").Int() != 2004 {
			events.WriteString(line)
		}
	}
	return events.String()
}

var oddRecords = []string{
	`{"Id":"1","Operation":"New-InboxRule","UserId":"ana@contoso.example","Parameters":[{"Name":"ForwardTo","Value":"x@fabrikam.example"}]}`,
	`{"Id":"2","Operation":"UserLoginFailed","ClientIP":"[2001:db8::1]:443","CreationTime":"2026-03-01T08:00:00"}`,
	"{\"Id\":\"3\",\r\n\"Operation\":\"Set-Mailbox\",\r\n\"Parameters\":[]\r\n}",
	"{\"Id\":\"4\",\"Operation\":\"Add-MailboxPermission\",\"UserId\":\"\xff\xfe\"}",
	`{"Operation":"New-InboxRule","Id":"5","Operation":"Set-InboxRule","metadata":{"labels":["x"]},"class_uid":1}`,
	`{"Id":"6","Operation":"UserLoggedIn","deep":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
	`{"Id":"7","Operation":"UserLoggedIn","deeper":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
	`{"Id":"8","Operation":"New-InboxRule","cut":"`,
	"{\"Id\":\"9\\u0000\\ud800\u2028\",\"Operation\":\"New-InboxRule\",\"Value\":\"</script>\"}",
	`{"Id":"10","Operation":"newinboxrule","value":[{"Id":"11","Operation":"New-InboxRule"}]}`,
	`{"value":[{"Id":"12","Operation":"New-InboxRule"}]}`, `null`, ``, `{`, `{"class_uid":1,"metadata":{}}`,
}

func TestDetectFromRecordsIsNormalizeThenDetect(t *testing.T) {
	text := strings.Join(oddRecords, "\n")
	if threats, _ := filtered(t, text, "detect", "--raw"); strings.Count(threats, "\n") < 6 {
		t.Errorf("the records are meant to give threats: %s", threats)
	}
	sameThreats(t, text)
	for _, r := range oddRecords {
		sameThreats(t, r)
	}
}

// FuzzDetectFromRecords looks for an input where who normalizes makes a difference. It does without the rules, which take
// longer to compile than all else does.
func FuzzDetectFromRecords(f *testing.F) {
	for _, r := range oddRecords {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, text string) { sameThreats(t, text, "--builtin=false") })
}

// TestSamples runs the filters over records that others published, where they are at hand.
func TestSamples(t *testing.T) {
	dir := os.Getenv("UALSTREAM_SAMPLES")
	if dir == "" {
		t.Skip("UALSTREAM_SAMPLES names no folder with ual/*.jsonl")
	}
	files, err := filepath.Glob(filepath.Join(dir, "ual", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sameThreats(t, string(text))
			events, _ := filtered(t, string(text), "normalize")
			lines := strings.Split(strings.TrimSpace(events), "\n")
			records := strings.Split(strings.TrimSpace(string(text)), "\n")
			if len(lines) != len(records) {
				t.Fatalf("%d events of %d records", len(lines), len(records))
			}
			for i, r := range records {
				if whole := `"unmapped":` + strings.TrimSpace(r) + "}"; !strings.HasSuffix(lines[i], whole) {
					t.Errorf("line %d: the event does not end with the whole record", i+1)
				}
			}
		})
	}
}

// TestOutputIsWrittenBeforeInputIsWaitedFor holds a conversation over pipes: it would wait for ever otherwise.
func TestOutputIsWrittenBeforeInputIsWaitedFor(t *testing.T) {
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		e := &env{stdin, stdout, io.Discard, func(string) string { return "" }}
		code <- e.exitCode(e.dispatch(ctx, []string{"normalize"}))
	}()
	line := make([]byte, 64<<10)
	for range 2 {
		if _, err := io.WriteString(in, "{\"Id\":\"1\"}\n"); err != nil {
			t.Fatal(err)
		}
		if n, err := out.Read(line); err != nil || line[n-1] != '\n' {
			t.Fatalf("%q %v", line[:n], err)
		}
	}
	cancel() // while it waits for input
	if c := <-code; c != exitFailed {
		t.Errorf("an interrupted filter exits with %d, want %d", c, exitFailed)
	}
}

func TestAReaderThatWentAwayIsNoFailure(t *testing.T) {
	e := &env{strings.NewReader(strings.Repeat("{\"Id\":\"1\"}\n", 10000)), gone{}, io.Discard, func(string) string { return "" }}
	if code := e.exitCode(e.dispatch(t.Context(), []string{"normalize"})); code != exitDone {
		t.Errorf("exit code %d, want %d", code, exitDone)
	}
}

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }
