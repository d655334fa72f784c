package sigma

import "iter"

// node is a part of a YAML document in the few forms that rules have. It is all that the rest of the package sees of
// YAML. Nodes may be shared (aliases) and are never changed.
type node struct {
	kind  nodeKind
	line  int    // in the file
	scal  scalar // of a scalar
	items []*node
	keys  []*node // of a map: scalars, as many as items
	size  int     // nodes in it, itself included, shared ones counted each time
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

// get gives the value of a key of a map, or nil.
func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k.scal.text == key {
			return n.items[i]
		}
	}
	return nil
}

// pairs gives the entries of a map in their order.
func (n *node) pairs() iter.Seq2[*node, *node] {
	return func(yield func(*node, *node) bool) {
		for i, k := range n.keys {
			if !yield(k, n.items[i]) {
				return
			}
		}
	}
}

// list gives the elements of a list; anything else is a list of itself.
func (n *node) list() []*node {
	if n.kind == listNode {
		return n.items
	}
	return []*node{n}
}

// isNull says whether the node is absent or YAML's null.
func (n *node) isNull() bool {
	return n == nil || n.kind == scalarNode && n.scal.kind == nullScalar
}

// text gives the text of a scalar as it was written, "" for all else.
func (n *node) text() string {
	if n == nil || n.kind != scalarNode || n.scal.kind == nullScalar {
		return ""
	}
	return n.scal.text
}

// texts gives the texts of a scalar or of a list of scalars.
func (n *node) texts() []string {
	if n.isNull() {
		return nil
	}
	var all []string
	for _, item := range n.list() {
		if s := item.text(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// names gives the texts of a scalar or of a list of scalars that name something: one that is left out by mistake would
// change what a correlation or a filter means.
func (n *node) names() ([]string, *fault) {
	if n.isNull() {
		return nil, nil
	}
	for _, item := range n.list() {
		if item.text() == "" {
			return nil, refuse(item.line, "write a name, or a list of names", "there is %s in place of a name", item.what())
		}
	}
	return n.texts(), nil
}

// what names the form of a node in a reason.
func (n *node) what() string {
	switch {
	case n.isNull():
		return "null"
	case n.kind == mapNode:
		return "a map"
	case n.kind == listNode:
		return "a list"
	default:
		return "the value " + quote(n.scal.text)
	}
}
