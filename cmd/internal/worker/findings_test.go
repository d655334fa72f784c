package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/detect"
	"ualstream/detect/rules"
	"ualstream/detect/sigma"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// intrusion is what the rule pack finds in the simulated intruder's day: the steps in order, and the findings of each.
var intrusion = [][]string{
	{"Password spray from one address"},
	{"Password spray by a program"},
	{"Password spray found a password", "Sign-in by the program of a phishing kit"},
	{"Inbox rule hides mail", "Inbox rule puts away mail about money or security", "Inbox rule with a throw-away name",
		"Sign-in from an unknown device, then a rule that hides or forwards mail"},
	{"Mailbox forwards outside"},
	{"Application admitted to somebody's mail or files"},
	{"Full access to a mailbox", "Sign-in by the program of a phishing kit"},
	{"Mail folder opened to everyone", "Mail folder opened to everyone"},
	{"Mailbox searched for bank details", "Many messages read at once"},
	{"Inbox rule with a throw-away name"},
	{"Inbox rule with a throw-away name removed", "Mail deleted within an hour after it was sent", "Mail deleted within an hour after it was sent"},
}

func packRules(t *testing.T) *sigma.Set {
	t.Helper()
	set, refused := sigma.Compile(sigma.Load(rules.Files, sigma.Options{}))
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	return set
}

// watched is a simulated tenant whose days all stages follow.
type watched struct {
	*testing.T
	cloud   *cloudsim.Cloud
	cluster *kafka.Cluster
	now     atomic.Pointer[time.Time] // the cloud's clock
	mu      sync.Mutex
	keys    map[string]string // of the events, by tenant and uid
}

// watch plays a day that begins at a time and runs a worker that follows it.
func watch(t *testing.T, began time.Time, day cloudsim.Day) *watched {
	t.Helper()
	w := &watched{T: t, keys: map[string]string{}}
	w.now.Store(&began)
	w.cloud = startCloudWith(t, cloudsim.Config{PageSize: 20, Clock: func() time.Time { return *w.now.Load() }}, cloudsim.DefaultTenant)
	playing, cancel := context.WithCancel(t.Context())
	played := make(chan error, 1)
	go func() { played <- w.cloud.Play(playing, day) }()
	t.Cleanup(func() {
		cancel()
		if err := <-played; err != nil {
			t.Error(err)
		}
	})
	k := testKafka(t)
	prepare(t, k)
	var err error
	if w.cluster, err = kafka.Connect(k); err != nil {
		t.Fatal(err)
	}
	w.follow()
	o := options(logger(t), w.cloud.URL(), transport(w.cloud), k)
	o.Rules = packRules(t)
	start(t, o)
	return w
}

// follow notes the events until the test ends.
func (w *watched) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicEvents, Follow: true}, func(m schemas.Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.keys[m.Header(schemas.HeaderTenant)+"/"+m.Header(schemas.HeaderUID)] = string(m.Key)
			return nil
		})
	}()
	w.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
		w.cluster.Close()
	})
}

func (w *watched) events() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.keys)
}

