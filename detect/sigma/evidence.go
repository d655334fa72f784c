package sigma

// Evidence is a value of an event that made a rule match.
type Evidence struct {
	Field      string // "" for keywords
	Value      string // as the event has it
	Identifier string // the search identifier that asked for it
}

// Evidence gives the fields with the values that decided a hit on this event, in the rule's order and each once. What
// had to be absent (not, neq, null, exists: false) is no evidence.
func (s *Set) Evidence(h Hit, f Fields) []Evidence {
	if h.at >= len(s.rules) || s.rules[h.at].rule != h.Rule {
		return nil // a hit of another set
	}
	e := newEvent(len(s.fields), len(s.rules), len(s.sources))
	e.open(f)
	w := witness{event: e, seen: map[Evidence]bool{}}
	w.ask(s.rules[h.at].own, "")
	return w.found
}

// witness collects evidence.
type witness struct {
	event *event
	found []Evidence
	seen  map[Evidence]bool
}

// ask walks over the parts of a condition that hold.
func (w *witness) ask(x *expr, identifier string) {
	if !x.eval(w.event) {
		return
	}
	if x.name != "" {
		identifier = x.name
	}
	if x.item != nil {
		w.note(x.item, identifier)
	}
	for _, kid := range x.kids {
		w.ask(kid, identifier)
	}
}

func (w *witness) note(it *item, identifier string) {
	switch {
	case it.not || it.null:
		return
	case it.exists != nil && *it.exists:
		c := w.event.cell(it.at)
		for i := int(c.begin); i < int(c.end); i++ {
			w.add(it, i, identifier)
		}
	default:
		for _, i := range it.decided(w.event) {
			w.add(it, i, identifier)
		}
	}
}

func (w *witness) add(it *item, i int, identifier string) {
	made := Evidence{Field: it.field, Value: w.event.values[i].Text, Identifier: identifier}
	key := Evidence{Field: made.Field, Value: made.Value}
	if !w.seen[key] {
		w.seen[key] = true
		w.found = append(w.found, made)
	}
}
