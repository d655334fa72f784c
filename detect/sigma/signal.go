package sigma

import (
	"slices"
	"time"
)

// Sample is one thing that a correlation counts: a hit of one of its rules, or a firing of one of its correlations.
type Sample struct {
	Time  time.Time // of the event
	Ref   string    // names the event, or the firing; the same Ref at the same Time is the same sample
	Input int       // index in Correlation.Rules
	// Values are those of the condition's fields, Carry those of fields that other correlations will ask for. Both
	// are as the event has them.
	Values, Carry []string
}

// Signal is a sample for a group of a correlation.
type Signal struct {
	Correlation *Correlation
	Group       []string // values of GroupBy, as the event has them
	Sample      Sample
}

// Fits says whether a sample for a group can be one of the correlation's: it has as many values as the correlation asks
// for.
func (c *Correlation) Fits(group []string, s Sample) bool {
	return s.Input >= 0 && s.Input < len(c.Rules) && len(group) == len(c.GroupBy) &&
		len(s.Values) == len(c.condition.fields) && len(s.Carry) == len(c.carry)
}

// maxSignals bounds what one hit becomes where its fields have several values.
const maxSignals = 256

// feed is a correlation that a rule feeds.
type feed struct {
	correlation *Correlation
	input       int
	at          []int // of the fields that needs names, in the set
}

// feed notes for each rule the correlations that it feeds, and numbers the fields they need.
func (b *compiler) feed() {
	s := b.set
	s.feeds = make([][]feed, len(s.rules))
	numbers := map[*Rule]int{}
	for i, r := range s.rules {
		numbers[r.rule] = i
	}
	for _, c := range s.correlations {
		for at, i := range c.inputs {
			rule, isRule := numbers[i.rule]
			if !isRule {
				continue
			}
			made := feed{correlation: c, input: at}
			for _, name := range c.needs() {
				made.at = append(made.at, b.number(c.field(name, at)))
			}
			s.feeds[rule] = append(s.feeds[rule], made)
		}
	}
}

// Correlations gives the correlations of the set, in the order in which they were loaded.
func (s *Set) Correlations() []*Correlation { return slices.Clone(s.correlations) }

// Signals appends to dst what a hit on an event means to correlations. The caller adds Time and Ref to the samples. A
// field with several values gives a signal for each; an event that lacks a field to group by or to count, or has null
// there, gives none; to sum up takes numbers only.
func (s *Set) Signals(h Hit, f Fields, dst []Signal) []Signal {
	if h.at >= len(s.feeds) || s.rules[h.at].rule != h.Rule || len(s.feeds[h.at]) == 0 {
		return dst
	}
	e := s.events.Get().(*event)
	e.open(f)
	for _, feed := range s.feeds[h.at] {
		dst = feed.signals(e, dst)
	}
	e.close()
	s.events.Put(e)
	return dst
}

func (f feed) signals(e *event, dst []Signal) []Signal {
	c := f.correlation
	rows := [][]string{nil}
	for i, at := range f.at {
		isGroup, isValue := i < len(c.GroupBy), i < len(c.GroupBy)+len(c.condition.fields)
		values := f.values(e, at, isValue && !isGroup && c.calculates())
		switch {
		case len(values) > 0:
		case isValue:
			return dst
		default: // carried: another correlation will see that it is missing
			values = []string{""}
		}
		rows = product(rows, values)
	}
	for _, row := range rows {
		dst = append(dst, c.signal(f.input, row))
	}
	return dst
}

// product appends each value to each row.
func product(rows [][]string, values []string) [][]string {
	longer := make([][]string, 0, len(rows)*len(values))
	for _, row := range rows {
		for _, v := range values {
			if len(longer) < maxSignals {
				longer = append(longer, append(slices.Clip(row), v))
			}
		}
	}
	return longer
}

// signal cuts a row of needs into its parts.
func (c *Correlation) signal(input int, row []string) Signal {
	group, values := len(c.GroupBy), len(c.GroupBy)+len(c.condition.fields)
	return Signal{Correlation: c, Group: row[:group:group], Sample: Sample{
		Input: input, Values: row[group:values:values], Carry: row[values:],
	}}
}

// values gives the different values of a field.
func (f feed) values(e *event, at int, numbers bool) []string {
	c := e.cell(at)
	var texts []string
	for _, v := range e.values[c.begin:c.end] {
		if v.Kind == Null || slices.Contains(texts, v.Text) {
			continue
		}
		if _, ok := parseNumber(v.Text); ok || !numbers {
			texts = append(texts, v.Text)
		}
	}
	return texts
}

// Chain appends to dst what an outcome of a correlation's window means to the correlations that refer to it. Their
// groups are their own: each different one among the samples gives a signal. The caller may replace Ref, as long as it
// is the same for all outcomes of one episode.
func (s *Set) Chain(c *Correlation, o Outcome, dst []Signal) []Signal {
	if o.Kind != Fired && o.Kind != Updated {
		return dst
	}
	for _, outer := range s.correlations {
		at := slices.Index(outer.inputs, input{correlation: c})
		if at < 0 {
			continue
		}
		seen := map[string]bool{}
		for _, sample := range o.Samples {
			row, ok := outer.row(c, sample, at)
			if key := keyOf(row); ok && !seen[key] && len(seen) < maxSignals {
				seen[key] = true
				made := outer.signal(at, row)
				made.Sample.Time, made.Sample.Ref = o.Last, o.Ref
				dst = append(dst, made)
			}
		}
	}
	return dst
}

// row gives the fields that the outer correlation needs from a sample of one of its correlations.
func (c *Correlation) row(inner *Correlation, s Sample, at int) ([]string, bool) {
	var row []string
	for i, name := range c.needs() {
		value := ""
		if k := slices.Index(inner.carry, c.field(name, at)); k >= 0 && k < len(s.Carry) {
			value = s.Carry[k]
		}
		if value == "" && i < len(c.GroupBy)+len(c.condition.fields) {
			return nil, false
		}
		row = append(row, value)
	}
	return row, true
}
