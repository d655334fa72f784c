package sigma

import (
	"bytes"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// This file makes good what the YAML parser takes otherwise than YAML 1.2.2 says. It drops the blanks at the end of the
// last line of a block scalar with the sign -, too; that is left so.

// withoutReturns makes every line break a line feed (YAML 1.2.2 §5.4): the parser takes the others for text where a quoted
// value goes over lines.
func withoutReturns(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}

// withTabs escapes the tabs within double quotes: the lexer loses its place after them. It may lose it before it comes to
// another such value, so that it is asked again.
func withTabs(text []byte) []byte {
	const most = 8
	for range most {
		if bytes.IndexByte(text, '\t') < 0 {
			break
		}
		var pairs []string
		for _, t := range lexer.Tokenize(string(text)) {
			if raw := strings.TrimSpace(t.Origin); t.Type == token.DoubleQuoteType && strings.Contains(raw, "\t") {
				if escaped := escapeTabs(raw); escaped != raw {
					pairs = append(pairs, raw, escaped)
				}
			}
		}
		if pairs == nil {
			break
		}
		text = []byte(strings.NewReplacer(pairs...).Replace(string(text)))
	}
	return text
}

// escapeTabs writes \t for each tab that has no backslash before it and does not stand at the end or at the begin of a
// line, where it says nothing.
func escapeTabs(quoted string) string {
	lines := strings.Split(quoted, "\n")
	for i, line := range lines {
		inner := strings.Trim(line, " \t")
		before, after, _ := strings.Cut(line, inner)
		inner = strings.ReplaceAll(inner, "\\\t", `\t`)
		lines[i] = before + strings.ReplaceAll(inner, "\t", `\t`) + after
	}
	return strings.Join(lines, "\n")
}

// withColons puts together what the lexer takes apart: within brackets that stand in braces it takes each colon for the
// end of a key, though only one before a blank is (YAML 1.2.2 §7.3.3), as in {Address|cidr: [2001:db8::/32]}.
func withColons(tokens token.Tokens) token.Tokens {
	var whole token.Tokens
	var open []token.Type
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, t.Type)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(0, len(open)-1)]
		case token.MappingValueType:
			last := len(whole) - 1
			inList := len(open) > 0 && open[len(open)-1] == token.SequenceStartType
			if inList && last >= 0 && i+1 < len(tokens) && isWithin(whole[last], t, tokens[i+1]) {
				next := tokens[i+1]
				joined := token.String(whole[last].Value+":"+next.Value, whole[last].Origin+":"+next.Origin, whole[last].Position)
				joined.Prev, joined.Next = whole[last].Prev, next.Next
				if joined.Prev != nil {
					joined.Prev.Next = joined
				}
				if joined.Next != nil {
					joined.Next.Prev = joined
				}
				whole[last] = joined
				i++
				continue
			}
		}
		whole = append(whole, t)
	}
	return whole
}

// isWithin says whether a colon stands within an unquoted value.
func isWithin(before, colon, after *token.Token) bool {
	return isPlain(before) && isPlain(after) && colon.Position.Line == after.Position.Line &&
		!strings.HasPrefix(after.Origin, " ") && !strings.HasSuffix(before.Origin, " ")
}

func isPlain(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.IntegerType, token.FloatType, token.BoolType, token.NullType, token.HexIntegerType,
		token.OctetIntegerType, token.BinaryIntegerType, token.InfinityType, token.NanType, token.ImplicitNullType:
		return true
	}
	return false
}

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
