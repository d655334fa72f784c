package sigma

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
)

// predicate says whether one value of an event is what a rule asks for. Null values are never asked.
type predicate interface {
	match(e *event, i int) bool
}

// equal is a whole text, without case.
type equal struct{ text []byte }

func (p equal) match(e *event, i int) bool { return bytes.Equal(e.fold(i), p.text) }

// affix is a text at the begin, at the end or anywhere, without case: what most patterns are.
type affix struct {
	text  []byte
	where func(value, text []byte) bool
}

func (p affix) match(e *event, i int) bool { return p.where(e.fold(i), p.text) }

// wildcards is any other pattern.
type wildcards struct {
	glob  *glob
	cased bool
}

func (p wildcards) match(e *event, i int) bool {
	if p.cased {
		return p.glob.match(e.plain(i))
	}
	return p.glob.match(e.fold(i))
}

// patternPredicate gives the cheapest predicate for a pattern.
func patternPredicate(p pattern, cased bool) predicate {
	if cased {
		return wildcards{glob: newGlob(p), cased: true}
	}
	p = p.each(fold)
	if text, ok := p.literal(); ok {
		return equal{[]byte(text)}
	}
	switch {
	case len(p) == 2 && p[0].kind == literal && p[1].kind == anyText:
		return affix{[]byte(p[0].text), bytes.HasPrefix}
	case len(p) == 2 && p[0].kind == anyText && p[1].kind == literal:
		return affix{[]byte(p[1].text), bytes.HasSuffix}
	case len(p) == 3 && p[0].kind == anyText && p[1].kind == literal && p[2].kind == anyText:
		return affix{[]byte(p[1].text), bytes.Contains}
	}
	return wildcards{glob: newGlob(p)}
}

// among is any of many whole texts, without case.
type among struct{ texts map[string]bool }

func (p among) match(e *event, i int) bool { return p.texts[string(e.fold(i))] }

// equalNumber is an unquoted number. An event's number is equal by value; its text is equal to the number as the rule
// writes it or in its shortest form.
type equalNumber struct {
	number  number
	written []byte
	short   []byte
}

func (p equalNumber) match(e *event, i int) bool {
	if e.values[i].Kind == Number {
		if n, ok := parseNumber(e.values[i].Text); ok {
			return n == p.number
		}
	}
	text := e.fold(i)
	return bytes.Equal(text, p.written) || bytes.Equal(text, p.short)
}

// expression is a regular expression, found anywhere. Its $ is that of PCRE, which stands before a line feed at the end,
// too; RE2's does not.
type expression struct {
	regexp *regexp.Regexp
	dollar bool
}

func (p expression) match(e *event, i int) bool {
	text := e.values[i].Text
	if p.regexp.MatchString(text) {
		return true
	}
	line, ended := strings.CutSuffix(text, "\n")
	return ended && p.dollar && p.regexp.MatchString(line)
}

// network is an IP network. A mapped IPv4 address (::ffff:192.0.2.1) is the IPv4 address; a port behind an address, as
// in 192.0.2.1:443 and [2001:db8::1]:443, is none of it.
type network struct{ prefix netip.Prefix }

func (p network) match(e *event, i int) bool {
	text := e.values[i].Text
	if len(text) < 2 || len(text) > 64 || strings.IndexByte("0123456789abcdefABCDEF:[", text[0]) < 0 {
		return false
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		var ported netip.AddrPort
		ported, err = netip.ParseAddrPort(text)
		address = ported.Addr()
	}
	return err == nil && p.prefix.Contains(address.Unmap().WithZone(""))
}

// order compares numbers, or a part of a date where part is given. Texts that are numbers are compared as numbers.
type order struct {
	op     string
	part   string
	number number
}

func (p order) match(e *event, i int) bool {
	var n number
	var ok bool
	if p.part == "" {
		n, ok = parseNumber(e.values[i].Text)
	} else {
		var part int64
		part, ok = moment(p.part, e.values[i].Text)
		n = wholeOf(part)
	}
	return ok && holds(p.op, n.compare(p.number))
}

// holds says whether an operator holds for what a comparison gave.
func holds(op string, c int) bool {
	switch op {
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "neq":
		return c != 0
	default: // eq
		return c == 0
	}
}

// reference compares with the values of another field of the same event.
type reference struct {
	field string
	at    int // of the field in the set
	where func(value, text []byte) bool
	whole bool // where asks for equality
	cased bool
}

func (p reference) match(e *event, i int) bool {
	other := e.cell(p.at)
	for j := int(other.begin); j < int(other.end); j++ {
		if e.values[j].Kind != Null && p.one(e, i, j) {
			return true
		}
	}
	return false
}

func (p reference) one(e *event, i, j int) bool {
	if p.cased {
		return p.where(e.plain(i), e.plain(j))
	}
	if p.where(e.fold(i), e.fold(j)) {
		return true
	}
	a, b := e.values[i], e.values[j]
	return p.whole && a.Kind == Number && b.Kind == Number && sameNumber(a.Text, b.Text)
}

func sameNumber(a, b string) bool {
	n, ok := parseNumber(a)
	m, ok2 := parseNumber(b)
	return ok && ok2 && n == m
}
