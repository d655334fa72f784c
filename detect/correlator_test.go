package detect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/detect"
	"ualstream/detect/sigma"
	"ualstream/schemas"
)

const wrongPassword = `title: Wrong password
id: 11111111-2222-4333-8444-000000000001
name: wrong
logsource: {product: m365, service: audit}
detection:
  s: {Operation: UserLoginFailed}
  condition: s
`

const sprayed = `title: Spray
id: 11111111-2222-4333-8444-000000000002
name: spray
tags: [attack.credential-access, attack.t1110.003]
level: high
correlation:
  type: value_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 10m
  condition: {field: derived.actor_id, gte: 3}
`

// chained only serves to see firings counted.
const chained = `title: Two sprays
id: 11111111-2222-4333-8444-000000000003
correlation:
  type: event_count
  rules: [spray]
  group-by: [derived.address]
  timespan: 6h
  condition: {gte: 2}
`

// counting is a correlator with the signals that events give it.
type counting struct {
	t      *testing.T
	engine *detect.Engine
	*detect.Correlator
	offset int64
	noon   time.Time
}

func newCounting(t *testing.T, documents ...string) *counting {
	set := ruleSet(t, append([]string{wrongPassword}, documents...)...)
	return &counting{t: t, engine: detect.New(detect.Options{Rules: set}), noon: time.Date(2026, 2, 12, 12, 0, 0, 0, time.UTC),
		Correlator: detect.NewCorrelator(set, detect.CorrelatorOptions{Lateness: time.Hour})}
}

// signal gives the signal of a failed sign-in of a user at a time after noon.
func (c *counting) signal(user int, after time.Duration) schemas.Signal {
	c.t.Helper()
	event := normalized(c.t, fmt.Appendf(nil, `{"OrganizationId":"00000000-0000-4000-8000-000000000001","Id":"e%d-%d","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"UserId":"u%d@contoso.example","UserKey":"k%d","ClientIP":"192.0.2.7","CreationTime":"%s"}`,
		user, after/time.Second, user, user, c.noon.Add(after).Format("2006-01-02T15:04:05")))
	_, found := c.engine.Detect(event)
	made := c.engine.Outgoing("", event, found)
	if len(made) != 1 {
		c.t.Fatalf("%d signals of %s", len(made), event)
	}
	return made[0]
}

func (c *counting) hit(user int, after time.Duration) detect.Correlated {
	c.t.Helper()
	c.offset++
	return c.Add(c.signal(user, after), c.offset, c.noon.Add(24*time.Hour))
}

