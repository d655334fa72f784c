package worker_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect"
	"ualstream/ingest/cloudsim"
	"ualstream/publish"
	"ualstream/schemas"
)

// judge compares what a read_committed consumer sees with what a client that makes no mistake ends with: at least with
// what was so when all had arrived, and at most with what was so when all workers had stopped.
func judge(t *testing.T, k kafka.Config, least, most cloudsim.Reckoning, f *figures, dir string) {
	t.Helper()
	w := newWitness(t, k, dir)
	raw, events, threats := w.read(schemas.TopicRaw), w.read(schemas.TopicEvents), w.read(schemas.TopicThreats)
	rejects, ledger, signals := w.read(schemas.TopicRejects), w.read(schemas.TopicLedger), w.read(schemas.TopicSignals)
	v := verdict{t, f, least, most}
	f.records, f.events, f.threats = len(raw), len(events), len(threats)
	f.repeats = len(raw) - len(tallied(raw, rawID))

	v.f.lost += v.tell("raw: lost", less(least.Events, found(tallied(raw, rawID))))
	v.between("events", ones(least.Events), ones(most.Events), tallied(events, uid))
	v.between("threats", deserved(t, events, least.Events), deserved(t, events, most.Events), tallied(v.correlated(events, threats, signals), threatID))
	v.rejects(rejects, raw)
	v.losses(ledger)
	for topic, want := range map[schemas.Topic][]schemas.Message{schemas.TopicEvents: events, schemas.TopicThreats: threats} {
		places := tallied(want, place)
		v.between("what our own reader sees of "+string(topic), places, places, tallied(ownReading(t, k, topic), place))
	}
	if f.records < 100 || f.events < 100 || f.threats < 10 || f.findings < 10 || len(least.Lost) == 0 {
		t.Errorf("too little happened to prove anything: %d blobs were lost", len(least.Lost))
	}
}

type verdict struct {
	t           *testing.T
	f           *figures
	least, most cloudsim.Reckoning
}

// between counts what is not there as often as it should be.
func (v verdict) between(what string, least, most, got map[string]int) {
	v.t.Helper()
	lost, twice, nobody := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key, n := range least {
		if got[key] < n {
			lost[key] = true
		}
	}
	for key, n := range got {
		switch {
		case most[key] == 0:
			nobody[key] = true
		case n > most[key]:
			twice[key] = true
		}
	}
	v.f.lost += v.tell(what+": lost", lost)
	v.f.twice += v.tell(what+": twice", twice)
	v.tell(what+": never served", nobody)
}

// tell fails the test where there are any.
func (v verdict) tell(what string, keys map[string]bool) int {
	v.t.Helper()
	if len(keys) > 0 {
		some := slices.Sorted(maps.Keys(keys))
		v.t.Errorf("%s: %d, such as %.200q", what, len(keys), some[:min(3, len(some))])
	}
	return len(keys)
}

// rejects checks that all that cannot be read is among them, once, with its bytes, and nothing else. The bytes of lost
// blobs may be there, too, as far as they arrived.
func (v verdict) rejects(got, raw []schemas.Message) {
	v.t.Helper()
	bytes := map[string]bool{}
	for _, m := range got {
		bytes[string(m.Value)] = true
	}
	v.f.lost += v.tell("rejects: lost", less(v.least.Rejects, bytes))
	twice := tallied(got, rawID)
	maps.DeleteFunc(twice, func(_ string, n int) bool { return n == 1 })
	v.f.twice += v.tell("rejects: twice", found(twice))
	for _, m := range got {
		if twice[rawID(m)] > 0 {
			v.t.Logf("reject %s at %s: %s: %s", rawID(m), place(m), m.Header(schemas.HeaderStage), m.Header(schemas.HeaderReason))
		}
	}
	for _, m := range raw {
		if twice[rawID(m)] > 0 {
			v.t.Logf("raw %s at %s: %s %s %.300q", rawID(m), place(m), m.Time, m.Header(schemas.HeaderContentID), m.Value)
		}
	}
	v.tell("rejects that are no raw record", less(found(tallied(got, rawID)), found(tallied(raw, rawID))))
}

// losses checks that what is lost, and nothing else, is told in the ledger.
func (v verdict) losses(ledger []schemas.Message) {
	v.t.Helper()
	state, reason := map[string]schemas.BlobState{}, map[string]string{}
	for _, m := range ledger {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			continue
		}
		b, err := schemas.BlobOf(m)
		if err != nil {
			v.t.Error(err)
		}
		if state[b.ContentID] != schemas.BlobStored { // which a slow process may not take back
			state[b.ContentID], reason[b.ContentID] = b.State, b.Reason
		}
	}
	lost, least, most := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id, s := range state {
		if s == schemas.BlobLost {
			lost[id] = true
		}
	}
	for id := range v.least.Lost {
		least[id] = true
	}
	for id := range v.most.Lost {
		most[id] = true
	}
	v.tell("losses that the ledger does not tell", less(least, lost))
	for id := range less(lost, most) {
		v.t.Errorf("the ledger tells of a loss that is none: %s: %s", id, reason[id])
	}
}

// deserved gives the threats that those of the events make that are wanted.
func deserved(t *testing.T, events []schemas.Message, wanted map[string]bool) map[string]int {
	t.Helper()
	rules, err := newChaosRules()
	if err != nil {
		t.Fatal(err)
	}
	engine, out, once := detect.New(detect.Options{Rules: rules}), map[string]int{}, map[string]bool{}
	for _, event := range events {
		if id := uid(event); once[id] || !wanted[id] {
			continue
		}
		once[uid(event)] = true
		threats, _ := engine.Detect(event.Value)
		for _, threat := range threats {
			out[threatID(publish.Threat(event, threat))]++
		}
	}
	return out
}

// ownReading is what our own reader gives of a topic.
func ownReading(t *testing.T, k kafka.Config, topic schemas.Topic) (out []schemas.Message) {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	err = cluster.Read(t.Context(), kafka.Read{Topic: topic}, func(m schemas.Message) error { out = append(out, m); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What names a message: a record by its key in the raw topic, an event by its uid, a threat by what it says of which
// event, and any by its place.
func rawID(m schemas.Message) string { return m.Header(schemas.HeaderTenant) + "/" + string(m.Key) }
func uid(m schemas.Message) string {
	return m.Header(schemas.HeaderTenant) + "/" + m.Header(schemas.HeaderUID)
}
func threatID(m schemas.Message) string {
	return strings.Join([]string{uid(m), m.Header(schemas.HeaderKind), m.Header(schemas.HeaderRule)}, " ")
}
func place(m schemas.Message) string { return fmt.Sprintf("%d/%d", m.Partition, m.Offset) }

func tallied(msgs []schemas.Message, name func(schemas.Message) string) map[string]int {
	out := map[string]int{}
	for _, m := range msgs {
		out[name(m)]++
	}
	return out
}

func found(tally map[string]int) map[string]bool {
	out := map[string]bool{}
	for key := range tally {
		out[key] = true
	}
	return out
}

func ones(keys map[string]bool) map[string]int {
	out := map[string]int{}
	for key := range keys {
		out[key] = 1
	}
	return out
}
