package sigma

// item is one line of a detection: a field and what its values must be; or keywords, which any value may have.
type item struct {
	name   string // as the rule writes it, with its modifiers
	field  string // "" for keywords
	at     int    // of the field in the set; -1 for keywords
	line   int
	wanted []string    // the values as written, for people, one a predicate
	tests  []predicate // any of them, or each
	each   bool        // modifier all
	not    bool        // modifier neq
	null   bool        // wants no value; has no tests
	exists *bool       // wants the field to be there or not; has no tests
}

// match says whether the event has what the item asks for. With several values in the field, any one may be it; with
// all, each of the item's values must be found in some value of the field.
func (it *item) match(e *event) bool {
	c := e.cell(it.at)
	switch {
	case it.exists != nil:
		return c.found == *it.exists
	case it.null:
		return it.isNull(e, c) != it.not
	}
	for k := range it.tests {
		if it.test(e, c, k) >= 0 != it.each {
			return it.each == it.not // any: one is found; all: one is missing
		}
	}
	return it.each != it.not
}

// isNull: the field is missing, has no value, or one of its values is null.
func (it *item) isNull(e *event, c *cell) bool {
	for i := c.begin; i < c.end; i++ {
		if e.values[i].Kind == Null {
			return true
		}
	}
	return c.begin == c.end
}

// test gives the first value that a predicate accepts, or -1.
func (it *item) test(e *event, c *cell, k int) int {
	for i := int(c.begin); i < int(c.end); i++ {
		if e.values[i].Kind != Null && it.tests[k].match(e, i) {
			return i
		}
	}
	return -1
}

// bind gives the item for a set, in which fields have numbers.
func (it *item) bind(number func(field string) int) *item {
	bound := *it
	bound.at = -1
	if it.field != "" {
		bound.at = number(it.field)
	}
	for k, p := range it.tests {
		ref, ok := p.(reference)
		if !ok {
			break // an item's tests are all references or none is
		}
		if k == 0 {
			bound.tests = make([]predicate, len(it.tests))
		}
		ref.at = number(ref.field)
		bound.tests[k] = ref
	}
	return &bound
}
