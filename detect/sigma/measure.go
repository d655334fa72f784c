package sigma

import (
	"math"
	"slices"
)

// calculates says whether a correlation works with its values as numbers.
func (c *Correlation) calculates() bool {
	return c.Type == ValueSum || c.Type == ValueAvg || c.Type == ValuePercentile && c.condition.percentile > 0
}

// isShare says whether a correlation compares how large a share a value has.
func (c *Correlation) isShare() bool {
	return c.Type == ValuePercentile && c.condition.percentile == 0
}

// measure is what a condition is compared with, over samples that are added from the newest to the oldest.
type measure struct {
	c      *Correlation
	added  string          // the key of the sample whose addition is judged
	count  int             // of samples
	same   int             // of samples with that key
	sum    float64         // of numbers
	values []float64       // of percentiles
	few    []string        // different keys of value_count,
	keys   map[string]bool // as long as there are few, then all
	rules  []bool          // of temporal, by input
	rows   []int           // of temporal_ordered, by input: the longest row that begins there
	best   int             // of rules or rows
}

func newMeasure(c *Correlation, added sample) *measure {
	m := &measure{c: c, added: added.key}
	switch c.Type {
	case ValueCount:
		m.few = make([]string, 0, few)
	case Temporal:
		m.rules = make([]bool, len(c.Rules))
	case TemporalOrdered:
		m.rows = make([]int, len(c.Rules))
	}
	return m
}

func (m *measure) add(s *sample) {
	m.count++
	m.sum += s.num
	switch {
	case m.c.Type == ValueCount:
		m.see(s.key)
	case m.rules != nil:
		if !m.rules[s.Input] {
			m.rules[s.Input] = true
			m.best++
		}
	case m.rows != nil:
		row := 1
		for _, longer := range m.rows[s.Input+1:] {
			row = max(row, longer+1)
		}
		m.rows[s.Input] = max(m.rows[s.Input], row)
		m.best = max(m.best, row)
	case m.c.Type == ValuePercentile && m.c.condition.percentile > 0:
		m.values = append(m.values, s.num)
	case s.key == m.added:
		m.same++
	}
}

// few is how many different keys are compared one by one.
const few = 16

// see counts different keys. Most conditions count to few, for which a map would cost more than it saves.
func (m *measure) see(key string) {
	switch {
	case m.keys != nil:
		m.keys[key] = true
	case slices.Contains(m.few, key):
	case len(m.few) < few:
		m.few = append(m.few, key)
	default:
		m.keys = map[string]bool{key: true}
		for _, k := range m.few {
			m.keys[k] = true
		}
	}
}

func (m *measure) value() float64 {
	switch m.c.Type {
	case ValueCount:
		return float64(max(len(m.few), len(m.keys)))
	case Temporal, TemporalOrdered:
		return float64(m.best)
	case ValueSum:
		return m.sum
	case ValueAvg:
		return m.sum / float64(m.count)
	case ValuePercentile:
		return m.percentile()
	default:
		return float64(m.count)
	}
}

func (m *measure) percentile() float64 {
	if m.c.isShare() {
		return 100 * float64(m.same) / float64(m.count)
	}
	slices.Sort(m.values)
	rank := int(math.Ceil(m.c.condition.percentile / 100 * float64(len(m.values))))
	return m.values[max(rank, 1)-1]
}
