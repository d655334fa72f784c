package sigma

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// start is when the tests' events begin.
var start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// base is a rule that matches kind: NAME.
func base(name string) string {
	return fmt.Sprintf("title: %s\nname: %s\nlogsource: {product: test}\ndetection:\n    sel: {Kind: %s}\n    condition: sel\n---\n", name, name, name)
}

// correlated writes base rules and one correlation.
func correlated(section string, rules ...string) string {
	var b strings.Builder
	for _, name := range rules {
		b.WriteString(base(name))
	}
	b.WriteString("title: C\nname: c\nlevel: high\ncorrelation:\n" + indent(section))
	return b.String()
}

// run feeds events to all correlations of a set, chains included, and gives what fired and was updated, in order.
type run struct {
	t        testing.TB
	set      *Set
	trackers map[*Correlation]*Tracker
	count    int
	log      []string
}

func newRun(t testing.TB, text string, o TrackerOptions) *run {
	r := &run{t: t, set: load(t, text, Options{}), trackers: map[*Correlation]*Tracker{}}
	for _, c := range r.set.Correlations() {
		r.trackers[c] = NewTracker(c, o)
	}
	return r
}

// add feeds an event at so many seconds after start.
func (r *run) add(seconds int, event record) {
	r.count++
	f := served{record: event, names: r.set.Fields()}
	at, ref := start.Add(time.Duration(seconds)*time.Second), fmt.Sprintf("e%d", r.count)
	for _, hit := range r.set.Match(f, nil) {
		signals := r.set.Signals(hit, f, nil)
		for i := range signals {
			signals[i].Sample.Time, signals[i].Sample.Ref = at, ref
		}
		r.signal(signals)
	}
}

func (r *run) signal(signals []Signal) {
	for _, s := range signals {
		o := r.trackers[s.Correlation].Add(s.Group, s.Sample)
		if o.Kind == Fired || o.Kind == Updated || o.Kind == Late {
			r.log = append(r.log, fmt.Sprintf("%s %s %s %s", s.Correlation.Title, o.Kind, strings.Join(s.Group, "+"), o.Ref))
			r.signal(r.set.Chain(s.Correlation, o, nil))
		}
	}
}

func (r *run) want(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.log, want) {
		r.t.Errorf("outcomes:\n%s\nwant:\n%s", strings.Join(r.log, "\n"), strings.Join(want, "\n"))
	}
}

func TestEventCount(t *testing.T) {
	r := newRun(t, correlated("type: event_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 1h\ncondition: {gte: 3}", "fail"), TrackerOptions{})
	fail := func(seconds int, host any) { r.add(seconds, record{"Kind": "fail", "Host": host}) }
	fail(0, "a")
	fail(10, "B")
	fail(20, "A") // the same host
	fail(30, "b")
	fail(40, nil)                                   // no host
	r.add(45, record{"Kind": "other", "Host": "a"}) // no hit
	fail(3600, "a")                                 // just within an hour: e7
	fail(3630+1, "b")                               // a second too late
	fail(3610, "a")                                 // extends
	fail(9000, "a")                                 // alone
	fail(9001, "a")                                 // two
	fail(9002, "a")                                 // another episode: e12
	r.want("C fired a e7", "C updated a e7", "C fired a e12")
}

func TestEventsInAnyOrderFireAlike(t *testing.T) {
	for _, order := range [][]int{{0, 1800, 3600}, {3600, 1800, 0}, {1800, 0, 3600}, {0, 3600, 1800}} {
		r := newRun(t, correlated("type: event_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 1h\ncondition: {gte: 3}", "fail"), TrackerOptions{})
		for _, seconds := range order {
			r.add(seconds, record{"Kind": "fail", "Host": "a"})
		}
		r.want("C fired a e3")
	}
}

func TestConditionsWithTwoEnds(t *testing.T) {
	r := newRun(t, correlated("type: event_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 1h\ncondition: {gt: 2, lte: 4}", "fail"), TrackerOptions{})
	for i := range 6 {
		r.add(i, record{"Kind": "fail", "Host": "a"})
	}
	r.want("C fired a e3", "C updated a e3")
}

