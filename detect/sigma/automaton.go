package sigma

import (
	"maps"
	"slices"
)

// automaton finds many texts in one walk over a value (Aho and Corasick, 1975). It is used as an index only: texts are
// cut to maxNeedle bytes, because a rule that may match is looked at anyway.
type automaton struct {
	class   [256]uint8 // bytes that no text has are all of class 0
	classes int
	next    []int32   // by state and class
	rules   [][]int32 // by state: of the texts that end there
	shorter []int32   // by state: the nearest state that ends a shorter text, or 0
	ends    []bool    // by state: that a text ends there
	skim    *skim
}

const (
	maxNeedle = 16
	maxTable  = 4 << 20 // entries of next, 16 MB
)

// newAutomaton gives the automaton for rules by text. Where it would be too large, rules are left over.
func newAutomaton(texts map[string][]int32) (*automaton, []int32) {
	if len(texts) == 0 {
		return nil, nil
	}
	a := &automaton{classes: 1}
	needles := slices.Sorted(maps.Keys(texts))
	bytes := 1
	for _, text := range needles {
		bytes += min(len(text), maxNeedle)
		for i := range min(len(text), maxNeedle) {
			if a.class[text[i]] == 0 && a.classes < 256 {
				a.class[text[i]] = uint8(a.classes)
				a.classes++
			}
		}
	}
	if bytes*a.classes > maxTable {
		return nil, leftOver(texts)
	}
	a.skim = newSkim(needles)
	a.grow()
	for _, text := range needles {
		a.add(text[:min(len(text), maxNeedle)], texts[text])
	}
	a.link()
	for state, rules := range a.rules {
		a.ends = append(a.ends, len(rules) > 0 || a.shorter[state] != 0)
	}
	return a, nil
}

func leftOver(texts map[string][]int32) []int32 {
	var all []int32
	for _, rules := range texts {
		all = append(all, rules...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// grow adds a state.
func (a *automaton) grow() int32 {
	a.next = append(a.next, make([]int32, a.classes)...)
	a.rules = append(a.rules, nil)
	a.shorter = append(a.shorter, 0)
	return int32(len(a.rules) - 1)
}

func (a *automaton) add(text string, rules []int32) {
	state := int32(0)
	for i := range len(text) {
		at := int(state)*a.classes + int(a.class[text[i]])
		if a.next[at] == 0 {
			made := a.grow()
			a.next[at] = made
		}
		state = a.next[at]
	}
	a.rules[state] = append(a.rules[state], rules...)
}

// link completes the trie: where a text does not go on, the walk goes on with its longest end that begins another.
func (a *automaton) link() {
	fail := make([]int32, len(a.rules))
	queue := []int32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for class := range a.classes {
			at := int(state)*a.classes + class
			back := int32(0)
			if state != 0 {
				back = a.next[int(fail[state])*a.classes+class]
			}
			child := a.next[at]
			if child == 0 {
				a.next[at] = back
				continue
			}
			fail[child] = back
			a.shorter[child] = back
			if len(a.rules[back]) == 0 {
				a.shorter[child] = a.shorter[back]
			}
			queue = append(queue, child)
		}
	}
}

// look notes the rules of all texts that are in a value of the event.
func (a *automaton) look(e *event, i int) {
	if a.skim == nil || a.skim.might(e.values[i].Text) {
		a.walk(e.fold(i), e)
	}
}

func (a *automaton) walk(text []byte, e *event) {
	state := int32(0)
	for _, c := range text {
		state = a.next[int(state)*a.classes+int(a.class[c])]
		if !a.ends[state] {
			continue
		}
		for at := state; at != 0; at = a.shorter[at] {
			for _, rule := range a.rules[at] {
				e.candidate(rule)
			}
		}
	}
}
