package sigma

import (
	"strings"
	"unicode/utf8"
)

// dashes are the characters that stand for one another under the windash modifier (modifiers appendix, "windash").
const dashes = "-/–—―"

// windash lets each dash of the pattern match every other. The specification speaks of all permutations; a piece of
// its own says the same without writing them out.
func (p pattern) windash() pattern {
	var made pattern
	for _, part := range p {
		if part.kind != literal {
			made = made.with(part.kind, part.text)
			continue
		}
		rest := part.text
		for {
			at := strings.IndexAny(rest, dashes)
			if at < 0 {
				break
			}
			_, size := utf8.DecodeRuneInString(rest[at:])
			made = made.with(literal, rest[:at]).with(anyDash, "")
			rest = rest[at+size:]
		}
		made = made.with(literal, rest)
	}
	return made
}

// permute writes the dashes of a pattern out, for encodings that need the text itself. The answer is nil where that
// makes more than most patterns.
func (p pattern) permute(most int) []pattern {
	all := []pattern{nil}
	for _, part := range p {
		if part.kind != anyDash {
			for i := range all {
				all[i] = all[i].with(part.kind, part.text)
			}
			continue
		}
		var longer []pattern
		for _, begin := range all {
			for _, dash := range dashes {
				longer = append(longer, pattern{}.join(begin).with(literal, string(dash)))
			}
		}
		if len(longer) > most {
			return nil
		}
		all = longer
	}
	return all
}
