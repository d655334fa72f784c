package sigma

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Refusal says why something in a rule file is not used: a document, a rule, a filter or a correlation. What is
// refused has no effect at all; everything else in the same file and in other files is used.
type Refusal struct {
	File   string // as the caller named it
	Line   int    // in the file, from 1; 0 where the whole file is meant
	ID     string // of the rule, where it has one
	Title  string // of the rule, where it has one
	Reason string // what is wrong, in lower case
	Mend   string // what to do about it; may be empty
}

// Error gives the refusal on one line: file:line: "title": reason (mend).
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.File)
	if r.Line > 0 {
		fmt.Fprintf(&b, ":%d", r.Line)
	}
	if name := cmp.Or(r.Title, r.ID); name != "" {
		b.WriteString(": " + quote(name))
	}
	b.WriteString(": " + r.Reason)
	if r.Mend != "" {
		b.WriteString(" (" + r.Mend + ")")
	}
	return b.String()
}

// fault is a refusal before its file and rule are known.
type fault struct {
	line         int
	reason, mend string
}

func (f *fault) Error() string { return f.reason }

// refuse makes a fault at a line of the document.
func refuse(line int, mend, format string, args ...any) *fault {
	return &fault{line: line, mend: mend, reason: fmt.Sprintf(format, args...)}
}

// quote shows a piece of a rule in a reason without letting it run on or forge lines.
func quote(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// oneOf lists names for a mend, in order.
func oneOf(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	return strings.Join(sorted, ", ")
}
