package sigma

// key is something an index can find in an event, without which some part of a rule cannot hold.
type key struct {
	kind  keyKind
	field int    // -1: any value of the event
	text  string // folded
}

type keyKind uint8

const (
	whole keyKind = iota // the field has this value
	part                 // a value of the field has this text in it
	there                // the field has a value
	found                // the field is there, with or without a value
)

// keys gives what an index may look for instead of a predicate: one of them is in every event that it accepts.
func keys(p predicate, field int) []key {
	switch p := p.(type) {
	case equal:
		return []key{{whole, field, string(p.text)}}
	case among:
		all := make([]key, 0, len(p.texts))
		for text := range p.texts {
			all = append(all, key{whole, field, text})
		}
		return all
	case equalNumber:
		return []key{{whole, field, string(p.written)}, {whole, field, string(p.short)}}
	case affix:
		return []key{partKey(field, string(p.text))}
	case wildcards:
		return []key{partKey(field, fold(p.glob.longest()))}
	default:
		return []key{{kind: there, field: field}}
	}
}

func partKey(field int, text string) key {
	if text == "" {
		return key{kind: there, field: field}
	}
	return key{part, field, text}
}

// longest gives the longest literal that every match has in it.
func (g *glob) longest() string {
	var best []byte
	look := func(bits []bit) {
		for _, b := range bits {
			if len(b.text) > len(best) {
				best = b.text
			}
		}
	}
	look(g.first)
	look(g.last)
	for _, bits := range g.parts {
		look(bits)
	}
	return string(best)
}

// choice is a set of keys, one of which every event has that an expression accepts. Cost grows with the number of
// rules that share a key. No keys: nothing is known.
type choice struct {
	keys []key
	cost int
}

// chooser picks keys.
type chooser struct {
	crowd map[key]int      // how many items of the rules may use each
	known map[*expr]choice // of expressions that were rated
}

// count adds an expression's items to the crowd.
func (c *chooser) count(x *expr, seen map[*expr]bool) {
	if seen[x] {
		return
	}
	seen[x] = true
	if x.item != nil {
		for _, p := range x.item.tests {
			for _, k := range keys(p, x.item.at) {
				c.crowd[k]++
			}
		}
	}
	for _, kid := range x.kids {
		c.count(kid, seen)
	}
}

// best gives the cheapest keys of an expression.
func (c *chooser) best(x *expr) choice {
	made, known := c.known[x]
	if !known {
		made = c.rate(x)
		c.known[x] = made
	}
	return made
}

func (c *chooser) rate(x *expr) choice {
	switch x.op {
	case opItem:
		return c.bestOfItem(x.item)
	case opAnd:
		var best choice
		for _, kid := range x.kids {
			if made := c.best(kid); len(made.keys) > 0 && (len(best.keys) == 0 || made.cost < best.cost) {
				best = made
			}
		}
		return best
	case opOr:
		return either(x.kids, c.best)
	default: // what must not be there is not to be looked for
		return choice{}
	}
}

func (c *chooser) bestOfItem(it *item) choice {
	switch {
	case it.exists != nil && *it.exists:
		return c.cost([]key{{kind: found, field: it.at}})
	case it.exists != nil, it.null, it.not:
		return choice{}
	case !it.each:
		return either(it.tests, func(p predicate) choice { return c.cost(keys(p, it.at)) })
	}
	var best choice
	for _, p := range it.tests {
		if made := c.cost(keys(p, it.at)); len(best.keys) == 0 || made.cost < best.cost {
			best = made
		}
	}
	return best
}

// either unites the choices of alternatives; one without keys leaves nothing known.
func either[T any](alternatives []T, best func(T) choice) choice {
	var all choice
	for _, a := range alternatives {
		made := best(a)
		if len(made.keys) == 0 || len(all.keys) > maxValues {
			return choice{}
		}
		all.keys, all.cost = append(all.keys, made.keys...), max(all.cost, made.cost)
	}
	return all
}

// cost rates keys by the worst of them: looking a value up is free, looking for a text within costs a walk, a short
// text or the mere presence of a field says little.
func (c *chooser) cost(keys []key) choice {
	made := choice{keys: keys}
	for _, k := range keys {
		cost := c.crowd[k]
		switch {
		case k.kind == there, k.kind == found:
			cost += 1000
		case k.kind == part && len(k.text) < 3:
			cost += 500
		case k.kind == part:
			cost += 8
		}
		if k.field < 0 {
			cost += 2000
		}
		made.cost = max(made.cost, cost)
	}
	return made
}