// findings gives what the threats topic has once all that the cloud offers, which is more than so many records, has
// been through all stages.
func (w *watched) findings(than int) (found []schemas.Message) {
	w.Helper()
	await(w.T, "all is detected and counted", func() bool {
		want := len(w.cloud.Offered())
		return want > than && w.events() == want && w.idle(worker.StageDetect, schemas.TopicEvents) && w.idle(worker.StageCorrelate, schemas.TopicSignals)
	})
	err := w.cluster.Read(w.Context(), kafka.Read{Topic: schemas.TopicThreats}, func(m schemas.Message) error {
		if m.Header(schemas.HeaderKind) == schemas.KindFinding {
			found = append(found, m)
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return found
}

func (w *watched) idle(group string, topic schemas.Topic) bool {
	lag, err := w.cluster.Lag(w.Context(), group, topic)
	return err == nil && lag == 0
}

// TestTheIntrudersDayIsToldByFindingsInOrder goes through the story step by step: at each, the findings of it come, and
// no others.
func TestTheIntrudersDayIsToldByFindingsInOrder(t *testing.T) {
	t.Parallel()
	const step = 5 * time.Second
	began := time.Now().Add(-2 * time.Minute)
	w := watch(t, began, cloudsim.Day{History: time.Hour, PerHour: 60, StoryStep: step, Tick: 10 * time.Millisecond})
	check, seen := validators(t), map[string]bool{}
	for i, want := range intrusion {
		now, before := began.Add(time.Duration(i)*step), w.events()
		w.now.Store(&now)
		var told []string
		for _, m := range w.findings(before) {
			v := gjson.ParseBytes(m.Value)
			if id := v.Get("finding_info.uid").Str + " " + v.Get("metadata.sequence").String(); seen[id] {
				continue
			} else {
				seen[id] = true
			}
			check(m)
			checkFinding(t, m, w.keys)
			if v.Get("activity_id").Int() == 1 { // and no update of what was told
				told = append(told, v.Get("finding_info.title").Str)
			}
		}
		if slices.Sort(told); !slices.Equal(told, want) {
			t.Errorf("step %d: %q, want %q", i+1, told, want)
		}
	}
	uids := map[string]int{}
	for _, m := range w.findings(0) {
		uids[m.Header(schemas.HeaderUID)+" "+gjson.GetBytes(m.Value, "metadata.sequence").String()]++
	}
	for id, times := range uids {
		if times > 1 {
			t.Errorf("%s is there %d times", id, times)
		}
	}
}

// checkFinding checks what consumers go by: key, headers and uid.
func checkFinding(t *testing.T, m schemas.Message, keys map[string]string) {
	t.Helper()
	v := gjson.ParseBytes(m.Value)
	tenant, title, uid := v.Get("metadata.tenant_uid").Str, v.Get("finding_info.title").Str, v.Get("finding_info.uid").Str
	for header, want := range map[string]string{
		schemas.HeaderTenant: tenant, schemas.HeaderUID: uid, schemas.HeaderRule: v.Get("finding_info.analytic.uid").Str,
		schemas.HeaderSeverity: v.Get("severity_id").String(), schemas.HeaderTriage: string(schemas.TriageFinding),
		schemas.HeaderOCSF: schemas.OCSFVersion, schemas.HeaderClassUID: "2004",
		schemas.HeaderTime: schemas.FormatTime(time.UnixMilli(v.Get("time").Int())),
	} {
		if got := m.Header(header); got != want || want == "" {
			t.Errorf("%s: header %s is %q, want %q", title, header, got, want)
		}
	}
	if v.Get("metadata.uid").Str != uid || !strings.HasPrefix(v.Get("message").Str, title+": ") {
		t.Errorf("%s: metadata.uid %s, message %s", title, v.Get("metadata.uid"), v.Get("message"))
	}
	rule, event := m.Header(schemas.HeaderRule), v.Get("finding_info.related_events.0.uid").Str
	if strings.HasPrefix(string(m.Key), tenant+"/"+rule+"/") {
		return // of a correlation: kept together by what it is grouped by
	}
	if want := keys[tenant+"/"+event]; string(m.Key) != want || uid != detect.FindingUID(rule, tenant, event) {
		t.Errorf("%s: key %q, want %q as its event; uid %s", title, m.Key, want, uid)
	}
}

// validators gives the check of a finding against our own schema, and against OCSF's where its folder is named.
func validators(t *testing.T) func(schemas.Message) {
	t.Helper()
	c := jsonschema.NewCompiler()
	add := func(id string, data []byte, err error) {
		doc, problem := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err = cmp.Or(err, problem); err == nil {
			err = c.AddResource(id, doc)
		}
		if err != nil {
			t.Fatal(id, err)
		}
	}
	for _, name := range []string{"event", "threat"} {
		data, err := schemas.Files.ReadFile(name + ".schema.json")
		add("urn:ualstream:"+name, data, err)
	}
	ids := []string{"urn:ualstream:threat"}
	if folder := os.Getenv("UALSTREAM_OCSF"); folder != "" {
		data, err := os.ReadFile(filepath.Join(folder, "detection_finding.schema.json"))
		ids = append(ids, "urn:ocsf:detection_finding")
		add(ids[1], data, err)
	}
	var all []*jsonschema.Schema
	for _, id := range ids {
		s, err := c.Compile(id)
		if err != nil {
			t.Fatal(id, err)
		}
		all = append(all, s)
	}
	return func(m schemas.Message) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.Value))
		for _, s := range all {
			if err = cmp.Or(err, s.Validate(doc)); err != nil {
				t.Errorf("%s: %v", m.Value, err)
			}
		}
	}
}

// TestAQuietDayRaisesNoFinding plays two thousand events of everyday life, without an intruder.
func TestAQuietDayRaisesNoFinding(t *testing.T) {
	t.Parallel()
	w := watch(t, time.Now(), cloudsim.Day{History: 3 * time.Hour, PerHour: 600})
	for _, m := range w.findings(1500) {
		t.Errorf("%s", gjson.GetBytes(m.Value, "message"))
	}
}
