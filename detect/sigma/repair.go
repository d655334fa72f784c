package sigma

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// This file makes good what the YAML parser takes otherwise than YAML 1.2.2 says. It drops the blanks at the end of the
// last line of a block scalar with the sign -, too; that is left so.

// withNulls writes ~ for the items of block lists that have nothing: the parser would take what follows the list for
// such an item's content.
func (d document) withNulls(tokens token.Tokens) string {
	lines := strings.SplitAfter(string(d.text), "\n")
	empty := false
	for _, t := range slices.Backward(tokens) {
		if t.Type != token.SequenceEntryType || !isEmptyItem(t) || t.Position.Line > len(lines) {
			continue
		}
		line := []rune(lines[t.Position.Line-1])
		if at := t.Position.Column; at <= len(line) {
			lines[t.Position.Line-1] = string(line[:at]) + " ~" + string(line[at:])
			empty = true
		}
	}
	if !empty {
		return string(d.text)
	}
	return strings.Join(lines, "")
}

// isEmptyItem says whether nothing follows a dash but what stands in another line and no deeper.
func isEmptyItem(t *token.Token) bool {
	next := t.Next
	for next != nil && next.Type == token.CommentType {
		next = next.Next
	}
	return next == nil || next.Position.Line > t.Position.Line && next.Position.Column <= t.Position.Column
}

// plain gives the text of an unquoted scalar. The lexer drops tabs within it and takes lines of blanks for none, so it
// is folded here (YAML 1.2.2 §7.3.3): lines are trimmed and joined by a blank, an empty line is a line break.
func plain(t *token.Token) string {
	origin := strings.TrimSpace(t.Origin)
	if !strings.ContainsAny(origin, "\t\n") {
		return t.Value
	}
	var b strings.Builder
	breaks := 0
	for i, line := range strings.Split(origin, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			breaks++
			continue
		}
		if breaks > 0 {
			b.WriteString(strings.Repeat("\n", breaks))
		} else if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		breaks = 0
	}
	return b.String()
}
