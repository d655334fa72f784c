package sigma

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parse reads the document. It refuses what would cost too much before it parses: the parser's cost grows with the
// square of the depth.
func (d document) parse() (n *node, f *fault) {
	if f := d.check(); f != nil {
		return nil, f
	}
	d.text = withTabs(withoutReturns(d.text))
	defer func() {
		if caught := recover(); caught != nil { // the parser is not ours; a rule file must not end the process
			n, f = nil, refuse(d.line, "simplify the document", "the YAML cannot be parsed: %v", caught)
		}
	}()
	tokens := withColons(lexer.Tokenize(d.withNulls(lexer.Tokenize(string(d.text)))))
	if f := d.checkDepth(tokens); f != nil {
		return nil, f
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, d.syntax(err)
	}
	r := reader{doc: d, anchors: map[string]*node{}}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return r.read(doc.Body)
		}
	}
	return nil, refuse(d.line, "", "the document is empty")
}

// syntax leaves out the excerpt that the parser offers: it may be long, and its making costs much.
func (d document) syntax(err error) *fault {
	if y, ok := errors.AsType[yaml.Error](err); ok && y.GetToken() != nil {
		return refuse(d.at(y.GetToken()), "mend the YAML; a value with : # % @ * & ! in it wants single quotes",
			"this is not YAML: %s", y.GetMessage())
	}
	return refuse(d.line, "mend the YAML", "this is not YAML")
}

// at gives the line of a token in the file.
func (d document) at(t *token.Token) int { return d.line + t.Position.Line - 1 }

// checkDepth bounds the nesting by the columns at which blocks open and by the open brackets, and the keys of a block.
func (d document) checkDepth(tokens token.Tokens) *fault {
	type block struct{ column, keys int }
	var blocks []block // that are open
	flow := 0
	for _, t := range tokens {
		column := t.Position.Column
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.MappingKeyType: // the parser's cost grows with the square of their number
			return refuse(d.at(t), "write KEY: VALUE", "a key with ? is of no use in a rule")
		case token.MappingValueType:
			if t.Prev != nil {
				column = t.Prev.Position.Column
			}
			fallthrough
		case token.SequenceEntryType:
			if flow > 0 {
				break
			}
			for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
				blocks = blocks[:len(blocks)-1]
			}
			if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
				blocks = append(blocks, block{column: column})
			}
			if t.Type == token.MappingValueType {
				blocks[len(blocks)-1].keys++
			}
			if blocks[len(blocks)-1].keys > maxKeys {
				return refuse(d.at(t), "write fewer", "the map has more than %d keys", maxKeys)
			}
		}
		if len(blocks)+flow > maxDepth {
			return refuse(d.at(t), "", "the YAML is nested more than %d deep", maxDepth)
		}
	}
	return nil
}

// scalarOf gives the value of a scalar node of the parser.
func scalarOf(n ast.Node) (scalar, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return scalar{text: n.Value.Value}, true
	case *ast.StringNode:
		if t := n.GetToken(); t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType {
			return resolve(plain(t)), true
		}
		return scalar{text: n.Value}, true
	case *ast.NullNode:
		return scalar{kind: nullScalar}, true
	case ast.ScalarNode:
		return resolve(plain(n.GetToken())), true
	default:
		return scalar{}, false
	}
}
