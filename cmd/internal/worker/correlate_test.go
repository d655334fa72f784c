package worker_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// spray counts accounts whose password was wrong, by address.
const spray = `title: Wrong password
id: 11111111-2222-4333-8444-000000000001
name: wrong
logsource: {product: m365, service: audit}
detection:
  s: {Operation: UserLoginFailed}
  condition: s
---
title: Spray
id: 11111111-2222-4333-8444-000000000002
level: high
correlation:
  type: value_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 10m
  condition: {field: derived.actor_id, gte: 10}
`

const other = "22222222-5d1c-4b7e-8f3a-2c9d60718e4f"

func sprayRules(t *testing.T) *sigma.Set {
	t.Helper()
	return rulesOf(spray)
}

// rulesOf gives rules that must be good.
func rulesOf(text string) *sigma.Set {
	c := &sigma.Collection{}
	c.Add("rules.yml", []byte(text), sigma.Options{})
	set, refused := sigma.Compile(c)
	if len(c.Refusals)+len(refused) > 0 {
		panic(fmt.Sprint(c.Refusals, refused))
	}
	return set
}

// spot is a Kafka with topics, and what writes to it.
func spot(t *testing.T) (kafka.Config, *kafka.Cluster) {
	t.Helper()
	k := testKafka(t)
	prepare(t, k)
	c, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return k, c
}

