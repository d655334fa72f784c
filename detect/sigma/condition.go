package sigma

import (
	"strings"
	"unicode"
)

// Bounds of a condition.
const (
	maxWords = 20_000  // words and brackets of one condition
	maxCost  = 200_000 // values that one condition compares
)

// condition parses the condition of a detection (rules specification, "Condition"). From least to most binding: or,
// and, not, "1 of" and "all of", brackets. Keywords may be in any case.
type condition struct {
	d     *detection
	line  int
	words []string
	at    int
	depth int
	cost  int
}

// parseCondition gives the expression with the search identifiers filled in.
func (d *detection) parseCondition(text string, line int) (*expr, *fault) {
	return d.parseFurther(text, line, 0)
}

// parseFurther parses a condition beside others that compare so many values already.
func (d *detection) parseFurther(text string, line, cost int) (*expr, *fault) {
	if strings.Contains(text, "|") {
		return nil, refuse(line, "write a correlation (event_count, value_count, temporal)",
			"aggregation behind | is not of Sigma 2")
	}
	c := condition{d: d, line: line, words: words(text), cost: cost}
	switch {
	case len(c.words) == 0:
		return nil, refuse(line, "write the name of a search identifier", "the condition is empty")
	case len(c.words) > maxWords:
		return nil, refuse(line, "use 1 of PATTERN", "the condition has %d words, %d are allowed", len(c.words), maxWords)
	}
	made, f := c.link(opOr, "or")
	if f == nil && c.at < len(c.words) {
		f = c.unexpected("and, or")
	}
	return made, f
}

// words cuts a condition at blanks; brackets are words of their own.
func words(text string) []string {
	var all []string
	begin := -1
	end := func(i int) {
		if begin >= 0 {
			all = append(all, text[begin:i])
			begin = -1
		}
	}
	for i, r := range text {
		switch {
		case r == '(' || r == ')':
			end(i)
			all = append(all, string(r))
		case unicode.IsSpace(r):
			end(i)
		case begin < 0:
			begin = i
		}
	}
	end(len(text))
	return all
}

// link parses operands with an operator between them.
func (c *condition) link(kind op, word string) (*expr, *fault) {
	x := &expr{op: kind, line: c.line}
	for {
		kid, f := c.operand(kind)
		if f != nil {
			return nil, f
		}
		x.kids = append(x.kids, kid)
		if !c.take(word) {
			return x.simple(), nil
		}
	}
}

func (c *condition) operand(kind op) (*expr, *fault) {
	if kind == opOr {
		return c.link(opAnd, "and")
	}
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxDepth {
		return nil, refuse(c.line, "give parts of it search identifiers of their own", "the condition is nested more than %d deep", maxDepth)
	}
	if c.take("not") {
		kid, f := c.operand(kind)
		return &expr{op: opNot, kids: []*expr{kid}, line: c.line}, f
	}
	if c.take("(") {
		made, f := c.link(opOr, "or")
		if f == nil && !c.take(")") {
			f = c.unexpected(")")
		}
		return made, f
	}
	return c.identifier()
}

// identifier parses the name of a search identifier, or one of the forms with "of".
func (c *condition) identifier() (*expr, *fault) {
	word := c.next(0)
	if strings.EqualFold(c.next(1), "of") {
		return c.several()
	}
	found := c.d.names[word]
	switch {
	case found != nil:
		c.at++
		return found, c.count(found)
	case word == "" || isReserved(word):
		return nil, c.unexpected("a search identifier")
	case strings.Contains(word, "*"):
		return nil, refuse(c.line, "write 1 of "+word+" or all of "+word, "the pattern %s stands alone", quote(word))
	default:
		return nil, refuse(c.line, c.mendUnknown(), "the condition names %s, which is no search identifier", quote(word))
	}
}

func (c *condition) mendUnknown() string {
	if len(c.d.order) == 0 {
		return "the detection has no search identifiers"
	}
	return "there are " + oneOf(c.d.order)
}

// several parses "1 of them", "all of selection*" and the like.
func (c *condition) several() (*expr, *fault) {
	x := &expr{line: c.line}
	switch quantity := strings.ToLower(c.next(0)); quantity {
	case "1", "any":
		x.op = opOr
	case "all":
		x.op = opAnd
	default:
		return nil, refuse(c.line, "write 1 of or all of", "%s of is not of Sigma", quote(quantity))
	}
	pattern := c.next(2)
	if pattern == "" || pattern == "(" || pattern == ")" {
		c.at += 2
		return nil, c.unexpected("them or a pattern of search identifiers")
	}
	c.at += 3
	if strings.EqualFold(pattern, "them") {
		pattern = "*"
	}
	found := c.d.find(pattern)
	for _, name := range found {
		x.add(c.d.names[name])
	}
	if len(found) == 0 {
		return nil, refuse(c.line, c.mendUnknown(), "no search identifier is like %s", quote(pattern))
	}
	return x.simple(), c.count(x)
}

// count bounds what the condition costs an event.
func (c *condition) count(x *expr) *fault {
	if c.cost += x.cost; c.cost > maxCost {
		return refuse(c.line, "write a shorter condition", "the condition compares more than %d values", maxCost)
	}
	return nil
}

func isReserved(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not", "of", "(", ")":
		return true
	}
	return false
}

func (c *condition) next(i int) string {
	if c.at+i >= len(c.words) {
		return ""
	}
	return c.words[c.at+i]
}

func (c *condition) take(word string) bool {
	if !strings.EqualFold(c.next(0), word) {
		return false
	}
	c.at++
	return true
}

func (c *condition) unexpected(wanted string) *fault {
	if c.at >= len(c.words) {
		return refuse(c.line, "", "the condition ends where %s is wanted", wanted)
	}
	return refuse(c.line, "", "the condition has %s where %s is wanted", quote(c.words[c.at]), wanted)
}
