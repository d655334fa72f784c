package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	nameColumn = 9  // the states stand before it
	textColumn = 37 // behind the longest content type
)

// Write writes a report for people. No line of sentences is longer than the columns; a command may be.
func Write(w io.Writer, columns int, r Report) error {
	for i, s := range r.Sections {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		title := s.Name
		if s.Tenant != "" {
			title = strings.TrimSpace("Tenant " + s.Tenant + " " + s.Name)
		}
		if _, err := fmt.Fprintln(w, plain(title)); err != nil {
			return err
		}
		for _, c := range s.Checks {
			if err := WriteCheck(w, columns, c); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", r.sum())
	return err
}

// sum says in one line what the report amounts to.
func (r Report) sum() string {
	n := map[State]int{}
	for _, s := range r.Sections {
		for _, c := range s.Checks {
			n[c.State]++
		}
	}
	return fmt.Sprintf("%d ok, %d %s, %d failed, %d skipped", n[OK], n[Warning], plural(n[Warning], "warning"), n[Failed], n[Skipped])
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// WriteCheck writes one check for people: state, name and sentence in columns, and under them the fix.
func WriteCheck(w io.Writer, columns int, c Check) error {
	var b strings.Builder
	head := fmt.Sprintf("%-*s%-*s", nameColumn, c.State, textColumn-nameColumn, plain(c.Name))
	indent(&b, columns, head, c.Says)
	if c.Fix != "" {
		indent(&b, columns, strings.Repeat(" ", textColumn), "fix: "+c.Fix)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteText writes a sentence, and lines of commands, from the left.
func WriteText(w io.Writer, columns int, text string) error {
	var b strings.Builder
	indent(&b, columns, "", text)
	_, err := io.WriteString(w, b.String())
	return err
}

// indent writes a text behind its head, and its further lines below each other. A line that begins with blanks is a
// command, which is not broken.
func indent(b *strings.Builder, columns int, head, text string) {
	margin := strings.Repeat(" ", utf8.RuneCountInString(head))
	for line := range strings.SplitSeq(text, "\n") {
		line = plain(line)
		if strings.HasPrefix(line, " ") {
			b.WriteString(strings.TrimRight(margin+line, " ") + "\n")
			continue
		}
		for _, part := range wrapped(line, columns-len(margin)) {
			b.WriteString(strings.TrimRight(head+part, " ") + "\n")
			head = margin
		}
	}
}

// wrapped breaks a line between words.
func wrapped(line string, width int) []string {
	parts, now := []string(nil), ""
	for word := range strings.FieldsSeq(line) {
		if now != "" && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(word) > width {
			parts, now = append(parts, now), ""
		}
		now = strings.TrimPrefix(now+" "+word, " ")
	}
	return append(parts, now)
}

// plain has a blank for what a terminal would take for a command: names come from topics, and reasons from far away.
func plain(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, line)
}