func TestAFindingOfACorrelationSaysWhatWasCounted(t *testing.T) {
	c := newCounting(t, sprayed)
	c.hit(1, 0)
	c.hit(2, time.Minute)
	found := c.hit(3, 2*time.Minute)
	if len(found.Threats) != 1 || len(found.Fired) != 1 {
		t.Fatalf("%+v", found)
	}
	value := found.Threats[0].Value
	for path, want := range map[string]string{
		"activity_id": "1", "type_uid": "200401", "severity": "High", "metadata.sequence": "",
		"message":                                  "Spray: u1@contoso.example, u2@contoso.example, u3@contoso.example failed to sign in (3 events within 2m), from 192.0.2.7",
		"finding_info.uid":                         found.Fired[0].UID,
		"finding_info.related_events_count":        "3",
		"finding_info.related_events.#.uid":        `["e1-0","e2-60","e3-120"]`,
		"finding_info.attacks.0.sub_technique.uid": "T1110.003",
		"evidences.#":                              "3",
		"evidences.2.data.fields.0":                `{"field":"derived.address","value":"192.0.2.7","search_identifier":"wrong"}`,
		"evidences.0.src_endpoint.ip":              "192.0.2.7",
		"resources.#":                              "3",
		"observables.#.value":                      `["192.0.2.7"]`,
		"metadata.tags.0.value":                    "finding",
		"metadata.tenant_uid":                      "00000000-0000-4000-8000-000000000001",
	} {
		if got := gjson.GetBytes(value, path).String(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	update := c.hit(4, 3*time.Minute).Threats
	if len(update) != 1 || gjson.GetBytes(update[0].Value, "activity_id").Int() != 2 || gjson.GetBytes(update[0].Value, "metadata.sequence").Int() != 1 ||
		gjson.GetBytes(update[0].Value, "finding_info.uid").Str != found.Fired[0].UID {
		t.Errorf("update %s", update)
	}
	for _, v := range [][]byte{value, update[0].Value} {
		if err := validate(t, ours(t), v); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// A record may name another organization than the one whose log it is in.
func TestSignalsAreCountedForTheTenantWhoseLogTheEventIsFrom(t *testing.T) {
	c := newCounting(t, sprayed)
	event := normalized(t, []byte(`{"OrganizationId":"00000000-0000-4000-8000-000000000002","Id":"e","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserId":"u@contoso.example","UserKey":"k","ClientIP":"192.0.2.7","CreationTime":"2026-02-12T12:00:00"}`))
	_, found := c.engine.Detect(event)
	for given, want := range map[string]string{"": "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-00000000000A": "00000000-0000-4000-8000-00000000000a"} {
		made := c.engine.Outgoing(given, event, found)
		if len(made) != 1 || made[0].Tenant != want || !strings.HasPrefix(string(made[0].Key), want+"/") {
			t.Errorf("from the log of %q: %+v", given, made)
		}
	}
}

func TestWhatACorrelationOfCorrelationsTells(t *testing.T) {
	of := &sigma.Correlation{Type: sigma.TemporalOrdered, GroupBy: []string{"derived.address", "subject"}}
	of.Title = "Spray found a password"
	note := func(operation string, kind int64, actor string) sigma.Sample {
		return sigma.Sample{Carry: []string{fmt.Sprintf(`{"operation":%q,"type_uid":%d,"actor":%q,"address":"192.0.2.7"}`, operation, kind, actor)}}
	}
	samples := []sigma.Sample{
		note("Spray seen", 200401, "ana@contoso.example"), note("Spray seen", 200402, "ben@contoso.example"), note("UserLoggedIn", 300201, "cem@contoso.example"),
		note("New-InboxRule", 300401, "cem@contoso.example"),
	}
	f := schemas.Fired{Group: []string{"192.0.2.7", "hi\r\n"}, Count: 4, First: time.Unix(0, 0), Last: time.Unix(3600, 0)}
	for update, want := range []string{
		`Spray found a password: Spray seen (ana@contoso.example, ben@contoso.example), then cem@contoso.example signed in, then made an inbox rule (4 events within 1h), about "hi", from 192.0.2.7`,
		`Spray found a password: by now 4 events within 1h, the newest: cem@contoso.example made an inbox rule, about "hi", from 192.0.2.7`,
	} {
		f.Update = update
		if got := detect.Telling(of, f, samples[3*update:]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestFindingsOfCorrelationsAreValidInOCSF(t *testing.T) {
	s, c := official(t)[2004], newCounting(t, sprayed)
	for user := range 20 {
		for _, x := range c.hit(user, time.Duration(user)*time.Second).Threats {
			if err := validate(t, s, x.Value); err != nil {
				t.Errorf("%s: %v", x.Value, err)
			}
		}
	}
}

func TestUpdatesAreToldAtEachDoubling(t *testing.T) {
	c, told := newCounting(t, sprayed), 0
	for user := range 103 {
		told += len(c.hit(user, time.Duration(user)*time.Second).Threats)
	}
	if told != 8 { // created, and 1, 2, 4, 8, 16, 32, 64 of 100 later hits
		t.Errorf("%d findings", told)
	}
}

func TestAHitAfterTheWindowIsForgottenIsLate(t *testing.T) {
	c := newCounting(t, sprayed)
	c.hit(1, 5*time.Hour)
	if found := c.hit(2, 5*time.Hour-75*time.Minute); !found.Late {
		t.Errorf("%+v", found)
	}
	if found := c.hit(3, 5*time.Hour-65*time.Minute); found.Late {
		t.Errorf("%+v", found)
	}
}

func TestAClockThatIsAheadMakesNothingLate(t *testing.T) {
	c := newCounting(t, sprayed)
	c.hit(1, 30*24*time.Hour)
	c.hit(2, 24*time.Hour)
	if found := c.hit(3, 24*time.Hour-time.Minute); found.Late {
		t.Error("by a clock a month ahead a hit is late")
	}
}

func TestSignalsOfAnotherDefinitionAreForeign(t *testing.T) {
	c, changed := newCounting(t, sprayed), newCounting(t, strings.Replace(sprayed, "gte: 3", "gte: 4", 1))
	if found := changed.Add(c.signal(1, 0), 1, c.noon); !found.Foreign {
		t.Errorf("%+v", found)
	}
}

func TestTheSameGroupInAnotherCaseHasTheSameKey(t *testing.T) {
	if sigma.GroupKey([]string{"Ana@Contoso.example", "x"}) != sigma.GroupKey([]string{"ana@contoso.EXAMPLE", "X"}) {
		t.Error("groups that are one have two keys")
	}
}

// TestARebuildGoesOnAsIfNothingHadHappened cuts the signals at each place, with and without those before the window.
func TestARebuildGoesOnAsIfNothingHadHappened(t *testing.T) {
	const hits = 30
	one := func(c *counting, i int) []schemas.Threat { return c.hit(i%7, time.Duration(i)*time.Minute).Threats }
	again1 := func(c *counting, i int) {
		c.offset++
		c.Replay(c.signal(i%7, time.Duration(i)*time.Minute), c.offset, c.noon.Add(24*time.Hour))
	}
	for cut := range hits {
		whole, again := newCounting(t, sprayed), newCounting(t, sprayed)
		var fired []schemas.Fired
		for i := range cut {
			found := whole.hit(i%7, time.Duration(i)*time.Minute)
			fired = append(fired, found.Fired...)
		}
		again.Restore(fired)
		for i := range cut {
			again1(again, i)
		}
		for i := cut; i < hits; i++ {
			want, got := one(whole, i), one(again, i)
			if fmt.Sprintf("%s", want) != fmt.Sprintf("%s", got) {
				t.Fatalf("cut at %d, hit %d: %s\nwant %s", cut, i, got, want)
			}
		}
	}
}

func TestAFiringIsASignalForCorrelationsOfIt(t *testing.T) {
	c := newCounting(t, sprayed, strings.Replace(chained, "gte: 2", "gte: 1", 1))
	c.hit(1, 0)
	c.hit(2, 0)
	first := c.hit(3, 0)
	if len(first.Signals) != 1 || len(first.Threats) != 0 || len(first.Fired) != 1 { // it only serves the other
		t.Fatalf("%+v", first)
	}
	s := first.Signals[0]
	if s.Ref != first.Fired[0].UID || s.Correlation != "11111111-2222-4333-8444-000000000003" || s.Group[0] != "192.0.2.7" {
		t.Errorf("%+v", s)
	}
	if found := c.Add(s, 4, c.noon); len(found.Threats) != 1 {
		t.Errorf("%+v", found)
	}
}
