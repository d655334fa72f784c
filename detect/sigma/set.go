package sigma

import (
	"slices"
	"sync"
)

// Set holds compiled rules. It does not change and may be used from many goroutines.
type Set struct {
	rules   []compiled
	fields  []string
	sources []LogSource
	index   index
	events  sync.Pool // of *event

	correlations []*Correlation
	feeds        [][]feed // by rule
	hash         string
}

// compiled is a rule within a set.
type compiled struct {
	rule   *Rule
	expr   *expr // with the filters
	own    *expr // without
	source int
	mute   bool
}

// Hit says that a rule matches an event.
type Hit struct {
	Rule *Rule
	// Mute says that the rule only serves correlations, which do not ask for it to be told by itself (attribute
	// generate).
	Mute bool

	at int // of the rule in the set
}

// Fields gives the names of the fields that Match asks for, in the order of their numbers.
func (s *Set) Fields() []string { return slices.Clone(s.fields) }

// Sources gives the log sources of the rules, in the order of their numbers.
func (s *Set) Sources() []LogSource { return slices.Clone(s.sources) }

// Rules gives the rules of the set, in the order in which they were loaded.
func (s *Set) Rules() []*Rule {
	rules := make([]*Rule, len(s.rules))
	for i, r := range s.rules {
		rules[i] = r.rule
	}
	return rules
}

// Match appends to hits the rules that match the event, in the order in which they were loaded. It allocates nothing
// unless hits has to grow. Its cost follows the rules that may match, not the number of rules.
func (s *Set) Match(f Fields, hits []Hit) []Hit {
	e := s.events.Get().(*event)
	hits = s.match(e, f, hits)
	s.events.Put(e)
	return hits
}

func (s *Set) match(e *event, f Fields, hits []Hit) []Hit {
	e.open(f)
	s.index.collect(e)
	slices.Sort(e.candidates)
	for _, at := range e.candidates {
		hits = s.rules[at].match(e, int(at), hits)
	}
	e.close()
	return hits
}

func (c *compiled) match(e *event, at int, hits []Hit) []Hit {
	if e.belongs(c.source) && c.expr.eval(e) {
		hits = append(hits, Hit{Rule: c.rule, Mute: c.mute, at: at})
	}
	return hits
}
