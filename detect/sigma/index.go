package sigma

import (
	"maps"
	"slices"
)

// index finds the rules that an event may match. Each rule stands at a few keys, one of which every event has that
// matches it; which keys, chooser decides over all rules together. Rules without a key are looked at for every event.
type index struct {
	fields []fieldIndex
	always []int32
}

// fieldIndex has the keys of one field, or of all values where at is -1.
type fieldIndex struct {
	at      int
	whole   map[string][]int32 // rules by folded value
	found   []int32            // rules that look at the field's presence alone
	there   []int32            // rules that look at each of its values
	parts   *automaton
	sources []int // of the rules, where at is -1
}

func newIndex(rules []compiled) index {
	c := chooser{crowd: map[key]int{}, known: map[*expr]choice{}}
	for _, r := range rules {
		c.count(r.expr, map[*expr]bool{})
	}
	var x index
	byField := map[int]map[key][]int32{}
	for i, r := range rules {
		keys := c.best(r.expr).keys
		if len(keys) == 0 {
			x.always = append(x.always, int32(i))
		}
		for _, k := range keys {
			if byField[k.field] == nil {
				byField[k.field] = map[key][]int32{}
			}
			byField[k.field][k] = append(byField[k.field][k], int32(i))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(byField)) {
		x.fields = append(x.fields, newFieldIndex(at, byField[at], rules))
	}
	return x
}

func newFieldIndex(at int, keys map[key][]int32, rules []compiled) fieldIndex {
	f := fieldIndex{at: at, whole: map[string][]int32{}}
	parts := map[string][]int32{}
	for k, at := range keys {
		at = slices.Compact(at) // a rule that lists a value twice
		switch k.kind {
		case whole:
			f.whole[k.text] = at
		case found:
			f.found = append(f.found, at...)
		case there:
			f.there = append(f.there, at...)
		case part:
			parts[k.text] = at
		}
		for _, i := range at {
			if k.field < 0 && !slices.Contains(f.sources, rules[i].source) {
				f.sources = append(f.sources, rules[i].source)
			}
		}
	}
	var left []int32
	f.parts, left = newAutomaton(parts)
	f.there = append(f.there, left...)
	return f
}

// collect notes the candidates for an event.
func (x *index) collect(e *event) {
	for _, rule := range x.always {
		e.candidate(rule)
	}
	for i := range x.fields {
		x.fields[i].collect(e)
	}
}

func (f *fieldIndex) collect(e *event) {
	if f.at < 0 && !slices.ContainsFunc(f.sources, e.belongs) {
		return // no keywords for this event: spare the walk over all of it
	}
	c := e.cell(f.at)
	if c.found {
		for _, rule := range f.found {
			e.candidate(rule)
		}
	}
	if c.begin == c.end {
		return
	}
	for _, rule := range f.there {
		e.candidate(rule)
	}
	for i := int(c.begin); i < int(c.end); i++ {
		if e.values[i].Kind != Null {
			f.look(e, i)
		}
	}
}

// look notes the rules at the keys that one value has.
func (f *fieldIndex) look(e *event, i int) {
	if len(f.whole) > 0 {
		for _, rule := range f.whole[string(e.fold(i))] {
			e.candidate(rule)
		}
		if v := e.values[i]; v.Kind == Number && !isShort(v.Text) {
			f.lookNumber(e, v.Text)
		}
	}
	if f.parts != nil {
		f.parts.look(e, i)
	}
}

// lookNumber finds a number that is not written in its shortest form by that.
func (f *fieldIndex) lookNumber(e *event, text string) {
	if n, ok := parseNumber(text); ok {
		for _, rule := range f.whole[n.String()] {
			e.candidate(rule)
		}
	}
}

// isShort says whether a number is surely in its shortest form.
func isShort(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return len(text) == 1 || len(text) > 0 && text[0] != '0'
}

// candidate notes a rule once an event.
func (e *event) candidate(rule int32) {
	if e.seen[rule] != e.turn {
		e.seen[rule] = e.turn
		e.candidates = append(e.candidates, rule)
	}
}
