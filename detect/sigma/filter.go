package sigma

import (
	"slices"
	"strings"
)

// Filter takes events away from rules: a rule does not match an event that one of its filters describes (filters
// specification).
type Filter struct {
	About
	LogSource LogSource // rules must be for it or for a part of it; empty for all
	Rules     []string  // ids or names of the rules; empty for all

	detection *detection
	keeps     bool // the condition says what is kept, not what is taken away
}

func parseFilter(n *node, o *scope) (*Filter, *fault) {
	about, fault := parseAbout(n)
	if fault != nil {
		return nil, fault
	}
	f := &Filter{About: about}
	if f.LogSource, fault = parseLogSource(n); fault != nil {
		return nil, fault
	}
	section := n.get("filter")
	if section.kind != mapNode {
		return nil, refuse(section.line, "write rules, selection and condition", "the filter is %s, not a map", section.what())
	}
	if f.Rules, fault = parseFiltered(section); fault != nil {
		return nil, fault
	}
	if f.detection, fault = parseDetection(section, o, "rules"); fault != nil {
		return nil, fault
	}
	f.keeps = f.detection.expr.isNegative()
	return f, nil
}

// parseFiltered reads the rules that a filter is for: ids and names, or any.
func parseFiltered(section *node) ([]string, *fault) {
	rules := section.get("rules")
	if rules == nil {
		return nil, refuse(section.line, "add rules: with ids or names, or rules: any", "the filter does not say for which rules it is")
	}
	names, f := rules.names()
	if f != nil {
		return nil, f
	}
	if len(names) == 0 {
		return nil, refuse(rules.line, "write ids or names, or rules: any", "the filter is for no rule")
	}
	for _, name := range names {
		if strings.EqualFold(name, "any") || strings.EqualFold(name, "all") {
			return nil, nil
		}
	}
	return names, nil
}

// isNegative says whether a condition only says what must not be. The specification's filters describe what they take
// away (condition: selection); others are written for tools that add the condition to the rule's (condition: not
// selection). Both mean the same events, and nobody means a filter that leaves nothing but what it describes.
func (x *expr) isNegative() bool {
	switch {
	case x.op == opNot:
		return true
	case x.op == opItem || x.name != "":
		return false
	}
	for _, kid := range x.kids {
		if !kid.isNegative() {
			return false
		}
	}
	return true
}

// keep gives the expression of what a filter leaves.
func (f *Filter) keep() *expr {
	if f.keeps {
		return f.detection.expr
	}
	return &expr{op: opNot, kids: []*expr{f.detection.expr}, line: f.Line}
}

// concerns says whether the filter is for a rule.
func (f *Filter) concerns(r *Rule) bool {
	if !f.LogSource.Covers(r.LogSource) {
		return false
	}
	return len(f.Rules) == 0 || slices.ContainsFunc(f.Rules, r.isCalled)
}

// isCalled says whether a reference means the rule. Ids are compared without case, names as they are.
func (a *About) isCalled(name string) bool {
	return a.ID != "" && strings.EqualFold(a.ID, name) || a.Name != "" && a.Name == name
}
