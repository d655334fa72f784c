package sigma

import (
	"bytes"
	"net/netip"
	"strings"
)

// parseItem reads one line of a detection, Field|modifiers: values. An empty key is for keywords.
func parseItem(key, values *node, o *scope) (*item, *fault) {
	names := strings.Split(key.scal.text, "|")
	mods, f := parseChain(names[1:], key.line)
	if f != nil {
		return nil, f
	}
	b := builder{chain: mods, options: o, item: &item{
		name: key.scal.text, field: names[0], line: key.line, each: mods.has(isLink), not: mods.has(isNegation),
	}}
	if f := b.checkValues(values); f != nil {
		return nil, f
	}
	for _, v := range values.list() {
		if f := b.add(v); f != nil {
			if f.line == 0 {
				f.line = v.line
			}
			return nil, f
		}
	}
	b.gather()
	return b.item, nil
}

// builder makes an item of its values.
type builder struct {
	chain   chain
	options *scope
	item    *item
}

// checkValues refuses values that no modifier can mend.
func (b *builder) checkValues(values *node) *fault {
	name, list := quote(b.item.name), values.list()
	for _, v := range list {
		switch {
		case v.kind != scalarNode:
			return refuse(v.line, "write text, a number, true, false or null, or one list of them", "%s has %s as value", name, v.what())
		case v.isNull() && len(list) > 1:
			return refuse(v.line, "give null a search identifier of its own and link the two in the condition",
				"null cannot be one of several values, as %s has it", name)
		case v.isNull() && b.item.field == "":
			return refuse(v.line, "", "null is no keyword")
		case v.isNull() && !onlyNegation(b.chain):
			return refuse(v.line, "leave the modifiers out", "null takes no modifiers, as %s has them", name)
		}
	}
	switch {
	case len(list) == 0:
		return refuse(values.line, "write at least one value", "%s has no value", name)
	case b.item.each && len(list) == 1 && !b.chain.has(isExpand):
		return refuse(values.line, "leave all out", "the modifier all wants several values, %s has one", name)
	case b.item.field == "" && (b.chain.has(isPresence) || b.chain.has(isField)):
		return refuse(values.line, "write a field before it", "%s is of no field", name)
	}
	return nil
}

func onlyNegation(c chain) bool { return len(c) == 0 || len(c) == 1 && c[0] == "neq" }

func (b *builder) add(v *node) *fault {
	s := v.scal
	switch {
	case s.kind == nullScalar:
		b.item.null = true
		b.item.wanted = append(b.item.wanted, "null")
		return nil
	case b.chain.has(isPresence):
		return b.addPresence(s)
	case b.chain.has(isField):
		return b.addReference(s)
	case b.chain.has(isRegex), b.chain.has(isNetwork), b.chain.has(isOrder), b.chain.has(isDate):
		return b.addExpanded(s)
	case s.kind == numberScalar && b.item.field != "" && !b.chain.has(isPosition) && !b.chain.has(isCase) && !b.chain.has(isEncoding):
		return b.put(s.text, equalNumber{s.num, []byte(fold(s.text)), []byte(s.num.String())})
	default:
		return b.addPattern(s.text)
	}
}

// put adds a predicate and what it stands for.
func (b *builder) put(wanted string, p predicate) *fault {
	if len(b.item.tests) >= maxValues {
		return refuse(b.item.line, "write fewer values", "%s has more than %d values", quote(b.item.name), maxValues)
	}
	b.item.tests = append(b.item.tests, p)
	b.item.wanted = append(b.item.wanted, wanted)
	return nil
}

func (b *builder) addPresence(s scalar) *fault {
	if s.kind != boolScalar || b.item.exists != nil {
		return refuse(0, "write true or false", "the modifier exists wants true or false, not %s", quote(s.text))
	}
	want := s.isTrue()
	b.item.exists = &want
	b.item.wanted = append(b.item.wanted, s.text)
	return nil
}

var positions = map[string]func(value, text []byte) bool{
	"": bytes.Equal, "contains": bytes.Contains, "startswith": bytes.HasPrefix, "endswith": bytes.HasSuffix,
}

func (b *builder) addReference(s scalar) *fault {
	if s.text == "" {
		return refuse(0, "write the name of a field", "the modifier fieldref wants the name of a field")
	}
	position := b.chain.find(isPosition)
	return b.put(s.text, reference{
		field: s.text, where: positions[position], whole: position == "", cased: b.chain.has(isCase),
	})
}

// addExpanded adds what is no Sigma string, once for each value of its placeholders.
func (b *builder) addExpanded(s scalar) *fault {
	texts, write := []string{s.text}, func(v string) string { return v }
	if b.chain.has(isRegex) {
		write = regexOf
	}
	if b.chain.has(isExpand) {
		var f *fault
		if texts, f = expand(s.text, b.options.Placeholders, write); f != nil {
			return f
		}
	}
	for _, text := range texts {
		p, f := b.typed(text)
		if f == nil {
			f = b.put(text, p)
		}
		if f != nil {
			return f
		}
	}
	return nil
}

// typed makes a predicate of a value that the chain gives a type.
func (b *builder) typed(text string) (predicate, *fault) {
	switch {
	case b.chain.has(isRegex):
		return b.options.compileRegex(text, b.chain.of(isFlag), b.chain.find(isPosition))
	case b.chain.has(isNetwork):
		prefix, f := parseNetwork(text)
		return network{prefix}, f
	default:
		return b.order(text)
	}
}

func (b *builder) order(text string) (predicate, *fault) {
	op, part := b.chain.find(isOrder), b.chain.find(isDate)
	n, ok := yamlNumber(text)
	if !ok {
		return nil, refuse(0, "write a number", "the modifier %s wants a number, not %s", b.chain, quote(text))
	}
	if bounds, isPart := dateRanges[part]; isPart && op == "" {
		if !n.whole || n.int < bounds[0] || n.int > bounds[1] {
			return nil, refuse(0, "", "the modifier %s wants a number from %d to %d, not %s", part, bounds[0], bounds[1], quote(text))
		}
		op = "eq"
	}
	return order{op: op, part: part, number: n}, nil
}

func parseNetwork(text string) (netip.Prefix, *fault) {
	prefix, err := netip.ParsePrefix(text)
	if address, bad := netip.ParseAddr(text); bad == nil && address.Zone() == "" {
		prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
	}
	if err != nil {
		return prefix, refuse(0, "write it like 192.0.2.0/24 or 2001:db8::/32", "%s is no IP network", quote(text))
	}
	if prefix != prefix.Masked() {
		return prefix, refuse(0, "write "+prefix.Masked().String(), "the network %s has bits beyond its length", text)
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix, nil
}
