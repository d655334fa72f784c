package sigma

import (
	"fmt"
	"strings"
)

// Explanation says of a rule, or of a part of it, whether it matches an event and why.
type Explanation struct {
	// What is the part: a search identifier, "filter TITLE", and, or, not, or an item as the rule writes it.
	What   string
	Line   int  // in the rule's file
	Holds  bool // for the event
	Wanted []string
	// Found are the values that the event has in the item's field; nil where it lacks the field. Keywords show only
	// the values that they find.
	Found []string
	Parts []Explanation
}

// Explain tells which parts of a rule of the set match the event and which do not. The first answer is for the whole,
// its Holds is what Match says; where the event is not of the rule's log source, one part says so.
func (s *Set) Explain(r *Rule, f Fields) (Explanation, error) {
	at := s.find(r)
	if at < 0 {
		return Explanation{}, fmt.Errorf("explain rule %q: it is not in the set", r.Title)
	}
	e := newEvent(len(s.fields), len(s.rules), len(s.sources))
	e.open(f)
	c := &s.rules[at]
	belongs := e.belongs(c.source)
	whole := Explanation{What: "rule " + r.Title, Line: r.Line, Holds: belongs && c.expr.eval(e)}
	whole.Parts = []Explanation{
		{What: "logsource " + r.LogSource.String(), Line: r.Line, Holds: belongs},
		c.expr.explain(e),
	}
	return whole, nil
}

func (s *Set) find(r *Rule) int {
	for i := range s.rules {
		if s.rules[i].rule == r {
			return i
		}
	}
	return -1
}

// String gives the parts that the log source names, like product=m365 service=audit.
func (l LogSource) String() string {
	var parts []string
	for _, part := range [][2]string{{"category", l.Category}, {"product", l.Product}, {"service", l.Service}} {
		if part[1] != "" {
			parts = append(parts, part[0]+"="+part[1])
		}
	}
	return strings.Join(parts, " ")
}

func (x *expr) explain(e *event) Explanation {
	made := Explanation{What: x.label(), Line: x.line, Holds: x.eval(e)}
	if x.item != nil {
		made.Wanted, made.Found = x.item.wanted, x.item.found(e)
		return made
	}
	for _, kid := range x.kids {
		made.Parts = append(made.Parts, kid.explain(e))
	}
	return made
}

func (x *expr) label() string {
	switch {
	case x.item != nil && x.item.name == "":
		return "keywords"
	case x.item != nil:
		return x.item.name
	case x.name != "":
		return x.name
	default:
		return [...]string{opAnd: "and", opOr: "or", opNot: "not"}[x.op]
	}
}

// found gives the texts of the values that an item looks at.
func (it *item) found(e *event) []string {
	c := e.cell(it.at)
	if it.at < 0 {
		var texts []string
		for _, hit := range it.decided(e) {
			texts = append(texts, e.values[hit].Text)
		}
		return texts
	}
	if !c.found {
		return nil
	}
	texts := make([]string, 0, c.end-c.begin)
	for _, v := range e.values[c.begin:c.end] {
		if v.Kind == Null {
			v.Text = "null"
		}
		texts = append(texts, v.Text)
	}
	return texts
}

// decided gives the values that make an item hold, each once.
func (it *item) decided(e *event) []int {
	var values []int
	c := e.cell(it.at)
	for i := int(c.begin); i < int(c.end); i++ {
		for _, p := range it.tests {
			if e.values[i].Kind != Null && p.match(e, i) {
				values = append(values, i)
				break
			}
		}
	}
	return values
}

// String writes the explanation as indented lines, + for what holds and - for what does not.
func (x Explanation) String() string {
	var b strings.Builder
	x.write(&b, 0)
	return b.String()
}

func (x Explanation) write(b *strings.Builder, depth int) {
	sign := "-"
	if x.Holds {
		sign = "+"
	}
	fmt.Fprintf(b, "%s%s %s", strings.Repeat("  ", depth), sign, x.What)
	if x.Wanted != nil {
		fmt.Fprintf(b, ": wants %s; the event has %s", some(x.Wanted), some(x.Found))
	}
	b.WriteByte('\n')
	for _, part := range x.Parts {
		part.write(b, depth+1)
	}
}

// some lists values for people, not too many.
func some(values []string) string {
	const most = 5
	if values == nil {
		return "none"
	}
	var shown []string
	for _, v := range values[:min(len(values), most)] {
		shown = append(shown, quote(v))
	}
	if left := len(values) - most; left > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", left))
	}
	return "[" + strings.Join(shown, ", ") + "]"
}
