package publish_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ualstream/publish"
	"ualstream/schemas"
)

const tenant = "00000000-0000-4000-8000-00000000000A"

var received = time.Date(2026, 2, 12, 11, 0, 0, 0, time.UTC)

func rawMessage() schemas.Message {
	return schemas.Raw{
		Tenant: tenant, Source: "Audit.Exchange", ContentID: "blob-1", ContentCreated: received.Add(-time.Minute),
		Received: received, Body: []byte(`{"Id":"r1"}`),
	}.Message()
}

const event = `{"class_uid":3004,"metadata":{"event_code":"Set-Mailbox","log_name":"Audit.General","tags":[` +
	`{"name":"account","value":"Bob@Contoso.example"},{"name":"mailbox","value":"Bob@Contoso.example"}],` +
	`"tenant_uid":"00000000-0000-4000-8000-00000000000b","uid":"r1","version":"1.8.0"},"time":1770893604123,` +
	`"severity_id":1,"actor":{"user":{"name":"ana@contoso.example"}},` +
	`"unmapped":{"Id":"r1"},"class_uid":9,"actor":{"user":{"name":"after unmapped"}}}`

func headers(m schemas.Message) map[string]string {
	h := map[string]string{}
	for _, header := range m.Headers {
		h[header.Key] = header.Value
	}
	return h
}

func TestEventMessage(t *testing.T) {
	m := publish.Event(rawMessage(), []byte(event))
	want := map[string]string{
		"tenant": tenant, "source": "Audit.Exchange", "kind": "event", "class_uid": "3004", "uid": "r1",
		"operation": "Set-Mailbox", "actor": "ana@contoso.example", "mailbox": "Bob@Contoso.example",
		"time": "2026-02-12T10:53:24.123Z", "ocsf": "1.8.0",
	}
	if got := headers(m); !maps.Equal(got, want) || len(m.Headers) != len(want) {
		t.Errorf("headers %v\nwant %v", m.Headers, want)
	}
	if string(m.Key) != "00000000-0000-4000-8000-00000000000a/bob@contoso.example" {
		t.Errorf("key %q", m.Key)
	}
	if m.Topic != schemas.TopicEvents || string(m.Value) != event || !m.Time.Equal(received) {
		t.Errorf("topic %q, time %v, value %s", m.Topic, m.Time, m.Value)
	}
}

func TestEventMessageOfARecordFromAFile(t *testing.T) {
	m := publish.Event(schemas.Message{Value: []byte("x")}, []byte(event))
	if string(m.Key) != "00000000-0000-4000-8000-00000000000b/bob@contoso.example" {
		t.Errorf("key %q", m.Key)
	}
	if m.Header("tenant") != "00000000-0000-4000-8000-00000000000b" || m.Header("source") != "Audit.General" {
		t.Errorf("headers %v", m.Headers)
	}
}

func TestKeysKeepAnAccountTogetherAndOthersApart(t *testing.T) {
	keyOf := func(account string) string {
		return string(publish.Event(rawMessage(), []byte(
			`{"metadata":{"tags":[{"name":"account","value":"`+account+`"}],"uid":"r1"}}`)).Key)
	}
	if keyOf("BOB@contoso.example") != keyOf("bob@CONTOSO.example") {
		t.Error("the case of an account parts its events")
	}
	if got := keyOf(""); got != "00000000-0000-4000-8000-00000000000a/r1" {
		t.Errorf("without an account: %q, want the record ID, so that such events spread", got)
	}
	long := strings.Repeat("ä", 1<<19)
	a, b := keyOf(long+"a"), keyOf(long+"b")
	if a == b || len(a) > 400 || !utf8.ValidString(a) {
		t.Errorf("long accounts: %q and %q", a, b)
	}
}

func TestHeadersOfAHostileRecordAreShortAndClean(t *testing.T) {
	evil := `\u0000\r\n\u001b[2J` + "\xff\xfe" + strings.Repeat("ü", 1<<19)
	m := publish.Event(rawMessage(), []byte(`{"class_uid":"`+evil+`","metadata":{"event_code":"`+evil+`","tags":[{"name":"mailbox","value":"`+evil+
		`"}],"uid":"`+evil+`","version":"`+evil+`"},"time":99999999999999999,"severity_id":"`+evil+`","actor":{"user":{"name":"`+evil+`"}}}`))
	m = publish.Threat(m, schemas.Threat{Kind: schemas.KindFinding, Rule: evil, Value: []byte(`{"severity_id":"` + evil + `","finding_info":{"uid":"` + evil + `"}}`)})
	for _, h := range m.Headers {
		if len(h.Value) > 512 || !utf8.ValidString(h.Value) || strings.ContainsFunc(h.Value, unicode.IsControl) {
			t.Errorf("%s: %d bytes %.40q", h.Key, len(h.Value), h.Value)
		}
	}
	if got := m.Header("actor"); !strings.HasPrefix(got, "\uFFFD\uFFFD\uFFFD\uFFFD[2J") || !strings.HasSuffix(got, "ü…") {
		t.Errorf("actor %q", got)
	}
	if m.Header("time") != "" {
		t.Errorf("time %q of a year that RFC 3339 cannot write", m.Header("time"))
	}
}

