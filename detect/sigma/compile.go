package sigma

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Compile makes a Set of all that a collection holds. What does not fit together is refused: ids and names that are
// there twice, references to rules that are not there, correlations that lead back to themselves. A rule is compiled
// for itself, so that one that is refused does not touch another, save that a correlation falls with its rules.
func Compile(c *Collection) (*Set, []Refusal) {
	b := compiler{numbers: map[string]int{}, sources: map[LogSource]int{}, set: &Set{hash: hashOf(c.Digests)}}
	rules := b.distinct(c)
	b.applyFilters(rules, c.Filters)
	for _, r := range rules {
		b.addRule(r)
	}
	b.addCorrelations(c)
	b.finish()
	return b.set, b.refusals
}

// compiler collects what a set is made of.
type compiler struct {
	set      *Set
	numbers  map[string]int // of fields
	sources  map[LogSource]int
	filters  map[*Rule][]*Filter
	refusals []Refusal
}

func (b *compiler) refuse(a About, f *fault) {
	b.refusals = append(b.refusals, f.refusal(a.File, a))
}

// distinct gives the rules without those whose id another has: the first that was loaded stays.
func (b *compiler) distinct(c *Collection) []*Rule {
	seen := map[string]*About{}
	fresh := func(a *About) bool {
		id := strings.ToLower(a.ID)
		first := seen[id]
		if id == "" || first == nil {
			seen[id] = a
			return true
		}
		b.refuse(*a, refuse(a.Line, "give it an id of its own", "its id %s is that of %q (%s)", a.ID, first.Title, first.place()))
		return false
	}
	rules := slices.DeleteFunc(slices.Clone(c.Rules), func(r *Rule) bool { return !fresh(&r.About) })
	for _, r := range c.Correlations {
		if fresh(&r.About) {
			own := *r // what it refers to is noted in it: a collection may be compiled again while an older set is in use
			b.set.correlations = append(b.set.correlations, &own)
		}
	}
	return rules
}

func (a *About) place() string { return fmt.Sprintf("%s:%d", a.File, a.Line) }

// applyFilters notes which filters each rule has. A filter that names a rule it cannot be for is refused: it would
// silently do nothing.
func (b *compiler) applyFilters(rules []*Rule, filters []*Filter) {
	b.filters = map[*Rule][]*Filter{}
	for _, f := range filters {
		for _, r := range rules {
			if f.concerns(r) {
				b.filters[r] = append(b.filters[r], f)
			}
		}
		const most = 10 // that are told of one filter
		told := 0
		for _, name := range f.Rules {
			if fault := f.checkReference(name, rules); fault != nil && told < most {
				b.refuse(f.About, fault)
				told++
			}
		}
	}
}

func (f *Filter) checkReference(name string, rules []*Rule) *fault {
	at := slices.IndexFunc(rules, func(r *Rule) bool { return r.isCalled(name) })
	switch {
	case at < 0:
		return refuse(f.Line, "correct the id or name, or load the rule", "the filter names %s, which is no rule", quote(name))
	case !f.LogSource.Covers(rules[at].LogSource):
		return refuse(f.Line, "give both the same logsource", "the filter is not for the logsource of %s", quote(name))
	}
	return nil
}

func (b *compiler) addRule(r *Rule) {
	done := map[*expr]*expr{}
	own := r.detection.expr.bind(b.number, done)
	whole := own
	if filters := b.filters[r]; len(filters) > 0 {
		whole = &expr{op: opAnd, kids: []*expr{own}, line: r.Line}
		for _, f := range filters {
			kept := f.keep().bind(b.number, done)
			whole.kids = append(whole.kids, &expr{op: opAnd, kids: []*expr{kept}, name: "filter " + cmp.Or(f.Title, f.ID), line: f.Line})
		}
	}
	b.set.rules = append(b.set.rules, compiled{rule: r, expr: whole, own: own, source: b.source(r.LogSource)})
}

// number gives a field its number in the set.
func (b *compiler) number(field string) int {
	if n, ok := b.numbers[field]; ok {
		return n
	}
	n := len(b.set.fields)
	b.numbers[field] = n
	b.set.fields = append(b.set.fields, field)
	return n
}

func (b *compiler) source(l LogSource) int {
	l.Definition = ""
	if n, ok := b.sources[l]; ok {
		return n
	}
	n := len(b.set.sources)
	b.sources[l] = n
	b.set.sources = append(b.set.sources, l)
	return n
}

// finish builds what matching needs.
func (b *compiler) finish() {
	s := b.set
	s.index = newIndex(s.rules)
	for _, c := range s.correlations {
		c.shape = c.shapeOf()
	}
	fields, rules, sources := len(s.fields), len(s.rules), len(s.sources)
	s.events.New = func() any { return newEvent(fields, rules, sources) }
}
