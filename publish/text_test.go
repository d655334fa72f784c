package publish_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/tools/txtar"

	"ualstream/publish"
	"ualstream/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// message reads a message of a golden file. A value that is a JSON string stands for the bytes it says.
func message(t *testing.T, data []byte) schemas.Message {
	t.Helper()
	var in struct {
		Topic   schemas.Topic
		Headers map[string]string
		Value   json.RawMessage
	}
	if err := json.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	m := schemas.Message{Topic: in.Topic, Key: []byte("x:0123"), Value: in.Value}
	for k, v := range in.Headers {
		m.SetHeader(k, v)
	}
	if text := ""; json.Unmarshal(in.Value, &text) == nil {
		m.Value = []byte(text)
	}
	return m
}

func deliver(t *testing.T, sink func(*strings.Builder) publish.Sink, m ...schemas.Message) string {
	t.Helper()
	var out strings.Builder
	if err := sink(&out).Deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func text(w *strings.Builder) publish.Sink  { return publish.NewText(w) }
func color(w *strings.Builder) publish.Sink { return publish.NewColorText(w) }

func TestReadableLines(t *testing.T) {
	const golden = "testdata/text.txtar"
	archive, err := txtar.ParseFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		in, want := archive.Files[i], &archive.Files[i+1]
		t.Run(strings.TrimSuffix(in.Name, ".json"), func(t *testing.T) {
			got := deliver(t, text, message(t, in.Data))
			if *update {
				want.Data = []byte(got)
			}
			if got != string(want.Data) {
				t.Errorf("got  %swant %s", got, want.Data)
			}
			for _, r := range strings.TrimSuffix(got, "\n") {
				if !unicode.IsPrint(r) {
					t.Errorf("%q is not printable", r)
				}
			}
		})
	}
	if *update {
		if err := os.WriteFile(golden, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestColoursStandAroundTheLabelAlone(t *testing.T) {
	m := schemas.Message{Topic: schemas.TopicThreats, Value: []byte(`{"metadata":{"event_code":"\u001b[31mX"}}`)}
	m.SetHeader(schemas.HeaderTags, schemas.LogonAttempt)
	if got := deliver(t, color, m); strings.Count(got, "\x1b") != 2 || !strings.Contains(got, "\x1b[33mLogonAttempt\x1b[0m  ") {
		t.Errorf("priority: %q", got)
	}
	m.SetHeader(schemas.HeaderTriage, string(schemas.TriageNoise))
	if got := deliver(t, color, m); strings.Count(got, "\x1b") != 2 || !strings.HasPrefix(got, "\x1b[2m") || !strings.HasSuffix(got, "\x1b[0m\n") {
		t.Errorf("noise: %q", got)
	}
	if got := deliver(t, text, m); strings.Contains(got, "\x1b") {
		t.Errorf("without colours: %q", got)
	}
}

func TestSuccessfulSignInsAreFaintAndFailedOnesAreNot(t *testing.T) {
	for status, faint := range map[string]bool{"1": true, "2": false, "99": false} {
		m := schemas.Message{Topic: schemas.TopicThreats, Value: []byte(`{"class_uid":3002,"status_id":` + status + `}`)}
		m.SetHeader(schemas.HeaderTags, schemas.LogonAttempt)
		if got := deliver(t, color, m); strings.HasPrefix(got, "\x1b[2m") != faint {
			t.Errorf("status %s: %q, want faint %v", status, got, faint)
		}
	}
}

// FuzzReadableLine holds that whatever a record says, its line is one line of printable characters, and short.
func FuzzReadableLine(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/text.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		var in struct{ Value json.RawMessage }
		if json.Unmarshal(file.Data, &in) == nil {
			f.Add([]byte(in.Value), "LogonAttempt")
		}
	}
	f.Fuzz(func(t *testing.T, value []byte, header string) {
		for _, topic := range []schemas.Topic{schemas.TopicEvents, schemas.TopicThreats, schemas.TopicRejects} {
			for _, kind := range []string{schemas.KindEvent, schemas.KindFinding} {
				m := schemas.Message{Topic: topic, Key: []byte(header), Value: value}
				for _, h := range []string{
					schemas.HeaderTags, schemas.HeaderActor, schemas.HeaderMailbox, schemas.HeaderReason, schemas.HeaderStage, schemas.HeaderRule,
				} {
					m.SetHeader(h, header)
				}
				m.SetHeader(schemas.HeaderKind, kind)
				got, ok := strings.CutSuffix(deliver(t, text, m), "\n")
				if !ok || len(got) > 10000 || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Fatalf("%d bytes: %.500q", len(got), got)
				}
			}
		}
	})
}
