package sigma

import (
	"maps"
	"slices"
	"strings"
)

// detection is the detection section of a rule or the filter section of a filter.
type detection struct {
	names map[string]*expr // by search identifier
	order []string         // of the names, as written
	expr  *expr            // the condition
}

// parseDetection reads search identifiers and the condition. skip are keys that are neither.
func parseDetection(n *node, o *scope, skip ...string) (*detection, *fault) {
	if n.kind != mapNode {
		return nil, refuse(n.line, "write search identifiers and a condition", "the detection is %s, not a map", n.what())
	}
	d := &detection{names: map[string]*expr{}}
	var condition *node
	for key, value := range n.pairs() {
		name := key.scal.text
		switch {
		case slices.Contains(skip, name):
		case name == "condition":
			condition = value
		case name == "timeframe":
			return nil, refuse(key.line, "write a correlation with a timespan", "timeframe is not of Sigma 2")
		default:
			made, f := parseIdentifier(name, value, o)
			if f != nil {
				return nil, f
			}
			d.names[name] = made
			d.order = append(d.order, name)
		}
	}
	if condition == nil {
		return nil, refuse(n.line, "add condition: NAME OF A SEARCH IDENTIFIER", "the detection has no condition")
	}
	var f *fault
	d.expr, f = d.conditions(condition)
	return d, f
}

// conditions reads the condition or a list of them, of which any may hold.
func (d *detection) conditions(n *node) (*expr, *fault) {
	any := &expr{op: opOr, line: n.line}
	for _, c := range n.list() {
		if c.kind != scalarNode || c.scal.kind != textScalar {
			return nil, refuse(c.line, "write it as text", "the condition is %s", c.what())
		}
		made, f := d.parseFurther(c.scal.text, c.line, any.cost)
		if f != nil {
			return nil, f
		}
		any.add(made)
	}
	if len(any.kids) == 0 {
		return nil, refuse(n.line, "", "the condition is empty")
	}
	return any.simple(), nil
}

// parseIdentifier reads what stands under a search identifier: a map, of which all must hold, or a list of maps and
// keywords, of which one must (rules specification, "Lists" and "Maps").
func parseIdentifier(name string, n *node, o *scope) (*expr, *fault) {
	if n.kind == mapNode {
		return parseMap(name, n, o)
	}
	any := &expr{op: opOr, name: name, line: n.line}
	keywords := &node{kind: listNode, line: n.line}
	for _, entry := range n.list() {
		switch entry.kind {
		case mapNode:
			made, f := parseMap("", entry, o)
			if f != nil {
				return nil, f
			}
			any.add(made)
		case listNode:
			return nil, refuse(entry.line, "write one list", "%s has a list within a list", quote(name))
		default:
			keywords.items = append(keywords.items, entry)
		}
	}
	if len(keywords.items) > 0 {
		made, f := parseItem(&node{line: n.line}, keywords, o)
		if f != nil {
			return nil, f
		}
		any.add(leaf(made))
	}
	if len(any.kids) == 0 {
		return nil, refuse(n.line, "write what it should find", "the search identifier %s is empty", quote(name))
	}
	return any, nil
}

func parseMap(name string, n *node, o *scope) (*expr, *fault) {
	all := &expr{op: opAnd, name: name, line: n.line}
	for key, value := range n.pairs() {
		made, f := parseItem(key, value, o)
		if f != nil {
			return nil, f
		}
		all.add(leaf(made))
	}
	if len(all.kids) == 0 {
		return nil, refuse(n.line, "write what it should find", "the search identifier %s is empty", quote(name))
	}
	return all, nil
}

// find gives the search identifiers that match a pattern with *, sorted. Those that begin with an underscore are left
// out unless the pattern begins so, too.
func (d *detection) find(pattern string) []string {
	g := newGlob(parsePattern(strings.ReplaceAll(pattern, `\`, `\\`)))
	var found []string
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if strings.HasPrefix(name, "_") && !strings.HasPrefix(pattern, "_") {
			continue
		}
		if g.match([]byte(name)) {
			found = append(found, name)
		}
	}
	return found
}