func TestActorOfAnApplication(t *testing.T) {
	for in, want := range map[string]string{
		`{"actor":{"app_name":"Sync","app_uid":"1"}}`:               "Sync",
		`{"actor":{"user":{"uid":"u"},"app_uid":"1"}}`:              "u",
		`{"actor":{"user":{"email_addr":"a@contoso.example"}}}`:     "a@contoso.example",
		`{"user":{"name":"whom it was done to"},"actor":{"x":"y"}}`: "",
	} {
		if got := publish.Event(schemas.Message{}, []byte(in)); got.Header("actor") != want {
			t.Errorf("%s: %q, want %q", in, got.Header("actor"), want)
		}
	}
}

func TestWhatIsNoEventStillGivesAMessage(t *testing.T) {
	for _, value := range []string{"", "null", "[]", "7", `"x"`, `{"metadata":7,"actor":[],"time":"x"}`, `{"metadata":{"tags":{}}`, "\xff"} {
		m := publish.Event(rawMessage(), []byte(value))
		if m.Header("tenant") != tenant || m.Header("uid") != "" || m.Header("time") != "" {
			t.Errorf("%q: %v", value, m.Headers)
		}
	}
}

func TestHeadersDoNotShareTheEventsMemory(t *testing.T) {
	value := []byte(event)
	m := publish.Event(rawMessage(), value)
	before := headers(m)
	clear(value)
	if !maps.Equal(before, headers(m)) || string(m.Key) != "00000000-0000-4000-8000-00000000000a/bob@contoso.example" {
		t.Errorf("after the value's buffer was used again: %q %v", m.Key, m.Headers)
	}
	for k, v := range headers(m) {
		if strings.Contains(v, "\x00") {
			t.Errorf("%s: %q", k, v)
		}
	}
}

func TestThreatMessageOfAnEvent(t *testing.T) {
	e := publish.Event(rawMessage(), []byte(event))
	m := publish.Threat(e, schemas.Threat{
		Kind: schemas.KindEvent, Tags: []string{schemas.MailboxSettingsModification, schemas.MailboxAccessDelegated},
		Triage: schemas.TriagePriority, Value: []byte(event),
	})
	want := headers(e)
	want["tags"], want["triage"], want["severity_id"] = "MailboxSettingsModification,MailboxAccessDelegated", "priority", "1"
	if got := headers(m); !maps.Equal(got, want) {
		t.Errorf("headers %v\nwant %v", got, want)
	}
	if m.Topic != schemas.TopicThreats || !bytes.Equal(m.Key, e.Key) || !m.Time.Equal(received) || string(m.Value) != event {
		t.Errorf("message %q key %q time %v", m.Topic, m.Key, m.Time)
	}
}

func TestThreatMessageOfAFinding(t *testing.T) {
	e := publish.Event(rawMessage(), []byte(event))
	before := slices.Clone(e.Headers)
	m := publish.Threat(e, schemas.Threat{
		Kind: schemas.KindFinding, Triage: schemas.TriageFinding, Rule: "rule-1",
		Value: []byte(`{"class_uid":2004,"severity_id":4,"finding_info":{"uid":"f1"},"metadata":{"uid":"m1"}}`),
	})
	for k, want := range map[string]string{
		"kind": "finding", "class_uid": "2004", "uid": "f1", "severity_id": "4", "rule": "rule-1", "triage": "finding",
		"tags": "", "actor": "ana@contoso.example", "time": "2026-02-12T10:53:24.123Z",
	} {
		if got := m.Header(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if !slices.Equal(e.Headers, before) {
		t.Error("the event's headers changed")
	}
}

func TestRejectKeepsKeyBytesAndHeaders(t *testing.T) {
	raw := rawMessage()
	m := publish.Reject(raw, "normalize", errors.New("not valid\nJSON"))
	want := headers(raw)
	want["stage"], want["reason"] = "normalize", "not valid\uFFFDJSON"
	if got := headers(m); !maps.Equal(got, want) {
		t.Errorf("headers %v, want %v", got, want)
	}
	if m.Topic != schemas.TopicRejects || string(m.Key) != "r1" || string(m.Value) != `{"Id":"r1"}` || !m.Time.Equal(received) {
		t.Errorf("topic %q key %q value %q time %v", m.Topic, m.Key, m.Value, m.Time)
	}
	if raw.Header("reason") != "" {
		t.Error("the raw message changed")
	}
}

func TestRejectOfAValueThatNoTopicTakesIsCut(t *testing.T) {
	limit := schemas.TopicRejects.Settings().MaxMessageBytes
	from := schemas.Message{Key: []byte("x:1"), Value: bytes.Repeat([]byte("a"), limit)}
	m := publish.Reject(from, "ingest", errors.New(strings.Repeat("r", 1000)))
	if len(m.Value) != 64<<10 || len(from.Value) != limit {
		t.Errorf("%d bytes kept", len(m.Value))
	}
	const want = "…; first 65536 bytes of 25165824, SHA-256 c38d2e95982aef0a387477869ed79d2df511f8ce81ccc516128e40e6371240c9"
	if got := m.Header("reason"); !strings.HasSuffix(got, want) {
		t.Errorf("reason %.20q … %q", got, got[len(got)-120:])
	}
	from.Value = from.Value[:limit-1<<20]
	if m = publish.Reject(from, "ingest", errors.New("x")); len(m.Value) != len(from.Value) {
		t.Errorf("a value that fits is cut to %d bytes", len(m.Value))
	}
}

func BenchmarkEvent(b *testing.B) {
	raw, value := rawMessage(), []byte(strings.Replace(event, `{"Id":"r1"}`, `{"pad":"`+strings.Repeat("x", 2000)+`"}`, 1))
	b.ReportAllocs()
	for b.Loop() {
		publish.Event(raw, value)
	}
}
