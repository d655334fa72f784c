package sigma

import (
	"github.com/goccy/go-yaml/ast"
)

// reader turns the parser's tree into nodes. Aliases are resolved without copying; their size is counted, so that a
// few lines that expand to millions of nodes are refused before anything walks over them.
type reader struct {
	doc     document
	anchors map[string]*node
	depth   int
	merges  int // nodes that merge keys added
}

func (r *reader) read(n ast.Node) (*node, *fault) {
	r.depth++
	defer func() { r.depth-- }()
	line := r.line(n)
	if r.depth > maxDepth*3 { // a mapping, its entry and its value are three levels of the parser's tree
		return nil, refuse(line, "", "the YAML is nested more than %d deep", maxDepth)
	}
	made, f := r.form(n, line)
	if f != nil {
		return nil, f
	}
	if made.size > maxNodes {
		return nil, refuse(line, "write fewer values, or fewer aliases", "more than %d YAML nodes", maxNodes)
	}
	return made, nil
}

func (r *reader) line(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return r.doc.line
	}
	return r.doc.at(n.GetToken())
}

func (r *reader) form(n ast.Node, line int) (*node, *fault) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.mapping(n.Values, line)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, line)
	case *ast.SequenceNode:
		return r.sequence(n.Values, line)
	case *ast.AnchorNode:
		made, f := r.read(n.Value)
		if f == nil && n.Name != nil {
			r.anchors[n.Name.GetToken().Value] = made
		}
		return made, f
	case *ast.AliasNode:
		return r.alias(n, line)
	case *ast.TagNode:
		return r.tagged(n, line)
	}
	if s, ok := scalarOf(n); ok {
		return &node{line: line, scal: s, size: 1}, nil
	}
	return nil, refuse(line, "", "this YAML is of no use in a rule")
}

func (r *reader) alias(n *ast.AliasNode, line int) (*node, *fault) {
	name := ""
	if n.Value != nil {
		name = n.Value.GetToken().Value
	}
	if made, ok := r.anchors[name]; ok {
		return made, nil
	}
	return nil, refuse(line, "put a value that begins with * in single quotes", "the alias *%s has no anchor", name)
}

// tagged reads a value with a tag: !!str makes a string of it, other tags say nothing that a rule needs.
func (r *reader) tagged(n *ast.TagNode, line int) (*node, *fault) {
	if n.Value == nil {
		return &node{line: line, scal: scalar{kind: nullScalar}, size: 1}, nil
	}
	made, f := r.read(n.Value)
	if f == nil && n.Start.Value == "!!str" && made.kind == scalarNode {
		return &node{line: made.line, scal: scalar{text: made.scal.text}, size: 1}, nil
	}
	return made, f
}

func (r *reader) sequence(values []ast.Node, line int) (*node, *fault) {
	made := &node{kind: listNode, line: line, size: 1}
	for _, v := range values {
		item, f := r.read(v)
		if f != nil {
			return nil, f
		}
		if v == nil {
			item.line = line
		}
		made.items = append(made.items, item)
		made.size += item.size
	}
	return made, nil
}

// mapping reads a map. The parser has refused keys that are there twice.
func (r *reader) mapping(values []*ast.MappingValueNode, line int) (*node, *fault) {
	made := &node{kind: mapNode, line: line, size: 1}
	var merged []*node
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			more, f := r.merged(v)
			if f != nil {
				return nil, f
			}
			merged = append(merged, more...)
			continue
		}
		key, f := r.key(v.Key)
		if f != nil {
			return nil, f
		}
		item, f := r.read(v.Value)
		if f != nil {
			return nil, f
		}
		made.keys, made.items = append(made.keys, key), append(made.items, item)
		made.size += item.size + 1
		made.line = min(made.line, key.line)
	}
	return made, r.merge(made, merged)
}

// merged gives the maps of a merge key, << of YAML 1.1: many rules are written for programs that know it.
func (r *reader) merged(v *ast.MappingValueNode) ([]*node, *fault) {
	n, f := r.read(v.Value)
	if f != nil {
		return nil, f
	}
	for _, from := range n.list() {
		if from.kind != mapNode {
			return nil, refuse(r.line(v.Key), "name a map, or a list of maps", "the merge key << has %s", from.what())
		}
	}
	return n.list(), nil
}

// merge adds the entries of other maps, save those whose keys are there already. What all merges of a document add is
// counted: a few lines may name a large map thousands of times.
func (r *reader) merge(n *node, others []*node) *fault {
	if len(others) == 0 {
		return nil
	}
	have := map[string]bool{}
	for _, key := range n.keys {
		have[key.scal.text] = true
	}
	for _, from := range others {
		if r.merges += from.size; r.merges > maxNodes {
			return refuse(n.line, "write fewer merge keys", "the merge keys << make more than %d YAML nodes", maxNodes)
		}
		for key, item := range from.pairs() {
			if !have[key.scal.text] {
				have[key.scal.text] = true
				n.keys, n.items = append(n.keys, key), append(n.items, item)
				n.size += item.size + 1
			}
		}
	}
	return nil
}

// key reads the key of a mapping. Whatever YAML makes of it, a key is its text: 4625 and true are field names.
func (r *reader) key(k ast.MapKeyNode) (*node, *fault) {
	line := r.line(k)
	s, ok := scalarOf(k)
	if !ok {
		return nil, refuse(line, "", "a key must be text")
	}
	return &node{line: line, scal: s, size: 1}, nil
}
