package sigma

import (
	"maps"
	"math"
	"slices"
)

// threshold is the condition of a correlation (correlation specification, "Condition").
type threshold struct {
	bounds     []bound  // all must hold
	fields     []string // whose values count; several are one value together
	percentile float64  // of value_percentile; 0: the share of a value
}

// bound is one comparison.
type bound struct {
	op     string
	number number
}

// maxThreshold bounds what must be remembered to see a condition hold.
const maxThreshold = 1_000_000

func (t *threshold) holds(measure float64) bool {
	for _, b := range t.bounds {
		if !holds(b.op, number{float: measure}.compare(b.number)) {
			return false
		}
	}
	return true
}

// rises says whether a condition that holds goes on to hold when the measure grows.
func (t *threshold) rises() bool {
	return !slices.ContainsFunc(t.bounds, func(b bound) bool { return b.op != "gt" && b.op != "gte" })
}

// parseCondition reads the condition. Temporal correlations want all their rules where they say nothing else.
func (c *Correlation) parseCondition(section *node) *fault {
	n := section.get("condition")
	switch {
	case n.isNull() && c.isTemporal():
		c.condition.bounds = []bound{{"gte", wholeOf(int64(len(c.Rules)))}}
		return nil
	case n.isNull():
		return refuse(section.line, "add condition: {gte: NUMBER}", "there is no condition")
	case n.kind == scalarNode:
		return refuse(n.line, "write a map like gte: 10; chain correlations for more", "a condition in words is not of Sigma 2.1")
	case n.kind != mapNode:
		return refuse(n.line, "write a map like gte: 10", "the condition is %s", n.what())
	}
	for key, value := range n.pairs() {
		if f := c.parseCriterion(key, value); f != nil {
			return f
		}
	}
	return c.checkCondition(n)
}

func (c *Correlation) parseCriterion(key, value *node) *fault {
	switch op := key.scal.text; op {
	case "gt", "gte", "lt", "lte", "eq", "neq":
		v, ok := yamlNumber(value.text())
		if !ok {
			return refuse(value.line, "write a number", "%s wants a number, not %s", op, value.what())
		}
		c.condition.bounds = append(c.condition.bounds, bound{op, v})
	case "field":
		var f *fault
		c.condition.fields, f = value.names()
		return f
	case "percentile":
		v, ok := yamlNumber(value.text())
		if !ok || v.float <= 0 || v.float > 100 || c.Type != ValuePercentile {
			return refuse(value.line, "write a number to 100 in a value_percentile", "percentile is %s", value.what())
		}
		c.condition.percentile = v.float
	default:
		return refuse(key.line, "the criteria are gt, gte, lt, lte, eq, neq and field", "unknown criterion %s", quote(op))
	}
	return nil
}

func (c *Correlation) checkCondition(n *node) *fault {
	t := &c.condition
	low, high := t.ends()
	switch {
	case len(t.bounds) == 0:
		return refuse(n.line, "add gte: NUMBER", "the condition compares nothing")
	case c.counts() && len(t.fields) > 0:
		return refuse(n.line, "leave field out, or write value_count", "%s has no field", c.Type)
	case !c.counts() && len(t.fields) == 0:
		return refuse(n.line, "add field: NAME", "%s wants a field", c.Type)
	case !c.counts() && c.Type != ValueCount && len(t.fields) > 1:
		return refuse(n.line, "name one", "%s takes one field", c.Type)
	case low > high:
		return refuse(n.line, "correct the numbers", "the condition can never hold")
	case c.isTemporal() && low > float64(len(c.Rules)):
		return refuse(n.line, "name more rules or ask for fewer", "the condition wants more rules than the %d there are", len(c.Rules))
	case (c.Type == EventCount || c.Type == ValueCount) && low > maxThreshold:
		return refuse(n.line, "ask for fewer", "the condition counts to more than %d", maxThreshold)
	case (c.counts() || c.Type == ValueCount) && !t.holdsForSome():
		return refuse(n.line, "ask for one at least", "the condition can never hold: a correlation is judged when an event comes, so that it counts one at least")
	}
	return nil
}

// holdsForSome says whether the condition holds for any whole number from one on. One that holds for any holds for one
// or for a number next to those it names.
func (t *threshold) holdsForSome() bool {
	tries := []float64{1}
	for _, b := range t.bounds {
		near := math.Floor(b.number.float)
		tries = append(tries, near-1, near, near+1, near+2)
	}
	return slices.ContainsFunc(tries, func(n float64) bool { return n >= 1 && t.holds(n) })
}

// ends gives the least and the greatest measure that may hold.
func (t *threshold) ends() (low, high float64) {
	byOp := map[string]float64{}
	for _, b := range t.bounds {
		byOp[b.op] = b.number.float
	}
	low, high = -maxFloat, maxFloat
	for op, v := range maps.All(byOp) {
		switch op {
		case "gt", "gte":
			low = max(low, v)
		case "lt", "lte":
			high = min(high, v)
		case "eq":
			low, high = max(low, v), min(high, v)
		}
	}
	return low, high
}

const maxFloat = 1e308