func TestConditionsOfEveryKind(t *testing.T) {
	for condition, want := range map[string]string{
		"gt: 2": "e3", "gte: 2": "e2", "lt: 2": "e1", "lte: 1": "e1", "eq: 3": "e3", "neq: 1": "e2",
	} {
		r := newRun(t, correlated("type: event_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 1h\ncondition: {"+condition+"}", "fail"), TrackerOptions{})
		for i := range 4 {
			r.add(i, record{"Kind": "fail", "Host": "a"})
		}
		if len(r.log) == 0 || r.log[0] != "C fired a "+want {
			t.Errorf("%s: %q, want %s first", condition, r.log, want)
		}
	}
}

func TestValueCount(t *testing.T) {
	r := newRun(t, correlated("type: value_count\nrules: [fail]\ngroup-by: [Host, Station]\ntimespan: 1d\ncondition: {field: User, gte: 3}", "fail"), TrackerOptions{})
	fail := func(seconds int, station string, user any) {
		r.add(seconds, record{"Kind": "fail", "Host": "a", "Station": station, "User": user})
	}
	fail(0, "s", "ana")
	fail(1, "s", "ANA")
	fail(2, "s", "bo")
	fail(3, "t", "cy") // another group
	fail(4, "s", nil)  // no user
	fail(86400, "s", []any{"bo", "cy"})
	r.want("C fired a+s e6")
}

func TestValueCountOfSeveralFields(t *testing.T) {
	r := newRun(t, correlated("type: value_count\nrules: [fail]\ngroup-by: [Host]\ntimespan: 1d\ncondition: {field: [User, App], gte: 3}", "fail"), TrackerOptions{})
	for i, pair := range [][2]string{{"ana", "x"}, {"ana", "y"}, {"ana", "X"}, {"bo", "x"}} {
		r.add(i, record{"Kind": "fail", "Host": "a", "User": pair[0], "App": pair[1]})
	}
	r.want("C fired a e4")
}

func TestTemporalWantsAllRulesInAnyOrder(t *testing.T) {
	text := correlated("type: temporal\nrules: [ra, rb, rc]\ngroup-by: [Host, User]\ntimespan: 5m", "ra", "rb", "rc")
	r := newRun(t, text, TrackerOptions{})
	add := func(seconds int, kind, user string) {
		r.add(seconds, record{"Kind": kind, "Host": "h", "User": user})
	}
	add(0, "rc", "ana")
	add(60, "ra", "ana")
	add(90, "rb", "bo")   // another user
	add(301, "rb", "ana") // rc is too long ago
	add(310, "rc", "ana")
	r.want("C fired h+ana e5")
}

func TestTemporalWithACount(t *testing.T) {
	r := newRun(t, correlated("type: temporal\nrules: [ra, rb, rc]\ngroup-by: [Host]\ntimespan: 5m\ncondition: {gte: 2}", "ra", "rb", "rc"), TrackerOptions{})
	r.add(0, record{"Kind": "ra", "Host": "h"})
	r.add(1, record{"Kind": "ra", "Host": "h"})
	r.add(2, record{"Kind": "rc", "Host": "h"})
	r.want("C fired h e3")
}

func TestTemporalOrderedWantsTheOrder(t *testing.T) {
	cases := []struct {
		name   string
		events []string // kind at second
		want   string
	}{
		{"in order", []string{"ra@0", "rb@10", "rc@20"}, "e3"},
		{"out of order", []string{"rb@0", "ra@10", "rc@20"}, ""},
		{"the same second is in order", []string{"rc@5", "rb@5", "ra@5"}, "e3"},
		{"others between", []string{"ra@0", "rc@1", "rb@2", "ra@3", "rc@4"}, "e5"},
		{"arrived late", []string{"rc@20", "rb@10", "ra@0"}, "e3"},
		{"too slow", []string{"ra@0", "rb@200", "rc@301"}, ""},
		{"the later first one counts", []string{"ra@0", "ra@100", "rb@200", "rc@390"}, "e4"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, correlated("type: temporal_ordered\nrules: [ra, rb, rc]\ngroup-by: [Host]\ntimespan: 5m", "ra", "rb", "rc"), TrackerOptions{})
			for _, e := range c.events {
				var kind string
				var second int
				if _, err := fmt.Sscanf(strings.Replace(e, "@", " ", 1), "%s %d", &kind, &second); err != nil {
					t.Fatal(err)
				}
				r.add(second, record{"Kind": kind, "Host": "h"})
			}
			if c.want == "" {
				r.want()
			} else {
				r.want("C fired h " + c.want)
			}
		})
	}
}

