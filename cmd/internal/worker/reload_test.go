package worker_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/cmd/internal/worker"
	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// alone is a rule that tells of each wrong password by itself.
const alone = `title: Wrong password, alone
id: 11111111-2222-4333-8444-00000000000a
logsource: {product: m365, service: audit}
detection:
  s: {Operation: UserLoginFailed}
  condition: s
`

func compiled(t *testing.T, documents ...string) *sigma.Set {
	t.Helper()
	c := &sigma.Collection{}
	for i, d := range documents {
		c.Add(fmt.Sprintf("%d.yml", i), []byte(d), sigma.Options{})
	}
	set, refused := sigma.Compile(c)
	if len(c.Refusals)+len(refused) > 0 {
		t.Fatal(c.Refusals, refused)
	}
	return set
}

// TestRulesAreReplacedWithoutLosingARecord replaces the rules of two workers, one after the other, again and again while
// records flow. Each record is found by one of the sets, once. The first correlation comes with the second set, and the
// first set comes back.
func TestRulesAreReplacedWithoutLosingARecord(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	first := compiled(t, alone)
	second := compiled(t, strings.NewReplacer("alone", "again", "00000a", "00000b").Replace(alone), spray)
	o := worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: first, HTTP: freeAddress(t)}
	address := o.HTTP
	w, _ := start(t, o)
	o.HTTP = ""
	v, _ := start(t, o)

	tenant, began := "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", time.Now().Add(-time.Minute)
	const batches, size = 24, 8
	for i := range batches {
		fails(t, c, tenant, fmt.Sprintf("192.0.2.%d", i), began, i*size, (i+1)*size)
		switch i {
		case 3:
			foundBy(t, c, "00000a", 1)
		case 6, 20:
			w.Reload(second)
		case 8, 21:
			v.Reload(second)
		case 9:
			foundBy(t, c, "00000b", 1)
		case 11:
			w.Reload(nil, errors.New("rules/broken.yml:3: it is broken"))
		case 13:
			w.Reload(second)
		case 16:
			w.Reload(first)
		case 18:
			v.Reload(first)
		}
	}
	fails(t, c, tenant, "192.0.2.99", began, batches*size, batches*size+10) // enough for the correlation

	records := batches*size + 10
	await(t, "all records are detected in and the last set correlates", func() bool {
		tagged, _, sprays := tally(t, c)
		return len(tagged) == records && sprays["192.0.2.99"] > 0
	})
	tagged, findings, sprays := tally(t, c)
	for address, n := range sprays {
		if n != 1 {
			t.Errorf("the spray from %s is found %d times", address, n)
		}
	}
	for id, n := range tagged {
		if n != 1 || findings[id] != 1 {
			t.Errorf("record %s is tagged %d times and found %d times", id, n, findings[id])
		}
	}
	if got, want := ask(t, address).Rules, (status.Rules{Rules: 2, Correlations: 1, Hash: second.Hash()}); got == nil || *got != want {
		t.Errorf("the status tells of %+v, want %+v", got, want)
	}
	page := metricsOf(t, address)
	for _, want := range []string{`ualstream_rules_reloads_total{result="ok"} 4`, `ualstream_rules_reloads_total{result="refused"} 1`, "ualstream_rules_loaded 3", "ualstream_rules_waiting 0"} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// foundBy waits until a rule, by the end of its id, has found so much.
func foundBy(t *testing.T, c *kafka.Cluster, rule string, atLeast int) {
	t.Helper()
	await(t, rule+" finds", func() bool {
		n := 0
		err := c.Read(t.Context(), kafka.Read{Topic: schemas.TopicThreats}, func(m schemas.Message) error {
			if strings.HasSuffix(m.Header(schemas.HeaderRule), rule) {
				n++
			}
			return nil
		})
		return err == nil && n >= atLeast
	})
}

// tally counts by record how often it is tagged, and how often a rule by itself has found it; and by address the findings
// of the correlation.
func tally(t *testing.T, c *kafka.Cluster) (tagged, findings, sprays map[string]int) {
	t.Helper()
	tagged, findings, sprays = map[string]int{}, map[string]int{}, map[string]int{}
	err := c.Read(t.Context(), kafka.Read{Topic: schemas.TopicThreats}, func(m schemas.Message) error {
		v := gjson.ParseBytes(m.Value)
		switch {
		case m.Header(schemas.HeaderKind) == schemas.KindEvent:
			tagged[m.Header(schemas.HeaderUID)]++
		case m.Header(schemas.HeaderOperation) != "":
			findings[v.Get("finding_info.related_events.0.uid").Str]++
		case v.Get("activity_id").Int() == 1:
			sprays[v.Get("evidences.0.src_endpoint.ip").Str]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tagged, findings, sprays
}

func metricsOf(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
