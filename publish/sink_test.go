package publish_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"ualstream/publish"
	"ualstream/schemas"
)

func asJSON(w *strings.Builder) publish.Sink { return publish.NewJSON(w) }

func threat(triage schemas.Triage, value string) schemas.Message {
	m := schemas.Message{Topic: schemas.TopicThreats, Value: []byte(value)}
	m.SetHeader(schemas.HeaderTriage, string(triage))
	return m
}

func TestOneLineIsOneValue(t *testing.T) {
	pretty := "{\"unmapped\":{\r\n  \"Id\": \"a\\nb\"\n}}"
	m := threat(schemas.TriagePriority, pretty)
	got := deliver(t, asJSON, m, threat(schemas.TriageNoise, `{"x":1}`))
	if want := "{\"unmapped\":{    \"Id\": \"a\\nb\" }}\n{\"x\":1}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if string(m.Value) != pretty {
		t.Error("the message changed")
	}
}

func TestRejectAsJSONHoldsTheBytes(t *testing.T) {
	m := publish.Reject(rawMessage(), "normalize", errors.New("not valid JSON"))
	m.Value = []byte("{\"cut\n\xff")
	got := deliver(t, asJSON, m)
	want := `{"v":1,"key":"r1","tenant":"` + tenant + `","source":"Audit.Exchange","content_id":"blob-1",` +
		`"received":"2026-02-12T11:00:00.000Z","stage":"normalize","reason":"not valid JSON","value":"eyJjdXQK/w=="}` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var line struct{ Value []byte }
	if err := json.Unmarshal([]byte(got), &line); err != nil || string(line.Value) != string(m.Value) {
		t.Errorf("value %q, %v", line.Value, err)
	}
	if m.Value = nil; !strings.Contains(deliver(t, asJSON, m), `"value":""`) {
		t.Error("an empty value is not written as one")
	}
}

func TestAtLeastKeepsLesserTriagesBack(t *testing.T) {
	messages := []schemas.Message{
		threat(schemas.TriageNoise, "1"), threat(schemas.TriagePriority, "2"), threat(schemas.TriageFinding, "3"),
		threat("of a later version", "4"), {Topic: schemas.TopicRejects, Value: []byte("5")},
	}
	for triage, want := range map[schemas.Triage]string{
		schemas.TriageNoise: "1 2 3 4", schemas.TriagePriority: "2 3 4", schemas.TriageFinding: "3 4",
	} {
		filtered := func(w *strings.Builder) publish.Sink { return publish.AtLeast(triage, publish.NewJSON(w)) }
		lines := strings.SplitAfterN(deliver(t, filtered, messages...), "{", 2)
		if got := strings.Join(strings.Fields(strings.TrimSuffix(lines[0], "{")), " "); got != want || len(lines) != 2 {
			t.Errorf("%s: %q, want %q and the reject", triage, got, want)
		}
	}
	if got := deliver(t, func(w *strings.Builder) publish.Sink {
		return publish.AtLeast(schemas.TriageFinding, publish.NewJSON(w))
	}, messages[0]); got != "" {
		t.Errorf("nothing to deliver: %q", got)
	}
}

type brokenWriter struct{ n int }

func (w brokenWriter) Write(p []byte) (int, error) { return w.n, io.ErrClosedPipe }

func TestSinkSaysWhatItCouldNotDeliver(t *testing.T) {
	m := threat(schemas.TriagePriority, "{}")
	for _, sink := range []publish.Sink{publish.NewJSON(brokenWriter{}), publish.NewText(brokenWriter{1})} {
		if err := sink.Deliver(t.Context(), []schemas.Message{m}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := publish.NewJSON(&out).Deliver(ctx, []schemas.Message{m}); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("after the end: %v, wrote %q", err, out.String())
	}
}
