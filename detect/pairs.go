package detect

import (
	"strings"

	"ualstream/detect/sigma"
)

// lists are the record's attributes that hold names and values: [{"Name":…,"Value":…}], of changes
// [{"Name":…,"NewValue":…,"OldValue":…}]. Some services write an object instead, the text of a JSON list, or, for the
// cmdlets of Security & Compliance, a command line.
var lists = []string{"Parameters", "ExtendedProperties", "OperationProperties", "ModifiedProperties", "DeviceProperties"}

// pairs is an entry of such a list by its name, or with an empty name the whole list, whose values are "Name: Value".
type pairs struct {
	at   int
	name string
	part string // "", NewValue or OldValue
}

// pairs gives the lookup for what stands behind the list's name.
func (v *views) pairs(list, rest string) pairs {
	p := pairs{at: v.record.number(list), name: rest}
	for _, part := range []string{"NewValue", "OldValue"} {
		if name, ok := cutSuffixFold(rest, "."+part); ok {
			p.name, p.part = name, part
		}
	}
	return p
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at <= 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

func (p pairs) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	if r.attribute(p.at) == "" {
		return dst, false
	}
	found := p.name == ""
	for _, e := range r.listOf(p.at) {
		switch {
		case p.name == "":
			dst = r.wholeEntry(dst, e.name, e.entry)
		case len(e.name) == len(p.name) && strings.EqualFold(e.name, p.name):
			found = true
			dst = p.entry(r, dst, e.entry)
		}
	}
	return dst, found
}

// parts is what all entries of such a list are made of: their names, or their values of one kind.
type parts struct {
	at   int
	part string // Name, Value, NewValue or OldValue, in any case
}

func (p parts) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	list := r.listOf(p.at)
	for _, e := range list {
		if strings.EqualFold(p.part, "Name") {
			dst = append(dst, sigma.Value{Kind: sigma.String, Text: e.name})
			continue
		}
		each(e.entry, func(part string, v value) {
			if part == "" || strings.EqualFold(part, p.part) {
				dst = r.said(dst, v)
			}
		})
	}
	return dst, len(list) > 0
}

// listOf gives the entries of a list, which is read once an event.
func (r *reader) listOf(at int) []pair {
	for _, l := range r.read {
		if l.at == at {
			return r.pairs[l.begin:l.end]
		}
	}
	begin, list := len(r.pairs), r.attribute(at)
	if list.is('"') {
		if inner := r.inside(list); inner != "" {
			list = inner
		}
	}
	r.entries(list, func(name string, entry value) bool {
		r.pairs = append(r.pairs, pair{strings.TrimSpace(name), entry})
		return true
	})
	r.read = append(r.read, span{at, begin, len(r.pairs)})
	return r.pairs[begin:]
}

// pair is an entry of a list; span is where a list's entries stand among all.
type (
	pair struct {
		name  string
		entry value
	}
	span struct{ at, begin, end int }
)

// entries calls yield with the names of a list and their entries: an object with Value, NewValue or OldValue, or the
// value itself where the list is an object or a command line. Elements that are no pairs have no name.
func (r *reader) entries(list value, yield func(name string, entry value) bool) {
	switch {
	case list.is('['):
		list.parts(func(_ string, item value) bool {
			if !item.is('{') {
				return yield("", item)
			}
			return yield(item.member("Name").text(&r.arena), item)
		})
	case list.is('{'):
		list.parts(yield)
	case list.is('"'):
		commandLine(list.text(&r.arena), func(name, v string) bool { return yield(name, value(quoted(v))) })
	}
}

// entry appends what an entry says, with what its text holds as JSON: Entra ID writes ["x"] for x. A name may have no
// value.
func (p pairs) entry(r *reader, dst []sigma.Value, entry value) []sigma.Value {
	each(entry, func(part string, v value) {
		if p.part == "" || part == "" || strings.EqualFold(part, p.part) {
			dst = r.said(dst, v)
		}
	})
	return dst
}

// each calls yield with the values of an entry and the names of the parts that they are.
func each(entry value, yield func(part string, v value)) {
	if !entry.is('{') {
		yield("", entry)
		return
	}
	entry.parts(func(key string, v value) bool {
		switch key {
		case "Value", "NewValue", "OldValue":
			yield(key, v)
		}
		return true
	})
}

func (r *reader) said(dst []sigma.Value, v value) []sigma.Value {
	dst = r.leaves(dst, v, 0)
	if !v.is('"') {
		return dst
	}
	text := dst[len(dst)-1].Text
	switch inner := value(text[min(space(text, 0), len(text)):]); {
	case inner.is('['), inner.is('{'):
		dst = r.leaves(dst, inner, 0)
	case inner.is('"') && len(inner) > 1 && inner[len(inner)-1] == '"':
		dst = append(dst, r.plain(inner))
	}
	return dst
}

// wholeEntry appends "Name: Value" for each of an entry's values.
func (r *reader) wholeEntry(dst []sigma.Value, name string, entry value) []sigma.Value {
	if name == "" {
		return r.leaves(dst, entry, 0)
	}
	each(entry, func(_ string, v value) {
		for _, said := range r.leaves(nil, v, 0) {
			dst = append(dst, sigma.Value{Kind: sigma.String, Text: name + ": " + said.Text})
		}
	})
	return dst
}
