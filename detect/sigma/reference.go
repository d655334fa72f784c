package sigma

import (
	"maps"
	"slices"
)

// addCorrelations resolves what correlations refer to. A correlation whose rules are not all there falls, and with it
// those that refer to it; so do all in a circle.
func (b *compiler) addCorrelations(c *Collection) {
	s := b.set
	for {
		whole := s.correlations
		s.correlations = slices.DeleteFunc(slices.Clone(whole), func(x *Correlation) bool {
			f := b.resolve(x, whole)
			if f != nil {
				b.refuse(x.About, f)
			}
			return f != nil
		})
		if len(s.correlations) == len(whole) {
			break
		}
	}
	b.refuseCircles()
	b.mute()
	for _, x := range b.outermostFirst() {
		x.passOn()
	}
	b.feed()
}

// resolve finds what the rules of a correlation are.
func (b *compiler) resolve(c *Correlation, correlations []*Correlation) *fault {
	c.inputs, c.carry, c.Mute = nil, nil, false
	for _, name := range c.Rules {
		var found []input
		for _, r := range b.set.rules {
			found = append(found, matching(input{rule: r.rule}, name)...)
		}
		for _, x := range correlations {
			found = append(found, matching(input{correlation: x}, name)...)
		}
		if len(found) > 1 { // the same name in several files: the correlation's own file decides
			found = slices.DeleteFunc(found, func(i input) bool { return i.about().File != c.File })
			if len(found) != 1 {
				return refuse(c.line, "refer to it by its id", "several rules are called %s", quote(name))
			}
		}
		if len(found) == 0 {
			return refuse(c.line, "correct the id or name, or load the rule", "the correlation names %s, which is no rule that can be used", quote(name))
		}
		if slices.Contains(c.inputs, found[0]) {
			return refuse(c.line, "name it once", "the correlation names %s twice", quote(found[0].about().Title))
		}
		c.inputs = append(c.inputs, found[0])
	}
	return c.checkAliases()
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

func matching(i input, name string) []input {
	if i.about().isCalled(name) {
		return []input{i}
	}
	return nil
}

// refuseCircles takes out correlations that lead back to themselves, and those that lead there.
func (b *compiler) refuseCircles() {
	settled := map[*Correlation]bool{} // that lead to rules only
	for more := true; more; {
		more = false
		for _, c := range b.set.correlations {
			ready := !slices.ContainsFunc(c.inputs, func(i input) bool { return i.correlation != nil && !settled[i.correlation] })
			if ready && !settled[c] {
				settled[c], more = true, true
			}
		}
	}
	b.set.correlations = slices.DeleteFunc(b.set.correlations, func(c *Correlation) bool {
		if !settled[c] {
			b.refuse(c.About, refuse(c.line, "take one reference out", "the correlation leads back to itself through its rules"))
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