// fails writes failed sign-ins of users from to up to but not including to, ten milliseconds apart.
func fails(t *testing.T, c *kafka.Cluster, tenant, address string, began time.Time, from, to int) {
	t.Helper()
	var batch []schemas.Message
	for i := from; i < to; i++ {
		at := began.Add(time.Duration(i) * 10 * time.Millisecond)
		body := fmt.Sprintf(`{"Id":"%s-%s-%d","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,`+
			`"OrganizationId":"%s","UserId":"u%d@contoso.example","UserKey":"k%d","ClientIP":"%s","ErrorNumber":"50126","CreationTime":"%s"}`,
			tenant, address, i, tenant, i, i, address, at.UTC().Format("2006-01-02T15:04:05"))
		batch = append(batch, schemas.Raw{Tenant: tenant, Source: "Audit.AzureActiveDirectory", ContentCreated: at, Received: time.Now(), Body: []byte(body)}.Message())
	}
	if _, err := c.Produce(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

// detecting runs a worker that normalizes and detects.
func detecting(t *testing.T, k kafka.Config) (stop func() error) {
	t.Helper()
	_, stop = start(t, worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: sprayRules(t)})
	return stop
}

// settled waits until correlate has read so many signals and all that it wrote itself.
func settled(t *testing.T, k kafka.Config, c *kafka.Cluster, signals int) {
	t.Helper()
	await(t, fmt.Sprintf("%d signals are counted", signals), func() bool {
		n := 0
		err := c.Read(t.Context(), kafka.Read{Topic: schemas.TopicSignals}, func(m schemas.Message) error {
			if e, err := schemas.SignalsEntry(m); err != nil {
				t.Error(err)
			} else if _, ok := e.(schemas.Signal); ok {
				n++
			}
			return nil
		})
		if err != nil || n < signals {
			return false
		}
		lag, err := c.Lag(t.Context(), worker.StageCorrelate, schemas.TopicSignals)
		return err == nil && lag == 0
	})
}

// told gives the findings, created and updated, by tenant and address, and fails the test where one is there twice.
func told(t *testing.T, c *kafka.Cluster) (created, updates map[string]int) {
	t.Helper()
	created, updates = map[string]int{}, map[string]int{}
	seen, last := map[string]bool{}, map[string]int64{}
	err := c.Read(context.Background(), kafka.Read{Topic: schemas.TopicThreats}, func(m schemas.Message) error {
		if m.Header(schemas.HeaderKind) != schemas.KindFinding {
			return nil
		}
		v := gjson.ParseBytes(m.Value)
		uid, number := v.Get("finding_info.uid").Str, v.Get("metadata.sequence").Int()
		id := fmt.Sprint(uid, " ", number)
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		group := m.Header(schemas.HeaderTenant) + " " + v.Get("evidences.0.src_endpoint.ip").Str
		if v.Get("activity_id").Int() == 1 {
			created[group]++
		} else if updates[group]++; number != last[uid]+1 {
			t.Errorf("update %d follows %d", number, last[uid])
		}
		last[uid] = number
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return created, updates
}

func TestARestartInTheMiddleOfAWindowNeitherLosesNorRepeats(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	for _, until := range []struct{ from, to, created, updates int }{
		{0, 6, 0, 0},   // below the threshold
		{6, 12, 1, 2},  // over it, and two later hits
		{12, 18, 1, 4}, // eight later ones
		{18, 19, 1, 4}, // the ninth
		{19, 26, 1, 5}, // sixteen
	} {
		stop := detecting(t, k)
		fails(t, c, tenant, "192.0.2.7", began, until.from, until.to)
		settled(t, k, c, until.to)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		created, updates := told(t, c)
		if got := tenant + " 192.0.2.7"; created[got] != until.created || updates[got] != until.updates {
			t.Fatalf("after %d hits created %v, updates %v; want %+v", until.to, created, updates, until)
		}
	}
}

func TestTenantsNeverMix(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	detecting(t, k)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	fails(t, c, tenant, "192.0.2.7", began, 0, 9)
	fails(t, c, other, "192.0.2.7", began, 9, 18)
	settled(t, k, c, 18)
	if created, _ := told(t, c); len(created) != 0 {
		t.Errorf("nine of each tenant are found: %v", created)
	}
	fails(t, c, other, "192.0.2.7", began, 18, 19)
	settled(t, k, c, 19)
	if created, _ := told(t, c); len(created) != 1 || created[other+" 192.0.2.7"] != 1 {
		t.Errorf("created %v", created)
	}
}

func TestWhatMeansNothingOnTheSignalsTopicIsCountedAndPassedOver(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	o := worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: sprayRules(t), HTTP: freeAddress(t)}
	start(t, o)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	key := []byte("x")
	counted := sprayRules(t).Correlations()[0]
	var batch []schemas.Message
	for _, s := range []schemas.Signal{
		{Correlation: "none"},
		{Correlation: counted.ID, Shape: "0123456789abcdef"},
		{Correlation: counted.ID, Shape: counted.Shape(), Group: []string{"a", "b"}},
		{Correlation: counted.ID, Shape: counted.Shape(), Group: []string{"a"}},
		{Correlation: counted.ID, Shape: counted.Shape(), Group: []string{"a"}, Values: []string{"a"}, Input: 1 << 40},
	} {
		s.Key, s.Tenant, s.Time = key, tenant, began
		m, err := s.Message(began)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, m)
	}
	for _, value := range []string{`{"v":1,"kind":"signal","group":7}`, "\x00", `{"v":1,"kind":"other"}`, `{"v":1,"kind":"fired","uid":"x","group":[]}`} {
		batch = append(batch, schemas.Message{Topic: schemas.TopicSignals, Key: key, Value: []byte(value), Time: began})
	}
	if _, err := c.Produce(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	fails(t, c, tenant, "192.0.2.7", began, 0, 10)
	await(t, "all of it is read", func() bool {
		lag, err := c.Lag(t.Context(), worker.StageCorrelate, schemas.TopicSignals)
		created, _ := told(t, c)
		return err == nil && lag == 0 && len(created) == 1
	})
	for _, line := range []string{"ualstream_signals_foreign_total 5\n", "ualstream_rejects_total{stage=\"correlate\"} 2\n"} {
		await(t, "the metrics show "+line, func() bool { return shows(o.HTTP, line) })
	}
}

func TestWorkersWithOlderRulesWaitForThoseWithNewerOnes(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	older := worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: sprayRules(t), HTTP: freeAddress(t)}
	_, stop := start(t, older)
	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	fails(t, c, tenant, "192.0.2.7", began, 0, 4)
	settled(t, k, c, 4)

	lower := &sigma.Collection{}
	lower.Add("spray.yml", []byte(strings.Replace(spray, "gte: 10", "gte: 5", 1)), sigma.Options{})
	rules, _ := sigma.Compile(lower)
	start(t, worker.Options{Stages: []string{worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: rules})
	await(t, "the older rules wait", func() bool { return waits(older.HTTP) })
	fails(t, c, tenant, "192.0.2.8", began, 4, 9)
	settled(t, k, c, 9)
	if created, _ := told(t, c); len(created) != 1 || created[tenant+" 192.0.2.8"] != 1 {
		t.Errorf("by the newer rules is found %v", created)
	}

	if err := stop(); err != nil {
		t.Fatal(err)
	}
	start(t, older)
	await(t, "the older rules wait again", func() bool { return waits(older.HTTP) })
	fails(t, c, tenant, "192.0.2.9", began, 9, 14)
	settled(t, k, c, 14)
	if created, _ := told(t, c); len(created) != 2 || created[tenant+" 192.0.2.9"] != 1 {
		t.Errorf("after the older worker was restarted is found %v", created)
	}
}

// waits says whether a worker tells that other rules than its own are in use.
func waits(url string) bool { return shows(url, "ualstream_rules_waiting 1\n") }

// shows says whether a worker's metrics have a text.
func shows(url, text string) bool {
	answer, err := http.Get("http://" + url + "/metrics")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return strings.Contains(string(body), text)
}
