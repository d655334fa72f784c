package sigma

import (
	"slices"
	"strings"
	"time"
)

// The types of correlations (correlation specification, "Correlation Types").
const (
	EventCount      = "event_count"
	ValueCount      = "value_count"
	Temporal        = "temporal"
	TemporalOrdered = "temporal_ordered"
	ValueSum        = "value_sum"
	ValueAvg        = "value_avg"
	ValuePercentile = "value_percentile"
)

var correlationTypes = []string{EventCount, ValueCount, Temporal, TemporalOrdered, ValueSum, ValueAvg, ValuePercentile}

// Correlation is a Sigma correlation rule: it counts or compares what other rules match within a timespan, for each
// group of events by itself. Window says exactly when it fires.
type Correlation struct {
	About
	Type     string
	Rules    []string // ids or names, as written; a Sample's Input is an index here
	GroupBy  []string // fields or aliases, as written; none: all events are one group
	Timespan time.Duration
	Generate bool // the rules are told by themselves, too
	// Mute says that the correlation only serves others, which do not ask for it to be told by itself.
	Mute bool

	condition threshold
	aliases   map[string]map[string]string // by alias and rule, by its id or name: a field
	inputs    []input                      // what Rules mean
	carry     []string                     // fields that correlations of this one need
	shape     string
	line      int // of the correlation section
}

// input is what one of a correlation's rules is.
type input struct {
	rule        *Rule
	correlation *Correlation
}

func (i input) about() *About {
	if i.rule != nil {
		return &i.rule.About
	}
	return &i.correlation.About
}

func parseCorrelation(n *node) (*Correlation, *fault) {
	about, f := parseAbout(n)
	if f != nil {
		return nil, f
	}
	section := n.get("correlation")
	if section.kind != mapNode {
		return nil, refuse(section.line, "write type, rules, group-by, timespan and condition", "the correlation is %s, not a map", section.what())
	}
	c := &Correlation{About: about, line: section.line}
	for _, parse := range []func(section *node) *fault{c.parseType, c.parseRules, c.parseGroups, c.parseAliases, c.parseTimespan, c.parseCondition} {
		if f := parse(section); f != nil {
			return nil, f
		}
	}
	for _, generate := range []*node{n.get("generate"), section.get("generate")} {
		if generate.isNull() {
			continue
		}
		if generate.kind != scalarNode || generate.scal.kind != boolScalar {
			return nil, refuse(generate.line, "write true or false", "generate is %s", generate.what())
		}
		c.Generate = generate.scal.isTrue()
	}
	return c, nil
}

func (c *Correlation) parseType(section *node) *fault {
	c.Type = section.get("type").text()
	if !slices.Contains(correlationTypes, c.Type) {
		return refuse(section.line, "the types are "+strings.Join(correlationTypes, ", "), "%s is no type of correlation", quote(c.Type))
	}
	return nil
}

func (c *Correlation) parseRules(section *node) *fault {
	var f *fault
	if c.Rules, f = section.get("rules").names(); f != nil {
		return f
	}
	if len(c.Rules) == 0 {
		return refuse(section.line, "add rules: with ids or names", "the correlation names no rules")
	}
	seen := map[string]bool{}
	for _, name := range c.Rules {
		if seen[name] {
			return refuse(section.get("rules").line, "name it once", "the correlation names %s twice", quote(name))
		}
		seen[name] = true
	}
	return nil
}

// parseGroups reads the fields to group by. A key that is hardly meant otherwise is refused: without groups, all events
// would count together.
func (c *Correlation) parseGroups(section *node) (f *fault) {
	for key := range section.pairs() {
		name := key.scal.text
		if plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name)); plain == "groupby" && name != "group-by" {
			return refuse(key.line, "write group-by", "the correlation has %s", quote(name))
		}
	}
	c.GroupBy, f = section.get("group-by").names()
	return f
}

// parseAliases reads alias: {rule: field}.
func (c *Correlation) parseAliases(section *node) *fault {
	aliases := section.get("aliases")
	if aliases.isNull() {
		return nil
	}
	if aliases.kind != mapNode {
		return refuse(aliases.line, "write ALIAS: {RULE: FIELD}", "aliases is %s", aliases.what())
	}
	c.aliases = map[string]map[string]string{}
	for alias, fields := range aliases.pairs() {
		if fields.kind != mapNode {
			return refuse(fields.line, "write RULE: FIELD", "the alias %s is %s", quote(alias.text()), fields.what())
		}
		byRule := map[string]string{}
		for rule, field := range fields.pairs() {
			if field.text() == "" {
				return refuse(field.line, "write the name of a field", "the alias %s is %s", quote(alias.scal.text), field.what())
			}
			byRule[rule.scal.text] = field.text()
		}
		c.aliases[alias.scal.text] = byRule
	}
	return nil
}

// parseTimespan reads a number and a letter: 30s, 5m, 12h, 7d; also 2w. A capital M is refused: it may mean months or minutes.
func (c *Correlation) parseTimespan(section *node) *fault {
	n := section.get("timespan")
	if n.isNull() {
		return refuse(section.line, "add timespan: like 10m", "there is no timespan")
	}
	text := n.text()
	const day, most = 24 * time.Hour, 366 * 24 * time.Hour
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day,
		'w': 7 * day, // not of the specification, but known from pySigma
	}
	if len(text) >= 2 && len(text) <= 10 {
		unit, known := units[text[len(text)-1]]
		if v, ok := parseNumber(text[:len(text)-1]); known && ok && v.whole && v.int > 0 && v.int <= int64(most/unit) && digits(text[:1]) >= 0 {
			c.Timespan = time.Duration(v.int) * unit
			return nil
		}
	}
	return refuse(n.line, "write a number and s, m, h or d, like 90m, at most 366d", "%s is no timespan", n.what())
}

// counts says whether a correlation is of a type without a field.
func (c *Correlation) counts() bool {
	return c.Type == EventCount || c.Type == Temporal || c.Type == TemporalOrdered
}

// field gives the field of an input's events that stands for a name in the correlation.
func (c *Correlation) field(name string, input int) string {
	for rule, field := range c.aliases[name] {
		if rule == c.Rules[input] || c.inputs[input].about().isCalled(rule) {
			return field
		}
	}
	return name
}
