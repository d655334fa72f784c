package sigma

import (
	"maps"
	"slices"
	"strings"
)

// role groups the modifiers (modifiers appendix) that behave alike where they are combined.
type role uint8

const (
	isLink     role = iota // all
	isNegation             // neq
	isCase                 // cased
	isExpand               // expand
	isPosition             // contains, startswith, endswith
	isDash                 // windash
	isEncoding             // base64 and UTF-16
	isRegex                // re
	isFlag                 // i, m, s: only after re
	isNetwork              // cidr
	isField                // fieldref
	isPresence             // exists
	isOrder                // lt, lte, gt, gte
	isDate                 // minute to year
)

var roles = map[string]role{
	"all": isLink, "neq": isNegation, "cased": isCase, "expand": isExpand,
	"contains": isPosition, "startswith": isPosition, "endswith": isPosition, "windash": isDash,
	"base64": isEncoding, "base64offset": isEncoding,
	"wide": isEncoding, "utf16": isEncoding, "utf16le": isEncoding, "utf16be": isEncoding,
	"re": isRegex, "i": isFlag, "m": isFlag, "s": isFlag,
	"cidr": isNetwork, "fieldref": isField, "exists": isPresence,
	"lt": isOrder, "lte": isOrder, "gt": isOrder, "gte": isOrder,
	"minute": isDate, "hour": isDate, "day": isDate, "week": isDate, "month": isDate, "year": isDate,
}

// company says which roles may stand beside each that decides what a value is, the first that is there in deciding's
// order. Whatever has none of them is text.
var company = map[role][]role{
	isPresence: {},
	isRegex:    {isFlag, isPosition, isLink, isNegation, isExpand},
	isNetwork:  {isLink, isNegation, isExpand},
	isField:    {isPosition, isCase, isLink, isNegation},
	isOrder:    {isDate, isLink, isExpand},
	isDate:     {isLink, isNegation, isExpand},
	isCase:     {isPosition, isDash, isEncoding, isLink, isNegation, isExpand},
	isPosition: {isDash, isEncoding, isLink, isNegation, isExpand},
	isDash:     {isEncoding, isLink, isNegation, isExpand},
	isEncoding: {isLink, isNegation, isExpand},
}

var deciding = []role{isPresence, isRegex, isNetwork, isField, isOrder, isDate, isCase, isPosition, isDash, isEncoding}

// chain is what stands behind a field's name: its modifiers, in order.
type chain []string

// parseChain checks the modifiers of a key like Field|contains|all.
func parseChain(names []string, line int) (chain, *fault) {
	for i, name := range names {
		kind, known := roles[name]
		switch {
		case !known:
			return nil, refuse(line, "the modifiers are "+oneOf(slices.Collect(maps.Keys(roles))),
				"unknown modifier %s", quote(name))
		case kind != isEncoding && slices.Contains(names[:i], name):
			return nil, refuse(line, "leave one out", "the modifier %s is there twice", name)
		}
	}
	c := chain(names)
	if f := c.checkCompany(line); f != nil {
		return nil, f
	}
	return c, c.checkOrder(line)
}

// checkCompany refuses modifiers that contradict each other.
func (c chain) checkCompany(line int) *fault {
	for _, decides := range deciding {
		first := c.find(decides)
		if first == "" {
			continue
		}
		for _, name := range c {
			kind := roles[name]
			if kind != decides && !slices.Contains(company[decides], kind) {
				return refuse(line, mendCompany(name), "the modifiers %s and %s do not go together", first, name)
			}
			if kind == decides && name != first && kind != isEncoding {
				return refuse(line, "write two items", "the modifiers %s and %s do not go together", first, name)
			}
		}
		break
	}
	if c.has(isFlag) && !c.has(isRegex) {
		return refuse(line, "write re|"+c.find(isFlag), "the modifier %s is only for regular expressions", c.find(isFlag))
	}
	return nil
}

func mendCompany(name string) string {
	if name == "cased" {
		return "regular expressions are case-sensitive unless re|i says otherwise"
	}
	return "leave " + name + " out or write two items"
}

// checkOrder refuses an order in which a modifier would change what an earlier one made.
func (c chain) checkOrder(line int) *fault {
	wrong := func(first, then role) *fault {
		i := slices.IndexFunc(c, func(name string) bool { return roles[name] == first })
		j := slices.IndexFunc(c, func(name string) bool { return roles[name] == then })
		last := j
		for k, name := range c {
			if roles[name] == first {
				last = k
			}
		}
		if i < 0 || j < 0 || last <= j {
			return nil
		}
		return refuse(line, "put "+c[last]+" before "+c[j], "the modifier %s comes after %s", c[last], c[j])
	}
	for _, pair := range [][2]role{{isRegex, isFlag}, {isRegex, isPosition}, {isEncoding, isPosition}, {isDash, isEncoding}} {
		if f := wrong(pair[0], pair[1]); f != nil {
			return f
		}
	}
	return nil
}

func (c chain) has(kind role) bool { return c.find(kind) != "" }

// find gives the first modifier of a role, or "".
func (c chain) find(kind role) string {
	for _, name := range c {
		if roles[name] == kind {
			return name
		}
	}
	return ""
}

// of gives the modifiers of some roles, in order.
func (c chain) of(kinds ...role) []string {
	var found []string
	for _, name := range c {
		if slices.Contains(kinds, roles[name]) {
			found = append(found, name)
		}
	}
	return found
}

func (c chain) String() string { return strings.Join(c, "|") }