func TestSumsAveragesAndPercentiles(t *testing.T) {
	cases := []struct {
		section string
		values  []any
		want    string
	}{
		{"type: value_sum\ncondition: {field: N, gt: 100}", []any{60, "30", "x", nil, 10.5}, "e5"},
		{"type: value_sum\ncondition: {field: N, gt: 100}", []any{60, -30, 60}, ""},
		{"type: value_avg\ncondition: {field: N, gt: 10}", []any{5, 10, 20}, "e3"},
		{"type: value_avg\ncondition: {field: N, lt: 2.5}", []any{3, 4, 0}, "e3"},
		{"type: value_percentile\ncondition: {field: N, gte: 50, percentile: 50}", []any{1, 100, 2, 60, 70}, "e5"},
		{"type: value_percentile\ncondition: {field: N, lte: 25}", []any{"sh", "SH", "sh", "sh", "rare"}, "e5"},
		{"type: value_percentile\ncondition: {field: N, lte: 10}", []any{"sh", "sh", "sh", "sh", "rare"}, ""},
	}
	for _, c := range cases {
		t.Run(c.section, func(t *testing.T) {
			r := newRun(t, correlated(c.section+"\nrules: [ra]\ngroup-by: [Host]\ntimespan: 1h", "ra"), TrackerOptions{})
			for i, v := range c.values {
				r.add(i, record{"Kind": "ra", "Host": "h", "N": v})
			}
			if c.want == "" {
				r.want()
			} else {
				r.want("C fired h " + c.want)
			}
		})
	}
}

func TestAliasesNameDifferentFields(t *testing.T) {
	r := newRun(t, correlated(`type: temporal
rules: [error, connection]
group-by: [internal, remote]
timespan: 10s
aliases:
    internal: {error: destination.ip, connection: source.ip}
    remote: {error: source.ip, connection: destination.ip}`, "error", "connection"), TrackerOptions{})
	r.add(0, record{"Kind": "error", "destination.ip": "192.0.2.1", "source.ip": "198.51.100.1"})
	r.add(1, record{"Kind": "connection", "destination.ip": "192.0.2.1", "source.ip": "198.51.100.1"})
	r.add(2, record{"Kind": "connection", "source.ip": "192.0.2.1", "destination.ip": "198.51.100.1"})
	r.want("C fired 192.0.2.1+198.51.100.1 e3")
}

func TestAliasesMayCallARuleByItsOtherName(t *testing.T) {
	text := strings.Replace(correlated(`type: temporal
rules: [error, 0E95725D-7320-415D-80F7-004DA920FC11]
group-by: [address]
timespan: 10s
aliases:
    address: {error: source.ip, connection: destination.ip}`, "error", "connection"),
		"name: connection", "name: connection\nid: 0e95725d-7320-415d-80f7-004da920fc11", 1)
	r := newRun(t, text, TrackerOptions{})
	r.add(0, record{"Kind": "error", "source.ip": "198.51.100.1"})
	r.add(1, record{"Kind": "connection", "source.ip": "192.0.2.1", "destination.ip": "198.51.100.1"})
	r.want("C fired 198.51.100.1 e2")
}

// chained is a brute force attack that succeeds: a correlation of a correlation and a rule.
const chained = `title: Guessed
level: high
correlation:
    type: temporal_ordered
    rules: [many_failed, success]
    group-by: [User]
    timespan: 10m
---
title: Many
name: many_failed
correlation:
    type: event_count
    rules: [fail]
    group-by: [Host]
    timespan: 10m
    condition: {gte: 3}
---
`

func TestAChainGroupsByItsOwnFields(t *testing.T) {
	r := newRun(t, chained+base("fail")+strings.TrimSuffix(base("success"), "---\n"), TrackerOptions{})
	add := func(seconds int, kind, user, host string) {
		r.add(seconds, record{"Kind": kind, "User": user, "Host": host})
	}
	add(0, "success", "ana", "h") // before
	add(10, "fail", "ana", "h")
	add(20, "fail", "bo", "h")
	add(25, "success", "bo", "h") // not yet many
	add(30, "fail", "ana", "h")
	add(40, "success", "cy", "h") // did not fail
	add(50, "success", "BO", "g")
	add(900, "success", "ana", "h") // too late
	r.want("Many fired h e5", "Guessed fired BO e7")
}

