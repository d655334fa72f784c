package sigma

import (
	"maps"
	"slices"
	"strings"
)

// addCorrelations resolves what correlations refer to. A correlation whose rules are not all there falls, and with it
// those that refer to it; so do all in a circle.
func (b *compiler) addCorrelations(c *Collection) {
	s := b.set
	r := resolver{b: b, called: map[string][]input{}, usable: map[*Correlation]bool{}}
	for _, rule := range s.rules {
		r.call(input{rule: rule.rule})
	}
	for _, x := range s.correlations {
		r.call(input{correlation: x})
	}
	s.correlations = slices.DeleteFunc(s.correlations, func(x *Correlation) bool { return !r.resolve(x) })
	b.refuseCircles()
	b.mute()
	for _, x := range b.outermostFirst() {
		x.passOn()
	}
	b.feed()
}

// resolver finds what correlations refer to.
type resolver struct {
	b      *compiler
	called map[string][]input // by name, and by id in lower case
	usable map[*Correlation]bool
}

// call notes what a rule or a correlation is called.
func (r *resolver) call(i input) {
	name, id := i.about().Name, strings.ToLower(i.about().ID)
	for _, key := range []string{name, id} {
		if key != "" && !slices.Contains(r.called[key], i) {
			r.called[key] = append(r.called[key], i)
		}
	}
}

// resolve resolves a correlation after those that it refers to. It says whether the correlation can be used; one that
// leads back to itself is taken out later.
func (r *resolver) resolve(c *Correlation) bool {
	if usable, known := r.usable[c]; known {
		return usable
	}
	r.usable[c] = true
	c.inputs, c.carry, c.Mute = nil, nil, false
	f := r.inputs(c)
	if f == nil {
		f = c.checkAliases()
	}
	if f != nil {
		r.b.refuse(c.About, f)
		r.usable[c] = false
	}
	return f == nil
}

func (r *resolver) inputs(c *Correlation) *fault {
	seen := map[input]bool{}
	for _, name := range c.Rules {
		var found []input
		for _, i := range slices.Concat(r.called[name], r.called[strings.ToLower(name)]) {
			if i.about().isCalled(name) && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
		if len(found) > 1 { // the same name in several files: the correlation's own file decides
			found = slices.DeleteFunc(found, func(i input) bool { return i.about().File != c.File })
			if len(found) != 1 {
				return refuse(c.line, "refer to it by its id", "several rules are called %s", quote(name))
			}
		}
		if len(found) == 0 || found[0].correlation != nil && !r.resolve(found[0].correlation) {
			return refuse(c.line, "correct the id or name, or load the rule", "the correlation names %s, which is no rule that can be used", quote(name))
		}
		if seen[found[0]] {
			return refuse(c.line, "name it once", "the correlation names %s twice", quote(found[0].about().Title))
		}
		seen[found[0]] = true
		c.inputs = append(c.inputs, found[0])
	}
	return nil
}

// checkAliases refuses an alias for a rule that the correlation does not refer to. An alias may call a rule by its
// name where the correlation refers to it by its id, and the other way round; two aliases of one rule would contradict
// each other.
func (c *Correlation) checkAliases() *fault {
	for _, alias := range slices.Sorted(maps.Keys(c.aliases)) {
		seen := map[int]string{}
		for _, rule := range slices.Sorted(maps.Keys(c.aliases[alias])) {
			at := slices.Index(c.Rules, rule)
			if at < 0 {
				at = slices.IndexFunc(c.inputs, func(i input) bool { return i.about().isCalled(rule) })
			}
			switch {
			case at < 0:
				return refuse(c.line, "name a rule that stands under rules", "the alias %s is for %s, which is none of the rules", quote(alias), quote(rule))
			case seen[at] != "":
				return refuse(c.line, "name it once", "the alias %s has %s twice, as %s", quote(alias), quote(seen[at]), quote(rule))
			}
			seen[at] = rule
		}
	}
	return nil
}

// maxChain bounds how many correlations may refer to one another in a row. Each hands on what all before it need.
const maxChain = 32

// refuseCircles takes out correlations that lead back to themselves, and those that lead there, and chains that are too
// long.
func (b *compiler) refuseCircles() {
	settled := map[*Correlation]bool{} // that lead to rules only
	for range maxChain {
		var more []*Correlation
		for _, c := range b.set.correlations {
			if !settled[c] && !slices.ContainsFunc(c.inputs, func(i input) bool { return i.correlation != nil && !settled[i.correlation] }) {
				more = append(more, c)
			}
		}
		for _, c := range more {
			settled[c] = true
		}
	}
	b.set.correlations = slices.DeleteFunc(b.set.correlations, func(c *Correlation) bool {
		if !settled[c] {
			b.refuse(c.About, refuse(c.line, "take one reference out", "the correlation leads back to itself through its rules, or through more than %d correlations", maxChain))
		}
		return !settled[c]
	})
}

// mute notes which rules serve correlations alone.
func (b *compiler) mute() {
	serves, told := map[input]bool{}, map[input]bool{}
	for _, c := range b.set.correlations {
		for _, i := range c.inputs {
			serves[i] = true
			told[i] = told[i] || c.Generate
		}
	}
	for i := range b.set.rules {
		in := input{rule: b.set.rules[i].rule}
		b.set.rules[i].mute = serves[in] && !told[in]
	}
	for _, c := range b.set.correlations {
		in := input{correlation: c}
		c.Mute = serves[in] && !told[in]
	}
}

// outermostFirst orders correlations so that each comes before those it refers to.
func (b *compiler) outermostFirst() []*Correlation {
	var ordered []*Correlation
	done := map[*Correlation]bool{}
	var visit func(c *Correlation)
	visit = func(c *Correlation) {
		if done[c] {
			return
		}
		done[c] = true
		for _, i := range c.inputs {
			if i.correlation != nil {
				visit(i.correlation)
			}
		}
		ordered = append(ordered, c)
	}
	for _, c := range b.set.correlations {
		visit(c)
	}
	slices.Reverse(ordered)
	return ordered
}

// passOn tells the correlations that this one refers to which fields of their events it needs: those it groups by,
// whatever they group by themselves, those it compares, and those that are asked of it in turn.
func (c *Correlation) passOn() {
	for at, i := range c.inputs {
		if i.correlation == nil {
			continue
		}
		for _, name := range c.needs() {
			field := c.field(name, at)
			if !slices.Contains(i.correlation.carry, field) {
				i.correlation.carry = append(i.correlation.carry, field)
			}
		}
	}
}

// needs gives the names of the fields of an event that a sample holds: group, values, carried.
func (c *Correlation) needs() []string {
	return slices.Concat(c.GroupBy, c.condition.fields, c.carry)
}
