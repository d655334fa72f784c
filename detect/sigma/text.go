package sigma

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addPattern adds a Sigma string. It applies the modifiers that change text in their order.
func (b *builder) addPattern(text string) *fault {
	patterns := []pattern{parsePattern(text)}
	if b.chain.has(isExpand) {
		var f *fault
		if patterns, f = b.expandPattern(text); f != nil {
			return f
		}
	}
	for _, p := range patterns {
		made, f := b.transform(p)
		if f != nil {
			return f
		}
		for _, each := range made {
			if len(each) > maxPieces {
				return refuse(0, "write fewer, or contains|all", "%s has a value with more than %d wildcards and texts between them", quote(b.item.name), maxPieces)
			}
			if f := b.put(each.show(), patternPredicate(each, b.chain.has(isCase))); f != nil {
				return f
			}
		}
	}
	return nil
}

// expandPattern fills placeholders in. Their values are Sigma strings themselves.
func (b *builder) expandPattern(text string) ([]pattern, *fault) {
	texts, f := expand(text, b.options.Placeholders, func(v string) string { return parsePattern(v).String() })
	if f != nil {
		return nil, f
	}
	made := make([]pattern, len(texts))
	for i, t := range texts {
		made[i] = parsePattern(t)
	}
	return made, nil
}

// transform gives what the modifiers make of a pattern. Keywords are found anywhere unless a modifier says where.
func (b *builder) transform(p pattern) ([]pattern, *fault) {
	all := []pattern{p}
	for _, name := range b.chain {
		var next []pattern
		for _, p := range all {
			made, f := modify(name, p)
			if f != nil {
				return nil, f
			}
			next = append(next, made...)
		}
		all = next
	}
	if b.item.field == "" && !b.chain.has(isPosition) {
		for i, p := range all {
			all[i] = p.open(true, true)
		}
	}
	return all, nil
}

func modify(name string, p pattern) ([]pattern, *fault) {
	switch roles[name] {
	case isPosition:
		return []pattern{p.open(name != "startswith", name != "endswith")}, nil
	case isDash:
		return []pattern{p.windash()}, nil
	case isEncoding:
		return encode(name, p)
	default:
		return []pattern{p}, nil
	}
}

// show writes a pattern for people. One that holds bytes is quoted.
func (p pattern) show() string {
	s := p.String()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return s
}

// many is the number of whole texts from which looking them up is quicker than comparing them one by one.
const many = 8

// gather turns whole texts, of which any may be found, into one predicate. Lists of thousands of hashes or addresses
// then cost one look.
func (b *builder) gather() {
	it := b.item
	texts := map[string]bool{}
	for _, p := range it.tests {
		if eq, ok := p.(equal); ok {
			texts[string(eq.text)] = true
		}
	}
	if it.each || len(texts) < many {
		return
	}
	tests, wanted := []predicate{among{texts}}, []string{"one of " + strconv.Itoa(len(texts)) + " values"}
	for k, p := range it.tests {
		if _, ok := p.(equal); !ok {
			tests, wanted = append(tests, p), append(wanted, it.wanted[k])
		}
	}
	it.tests, it.wanted = tests, wanted
}