func TestAnAttackThatGoesOnKeepsItsChainAlive(t *testing.T) {
	r := newRun(t, chained+base("fail")+strings.TrimSuffix(base("success"), "---\n"), TrackerOptions{})
	for i := range 20 {
		r.add(i*120, record{"Kind": "fail", "User": "ana", "Host": "h"})
	}
	r.log = nil
	r.add(19*120+30, record{"Kind": "success", "User": "ana"})
	r.want("Guessed fired ana e21")
}

func TestMuteRulesServeCorrelationsAlone(t *testing.T) {
	for generate, mute := range map[string]bool{"": true, "generate: false\n": true, "generate: true\n": false} {
		set := load(t, generate+strings.Replace(chained, "---\ntitle", "---\n"+generate+"title", 1)+base("fail")+base("success")+base("other"), Options{})
		f := served{record: record{"Kind": "fail"}, names: set.Fields()}
		if hit := set.Match(f, nil)[0]; hit.Mute != mute {
			t.Errorf("%q: fail is mute: %v", generate, hit.Mute)
		}
		f.record = record{"Kind": "other"}
		if set.Match(f, nil)[0].Mute {
			t.Error("a rule that serves none is mute")
		}
		if c := set.Correlations(); c[0].Mute || c[1].Mute != mute {
			t.Errorf("%q: mute: %v %v", generate, c[0].Mute, c[1].Mute)
		}
	}
}

