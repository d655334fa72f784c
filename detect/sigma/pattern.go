package sigma

import (
	"slices"
	"strings"
)

// pattern is a Sigma string: literal text, wildcards, and dashes that stand for one another.
type pattern []piece

// maxPieces bounds what a pattern costs: in the worst case each byte of a value is compared with each piece.
const maxPieces = 1_000

// piece is one part of a pattern.
type piece struct {
	kind pieceKind
	text string // of a literal; bytes, not necessarily UTF-8
}

type pieceKind uint8

const (
	literal pieceKind = iota
	anyText           // *: any number of characters
	oneRune           // ?: exactly one character
	anyDash           // one of dashes, from the windash modifier
)

// parsePattern reads a Sigma string (rules specification, "Escape Character"). A backslash escapes *, ? and itself;
// before anything else it is a backslash.
func parsePattern(s string) pattern {
	var p pattern
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			text.WriteByte(s[i])
		case c == '*' || c == '?':
			p = p.with(literal, text.String())
			text.Reset()
			if c == '*' {
				p = p.with(anyText, "")
			} else {
				p = p.with(oneRune, "")
			}
		default:
			text.WriteByte(c)
		}
	}
	return p.with(literal, text.String())
}

// with appends a piece. Empty literals are left out, literals in a row become one and so do * in a row.
func (p pattern) with(kind pieceKind, text string) pattern {
	if kind == literal && text == "" {
		return p
	}
	if last := len(p) - 1; last >= 0 && p[last].kind == kind {
		switch kind {
		case anyText:
			return p
		case literal:
			p[last].text += text
			return p
		}
	}
	return append(p, piece{kind, text})
}

// join appends a whole pattern.
func (p pattern) join(q pattern) pattern {
	for _, part := range q {
		p = p.with(part.kind, part.text)
	}
	return p
}

// literal gives the text of a pattern without wildcards.
func (p pattern) literal() (string, bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].kind == literal:
		return p[0].text, true
	default:
		return "", false
	}
}

// each gives the pattern with its literals changed.
func (p pattern) each(change func(string) string) pattern {
	var made pattern
	for _, part := range p {
		if part.kind == literal {
			part.text = change(part.text)
		}
		made = made.with(part.kind, part.text)
	}
	return made
}

// open gives the pattern with * before or after it.
func (p pattern) open(before, after bool) pattern {
	made := pattern{}
	if before {
		made = made.with(anyText, "")
	}
	made = made.join(slices.Clone(p))
	if after {
		made = made.with(anyText, "")
	}
	return made
}

// String writes the pattern as a rule would.
func (p pattern) String() string {
	var b strings.Builder
	for _, part := range p {
		switch part.kind {
		case anyText:
			b.WriteByte('*')
		case oneRune:
			b.WriteByte('?')
		case anyDash:
			b.WriteByte('-')
		default:
			b.WriteString(escape.Replace(part.text))
		}
	}
	return b.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
