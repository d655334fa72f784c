package sigma

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// glob matches a pattern against a whole text. It is compiled to what its * separate: the first part must begin the
// text, the last must end it, and those between follow one another. The first place where a part fits is always as
// good as a later one, so the cost is at most length of the text times length of the pattern.
type glob struct {
	parts       [][]bit // between the *
	open        bool    // has a * at all
	first, last []bit   // parts at the ends, where open
}

// bit is a piece that is no *, its text as bytes.
type bit struct {
	kind pieceKind
	text []byte
}

// newGlob compiles a pattern, whose literals must be folded already if the texts are.
func newGlob(p pattern) *glob {
	g := &glob{parts: [][]bit{nil}}
	for _, part := range p {
		if part.kind == anyText {
			g.open = true
			g.parts = append(g.parts, nil)
			continue
		}
		end := len(g.parts) - 1
		g.parts[end] = append(g.parts[end], bit{part.kind, []byte(part.text)})
	}
	if g.open {
		end := len(g.parts) - 1
		g.first, g.last, g.parts = g.parts[0], g.parts[end], g.parts[1:end]
	}
	return g
}

func (g *glob) match(text []byte) bool {
	if !g.open {
		n, ok := prefix(g.parts[0], text)
		return ok && n == len(text)
	}
	n, ok := prefix(g.first, text)
	if !ok {
		return false
	}
	text = text[n:]
	for _, part := range g.parts {
		at := find(part, text)
		if at < 0 {
			return false
		}
		text = text[at:]
	}
	return suffix(g.last, text)
}

// prefix says whether the part begins the text, and how many bytes of it that takes.
func prefix(part []bit, text []byte) (int, bool) {
	n := 0
	for _, p := range part {
		size := p.size(text[n:])
		if size < 0 {
			return 0, false
		}
		n += size
	}
	return n, true
}

// size gives the bytes at the text's begin that the bit matches, or -1.
func (p bit) size(text []byte) int {
	if p.kind == literal {
		if !bytes.HasPrefix(text, p.text) {
			return -1
		}
		return len(p.text)
	}
	r, size := utf8.DecodeRune(text)
	if size == 0 || p.kind == anyDash && !strings.ContainsRune(dashes, r) {
		return -1
	}
	return size
}

// find gives the end of the first place in the text where the part fits, or -1.
func find(part []bit, text []byte) int {
	for at := 0; ; {
		if part[0].kind == literal {
			skip := bytes.Index(text[at:], part[0].text)
			if skip < 0 {
				return -1
			}
			at += skip
		}
		if n, ok := prefix(part, text[at:]); ok {
			return at + n
		}
		if at >= len(text) {
			return -1
		}
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
}

// suffix says whether the part ends the text. Its length in bytes is not known beforehand, so it is matched from its
// end.
func suffix(part []bit, text []byte) bool {
	for _, p := range slices.Backward(part) {
		if p.kind == literal {
			if !bytes.HasSuffix(text, p.text) {
				return false
			}
			text = text[:len(text)-len(p.text)]
			continue
		}
		r, size := utf8.DecodeLastRune(text)
		if size == 0 || p.kind == anyDash && !strings.ContainsRune(dashes, r) {
			return false
		}
		text = text[:len(text)-size]
	}
	return true
}
