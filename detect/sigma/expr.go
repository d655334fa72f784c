package sigma

// expr is a condition with its search identifiers filled in: items, linked by and, or and not. It may share parts.
type expr struct {
	op   op
	kids []*expr
	item *item  // of a leaf
	name string // the search identifier that it is, where it is one
	line int
	cost int // values that it compares at most
}

type op uint8

const (
	opItem op = iota
	opAnd
	opOr
	opNot
)

func leaf(it *item) *expr {
	return &expr{op: opItem, item: it, line: it.line, cost: max(1, len(it.tests))}
}

// add puts a kid into a link.
func (x *expr) add(kid *expr) {
	x.kids = append(x.kids, kid)
	x.cost += kid.cost
}

// simple gives a link of one kid as that kid.
func (x *expr) simple() *expr {
	if len(x.kids) == 1 && x.name == "" && (x.op == opAnd || x.op == opOr) {
		return x.kids[0]
	}
	return x
}

func (x *expr) eval(e *event) bool {
	switch x.op {
	case opItem:
		return x.item.match(e)
	case opNot:
		return !x.kids[0].eval(e)
	}
	for _, kid := range x.kids {
		if kid.eval(e) == (x.op == opOr) {
			return x.op == opOr
		}
	}
	return x.op == opAnd
}

// bind gives the expression for a set, in which fields have numbers. done keeps shared parts shared.
func (x *expr) bind(number func(field string) int, done map[*expr]*expr) *expr {
	if made := done[x]; made != nil {
		return made
	}
	bound := *x
	done[x] = &bound
	if x.item != nil {
		bound.item = x.item.bind(number)
	}
	bound.kids = make([]*expr, len(x.kids))
	for i, kid := range x.kids {
		bound.kids[i] = kid.bind(number, done)
	}
	return &bound
}
