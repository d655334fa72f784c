package detect_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"ualstream/detect"
	"ualstream/schemas"
)

func TestTaggedEventIsTheEventWithLabelsAndTriage(t *testing.T) {
	e := detect.New(detect.Options{})
	const ours = `"labels":["MailboxSettingsModification"]`
	const triage = `{"name":"triage","value":"priority"}`
	for name, c := range map[string]struct{ in, out string }{
		"as normalized": {
			`{"class_uid":3004,"metadata":{"event_code":"Set-Mailbox","tags":[{"name":"account","value":"b"}],"version":"1.8.0"},"unmapped":{"Id": "1" , "a":[ ]}}`,
			`{"class_uid":3004,"metadata":{"event_code":"Set-Mailbox","tags":[{"name":"account","value":"b"},` + triage + `],"version":"1.8.0",` + ours + `},"unmapped":{"Id": "1" , "a":[ ]}}`,
		},
		"without tags": {
			`{"metadata":{"event_code":"Set-Mailbox"},"unmapped":{}}`,
			`{"metadata":{"event_code":"Set-Mailbox",` + ours + `,"tags":[` + triage + `]},"unmapped":{}}`,
		},
		"another order, and space": {
			" {\"unmapped\" : {\"x\":1.0} ,\n \"metadata\" : { \"tags\" : [ ] , \"event_code\" : \"Set-Mailbox\" } } ",
			" {\"unmapped\" : {\"x\":1.0} ,\n \"metadata\" : { \"tags\" : [" + triage + "] , \"event_code\" : \"Set-Mailbox\"," + ours + " } } ",
		},
		"our labels are replaced, others stay": {
			`{"metadata":{"labels":["LogonAttempt","x\u0041","MailboxSettingsModification"],"event_code":"Set-Mailbox","tags":[{"name":"triage","value":"noise"},{"name":"k","value":"v"}]}}`,
			`{"metadata":{"labels":["MailboxSettingsModification","x\u0041"],"event_code":"Set-Mailbox","tags":[{"name":"k","value":"v"},` + triage + `]}}`,
		},
		"labels and tags that are no lists": {
			`{"metadata":{"labels":"x","tags":{"name":"triage"},"event_code":"Set-Mailbox"}}`,
			`{"metadata":{` + ours + `,"tags":[` + triage + `],"event_code":"Set-Mailbox"}}`,
		},
		"escaped operation": {
			`{"metadata":{"event_code":"\u0053et-Mailbox","tags":[]}}`,
			`{"metadata":{"event_code":"\u0053et-Mailbox","tags":[` + triage + `],` + ours + `}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			threats, _ := e.Detect([]byte(c.in))
			if len(threats) != 1 {
				t.Fatalf("%d threats", len(threats))
			}
			if got := string(threats[0].Value); got != c.out {
				t.Errorf("got  %s\nwant %s", got, c.out)
			}
			again, _ := e.Detect(threats[0].Value)
			if !reflect.DeepEqual(again, threats) {
				t.Errorf("again %s", again[0].Value)
			}
		})
	}
}

func TestWhatIsNoEventGivesNothing(t *testing.T) {
	const good = `{"metadata":{"event_code":"Set-Mailbox"}}`
	e := detect.New(detect.Options{})
	if threats, _ := e.Detect([]byte(good)); len(threats) != 1 {
		t.Fatalf("the good event gives %d threats", len(threats))
	}
	for _, bad := range []string{
		"", " ", "null", "7", `"x"`, "[]", "{}", "[" + good + "]", good + good, good + "x", good[:len(good)-1], good[1:],
		`{"metadata":[{"event_code":"Set-Mailbox"}]}`, `{"metadata":"Set-Mailbox"}`, `{"metadata":{"event_code":null}}`,
		`{"metadata":{"event_code":["Set-Mailbox"]}}`, `{"metadata.event_code":"Set-Mailbox"}`, `{"event_code":"Set-Mailbox"}`,
		`{"metadata":{"event_code":"Set-Mailbox",}}`, `{"metadata":{"event_code":"Set-Mailbox"},"x":` + "\"\x01\"}",
		`{"metadata":{"event_code":"Set-Mailbox"},"unmapped":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`,
	} {
		if threats, _ := e.Detect([]byte(bad)); threats != nil {
			t.Errorf("%.80q gives %s", bad, threats[0].Value)
		}
	}
}

func TestDetectLeavesTheEventAlone(t *testing.T) {
	event := eventOf(t, cmdlet("Set-Mailbox", "ForwardingSmtpAddress", "smtp:x@fabrikam.example"))
	before := bytes.Clone(event)
	threats, _ := detect.New(detect.Options{}).Detect(event)
	if !bytes.Equal(event, before) {
		t.Error("Detect changed its input")
	}
	clear(event)
	if !json.Valid(threats[0].Value) {
		t.Error("the threat shares the event's memory")
	}
}

// FuzzDetect holds that the value is the event with labels and triage, and everything else as it was.
func FuzzDetect(f *testing.F) {
	f.Add(eventOf(f, cmdlet("Set-Mailbox", "GrantSendOnBehalfTo", "ana")))
	f.Add(eventOf(f, `{"Operation":"UpdateInboxRules","OperationProperties":[{"Name":"RuleName"}],"UserType":"3"}`))
	f.Add([]byte(`{"unmapped":{"Operation":"x"},"metadata":{"labels":["a","LogonAttempt"],"tags":[{"name":"triage"}],"event_code":"set-MAILBOX"}}`))
	f.Add([]byte(`{"metadata":{"event_code":"UserLoggedIn","labels":[],"labels":[1]},"metadata":{}}`))
	e := detect.New(detect.Options{Optional: true})
	f.Fuzz(func(t *testing.T, event []byte) {
		threats, _ := e.Detect(event)
		if len(threats) == 0 {
			return
		}
		got := threats[0]
		if schemas.CheckEvent(event) != nil || schemas.CheckEvent(got.Value) != nil {
			t.Fatalf("threat %q of %q", got.Value, event)
		}
		if again, _ := e.Detect(got.Value); !reflect.DeepEqual(again, threats) {
			t.Fatalf("again %q, first %q", again, threats)
		}
		in, out := split(t, event), split(t, got.Value)
		meta := out.meta
		if l := meta["labels"]; !strings.HasPrefix(string(l), `["`+strings.Join(got.Tags, `","`)+`"`) {
			t.Fatalf("labels %s, tags %v", l, got.Tags)
		}
		for _, m := range []map[string]json.RawMessage{in.meta, out.meta} {
			delete(m, "labels")
			delete(m, "tags")
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("in %q\nout %q", event, got.Value)
		}
	})
}

// parts are an event's attributes as they are written, and those of its metadata.
type parts struct{ top, meta map[string]json.RawMessage }

func split(t *testing.T, event []byte) parts {
	var p parts
	if err := json.Unmarshal(event, &p.top); err != nil {
		t.Skip("encoding/json is stricter here: ", err)
	}
	if err := json.Unmarshal(p.top["metadata"], &p.meta); err != nil {
		t.Skip("a later metadata attribute is no object")
	}
	if bytes.Count(event, []byte("metadata")) > 1 || bytes.Count(event, []byte("labels")) > 1 || bytes.Contains(event, []byte(`\u`)) {
		t.Skip("encoding/json takes the last of two equal keys, Detect the first")
	}
	delete(p.top, "metadata")
	return p
}

func BenchmarkDetect(b *testing.B) {
	e := detect.New(detect.Options{})
	for name, record := range map[string]string{
		"untagged": `{"Operation":"FileAccessed","Workload":"SharePoint","pad":"` + strings.Repeat("x", 1000) + `"}`,
		"logon":    `{"Operation":"UserLoggedIn","UserType":0,"ClientIP":"192.0.2.1","pad":"` + strings.Repeat("x", 1000) + `"}`,
		"setting":  cmdlet("Set-Mailbox", "ForwardingSmtpAddress", "smtp:x@fabrikam.example", "DeliverToMailboxAndForward", "True"),
	} {
		event := eventOf(b, record)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			for b.Loop() {
				e.Detect(event)
			}
		})
	}
	mix := [][]byte{
		eventOf(b, `{"Operation":"FileAccessed","pad":"`+strings.Repeat("x", 1000)+`"}`),
		eventOf(b, `{"Operation":"MailItemsAccessed","pad":"`+strings.Repeat("x", 1000)+`"}`),
		eventOf(b, `{"Operation":"Send","pad":"`+strings.Repeat("x", 1000)+`"}`),
		eventOf(b, `{"Operation":"UserLoggedIn","UserType":0,"ClientIP":"192.0.2.1","pad":"`+strings.Repeat("x", 1000)+`"}`),
	}
	b.Run("mix", func(b *testing.B) {
		i := 0
		for b.Loop() {
			e.Detect(mix[i%len(mix)])
			i++
		}
	})
}