func TestCorrelationsThatAreRefused(t *testing.T) {
	const good = "type: event_count\nrules: [ra]\ngroup-by: [A]\ntimespan: 5m\ncondition: {gte: 3}"
	change := func(old, new string) string { return correlated(strings.Replace(good, old, new, 1), "ra") }
	circle := func(title, name, of string) string {
		return fmt.Sprintf("title: %s\nname: %s\ncorrelation: {type: temporal, rules: [%s], group-by: [A], timespan: 5m}\n---\n", title, name, of)
	}
	cases := []struct {
		name, text, reason string
		refusals           int
	}{
		{"an unknown type", change("event_count", "event_counts"), "no type of correlation", 1},
		{"value_median", change("event_count", "value_median"), "no type of correlation", 1},
		{"no type", change("type: event_count\n", ""), "no type of correlation", 1},
		{"no rules", change("rules: [ra]\n", ""), "names no rules", 1},
		{"a rule twice", change("[ra]", "[ra, ra]"), "twice", 1},
		{"an unknown rule", change("[ra]", "[rb]"), `names "rb", which is no rule`, 1},
		{"no timespan", change("timespan: 5m\n", ""), "no timespan", 1},

		{"a timespan of zero", change("5m", "0m"), "is no timespan", 1},
		{"a large timespan", change("5m", "99999999d"), "is no timespan", 1},
		{"a timespan with a sign", change("5m", "+5m"), "is no timespan", 1},
		{"a capital letter", change("5m", "5M"), "is no timespan", 1},
		{"no condition", change("condition: {gte: 3}", "x: y"), "there is no condition", 1},
		{"an empty condition", change("{gte: 3}", "{}"), "compares nothing", 1},
		{"a condition in words", change("{gte: 3}", "ra and not rb"), "in words", 1},
		{"an unknown criterion", change("gte", "ge"), `unknown criterion "ge"`, 1},
		{"no number", change("gte: 3", "gte: x"), "wants a number", 1},
		{"never", change("gte: 3", "gte: 3, lt: 2"), "never hold", 1},
		{"too many", change("gte: 3", "gte: 3000000"), "counts to more", 1},
		{"a field that does not count", change("gte: 3", "gte: 3, field: B"), "has no field", 1},
		{"no field", change("event_count", "value_count"), "wants a field", 1},
		{"a sum of two fields", strings.Replace(change("event_count", "value_sum"), "gte: 3", "gte: 3, field: [A, B]", 1), "takes one field", 1},
		{"none", change("gte: 3", "eq: 0"), "counts one at least", 1},
		{"less than one", change("gte: 3", "lt: 1"), "counts one at least", 1},
		{"between two numbers", change("gte: 3", "gt: 5, lt: 6"), "can never hold", 1},
		{"groups that are a map", change("[A]", "{a: b}"), "in place of a name", 1},
		{"a null group", change("[A]", "[A, null]"), "in place of a name", 1},
		{"group-by, misspelt", change("group-by", "group_by"), "has \"group_by\"", 1},
		{"a rule that is a map", strings.Replace(base("ra")+change("x", "x"), "rules: [ra]", "rules: [ra, {b: c}]", 1), "in place of a name", 1},
		{"an alias of a rule twice", strings.Replace(change("timespan", "aliases: {x: {ra: y, 0e95725d: z}}\ntimespan"), "name: ra", "name: ra\nid: 0e95725d", 1), "twice, as", 1},
		{"more rules than there are", change("event_count", "temporal"), "wants more rules", 1},
		{"generate: maybe", change("timespan", "generate: maybe\ntimespan"), "generate is", 1},
		{"an alias of another rule", change("timespan", "aliases: {x: {rb: y}}\ntimespan"), "none of the rules", 1},
		{"an alias without field", change("timespan", "aliases: {x: {ra: null}}\ntimespan"), "is null", 1},
		{"no map", base("ra") + "title: C\ncorrelation: x\n", "not a map", 1},
		{"a circle of one", circle("C", "c", "c"), "leads back to itself", 1},
		{"a circle of three", circle("C", "c", "d") + circle("D", "d", "e") + circle("E", "e", "c"), "leads back to itself", 3},
		{"one that leads into a circle", circle("C", "c", "c") + circle("D", "d", "c"), "leads back to itself", 2},
		{"one whose rule is refused", circle("C", "c", "d") + circle("D", "d", "nothing"), "is no rule", 2},
		{"two rules of that name", base("ra") + base("ra") + correlated(good)[0:0] + "title: C\ncorrelation: {type: temporal, rules: [ra], group-by: [A], timespan: 5m}\n", "several rules", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			col := &Collection{}
			col.Add("t.yml", []byte(c.text), Options{})
			set, late := Compile(col)
			all := append(col.Refusals, late...)
			if len(all) != c.refusals || len(set.Correlations()) != 0 {
				t.Fatalf("refusals = %v, correlations left = %d", all, len(set.Correlations()))
			}
			for _, r := range all {
				if !strings.Contains(r.Reason, c.reason) || r.Line == 0 {
					t.Errorf("refusal = %s, want %q", r.Error(), c.reason)
				}
			}
		})
	}
}

func TestANameMeansTheRuleInTheSameFile(t *testing.T) {
	c := &Collection{}
	text := correlated("type: temporal\nrules: [ra]\ngroup-by: [A]\ntimespan: 5m", "ra")
	c.Add("one.yml", []byte(text), Options{})
	c.Add("two.yml", []byte(text), Options{})
	set, refusals := Compile(c)
	if len(refusals) != 0 || len(set.Correlations()) != 2 {
		t.Fatal(refusals)
	}
	for _, c := range set.Correlations() {
		if c.inputs[0].rule.File != c.File {
			t.Errorf("%s refers to %s", c.File, c.inputs[0].rule.File)
		}
	}
}

func TestAFiringCountsOnceHoweverLongItGoesOn(t *testing.T) {
	text := strings.NewReplacer("temporal_ordered", "event_count", "many_failed, success", "many_failed", "timespan: 10m\n---", "timespan: 1d\n    condition: {gte: 2}\n---").Replace(chained)
	r := newRun(t, text+strings.TrimSuffix(base("fail"), "---\n"), TrackerOptions{})
	for i := range 20 {
		r.add(i*60, record{"Kind": "fail", "User": "ana", "Host": "h"})
	}
	if slices.ContainsFunc(r.log, func(line string) bool { return strings.HasPrefix(line, "Guessed") }) {
		t.Error(r.log)
	}
	r.log = nil
	for i := range 3 {
		r.add(7200+i, record{"Kind": "fail", "User": "ANA", "Host": "h"})
	}
	r.want("Many fired h e23", "Guessed fired ANA e23")
}
