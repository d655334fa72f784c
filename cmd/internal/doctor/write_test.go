package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/schemas"
)

const table = `Kafka and the workers
ok       Kafka                       reached at kafka-1:9092, 3 brokers
failed   topics                      m365.raw: retention.ms is 604800000, want at least 1382400000
                                     fix: run, as who administers Kafka:
                                         kafka-configs.sh --alter
ok       Kafka permissions           this user may read, write and describe the topics, and join the
                                     groups

Tenant 9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01 Fabrikam
failed   auditing                    it is off

Tenant 5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10 Contoso [2J txt
warning  Defender records            none
skipped  Audit [1A                   a b
ok       Audit.AzureActiveDirectory  enabled

3 ok, 1 warning, 2 failed, 1 skipped
`

func TestAReportIsATableTheWorstTenantFirst(t *testing.T) {
	deployment := Section{Name: "Kafka and the workers", Checks: Kafka("kafka-1:9092", kafka.Outlook{Brokers: 3, Copies: 3, Settings: []kafka.Refusal{
		{Topic: "m365.raw", Problem: "retention.ms is 604800000, want at least 1382400000", Mend: "kafka-configs.sh --alter"},
	}}, nil)}
	r := NewReport(noon, deployment, []Section{
		{contoso, "Contoso\x1b[2J\u202etxt", []Check{warning("Defender records", "", "none"), skipped("Audit\x1b[1A", "a\rb"), ok("Audit.AzureActiveDirectory", "enabled")}},
		{"9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01", "Fabrikam", []Check{failed(checkAuditing, "", "it is off")}},
	})
	var b bytes.Buffer
	if err := Write(&b, 100, r); err != nil {
		t.Fatal(err)
	}
	if b.String() != table {
		t.Errorf("wrote:\n%s\nwant:\n%s", b.String(), table)
	}
	b.Reset()
	if err := Write(&b, 79, r); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > 80 { // with its end
			t.Errorf("longer than 79 columns: %s", line)
		}
	}
	if r.State != Failed {
		t.Errorf("the report is %s", r.State)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"at":"2026-03-02T12:00:00Z","state":"failed","sections":[{"name":"Kafka and the workers","checks":[{"name":"Kafka","state":"ok","says":`,
		`{"tenant":"9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01","name":"Fabrikam","checks":[{"name":"auditing","state":"failed","says":"it is off"}]}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the JSON is %s, without %s", text, want)
		}
	}
}

func TestKafkaIsJudged(t *testing.T) {
	denied := []kafka.Refusal{{Topic: "m365.raw", Problem: "user u may not read it", Mend: "kafka-acls.sh a\n  kafka-acls.sh b"},
		{Topic: "m365.raw", Problem: "user u may not write it", Mend: "kafka-acls.sh a\n  kafka-acls.sh b"}}
	for _, test := range []struct {
		name      string
		found     kafka.Outlook
		err       error
		check     string
		state     State
		says, fix string
	}{
		{"away", kafka.Outlook{}, errors.New("connection refused"), checkKafka, Failed, "connection refused", "--brokers"},
		{"well", kafka.Outlook{Brokers: 3, Copies: 3}, nil, checkTopics, OK, "each on 3 brokers", ""},
		{"one broker", kafka.Outlook{Brokers: 1, Copies: 1}, nil, checkTopics, Warning, "one broker", "three brokers"},
		{"one copy", kafka.Outlook{Brokers: 3, Copies: 1}, nil, checkTopics, Warning, "one of 3 brokers only", "kafka-reassign-partitions.sh"},
		{"no topics", kafka.Outlook{Brokers: 3, Missing: []string{"m365.raw", "m365.ledger"}}, nil, checkTopics, Failed, "missing: m365.raw, m365.ledger", "ualstream connect"},
		{"no permission", kafka.Outlook{Brokers: 3, Denied: denied}, nil, checkPermissions, Failed, "may not read it; m365.raw: user u may not write it",
			"run, as who administers Kafka:\n    kafka-acls.sh a\n    kafka-acls.sh b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checks := Kafka("kafka-1:9092", test.found, test.err)
			c := one(t, checks, test.check)
			if c.State != test.state || !strings.Contains(c.Says, test.says) || !strings.Contains(c.Fix, test.fix) {
				t.Errorf("%+v, want it %s, saying %q, mended by %q", c, test.state, test.says, test.fix)
			}
			for _, other := range checks {
				if other.State == Failed && other.Name != test.check {
					t.Errorf("%s is failed, too", other.Name)
				}
			}
		})
	}
}

func TestStagesThatStandStillOrFallBehindAreWarnedOf(t *testing.T) {
	for _, test := range []struct {
		stage status.Stage
		idle  []string
		state State
		says  string
	}{
		{status.Stage{Name: "normalize", Lag: 5000, Rate: 100}, []string{"publish"}, OK, "normalize 5,000"},
		{status.Stage{Name: "normalize", Lag: 5000}, nil, Warning, "normalize has 5,000 messages to read and reads none now"},
		{status.Stage{Name: "detect", Lag: 1_000_000, Rate: 100}, nil, Warning, "which takes it 2 hours"},
		{status.Stage{Name: "detect"}, []string{"normalize", "detect"}, Warning, "no worker runs normalize and detect"},
		{status.Stage{Name: "ingest", Rate: 0}, nil, OK, ""},
	} {
		if c := Stages([]status.Stage{test.stage}, test.idle); c.State != test.state || !strings.Contains(c.Says, test.says) {
			t.Errorf("%+v, want it %s and to say %q", c, test.state, test.says)
		}
	}
}

func TestATransactionThatStaysOpenIsWarnedOf(t *testing.T) {
	at := func(stable, hidden int64) Holds {
		return Holds{schemas.TopicEvents: {3: {Stable: stable, Hidden: hidden}}, schemas.TopicRaw: {}}
	}
	for name, test := range map[string]struct {
		before, after Holds
		state         State
	}{
		"none":           {Holds{}, Holds{}, OK},
		"one that ended": {at(163, 7), Holds{}, OK},
		"one that began": {Holds{}, at(163, 7), OK},
		"another":        {at(150, 7), at(163, 7), OK},
		"the same":       {at(163, 7), at(163, 1600), Warning},
	} {
		c := Held(test.before, test.after, "m365")
		told := strings.Contains(c.Says, "hides 1,600 messages of m365.events/3 from offset 163 on") &&
			strings.Contains(c.Fix, "abort --topic m365.events --partition 3 --start-offset 163")
		if c.State != test.state || told != (test.state == Warning) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
