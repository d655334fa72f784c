package detect

import (
	"strings"

	"ualstream/detect/sigma"
)

// lookup is a place where a field's values may stand. It appends them to dst and says whether the place is there.
type lookup interface {
	values(r *reader, dst []sigma.Value) ([]sigma.Value, bool)
}

// path is a way through objects, as A.B.C. Lists on the way are gone through element by element.
type path struct {
	event bool // in the event; else in the record
	at    int  // of the first name
	steps []string
}

func (v *views) path(name string) path {
	steps := strings.Split(name, ".")
	return path{at: v.record.number(steps[0]), steps: steps[1:]}
}

func (p path) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	begin := r.attributeOf(p)
	if begin == "" {
		return dst, false
	}
	w := walk{reader: r, fold: !p.event, dst: dst}
	w.step(begin, p.steps, 0)
	return w.dst, w.found
}

func (r *reader) attributeOf(p path) value {
	if p.event {
		return r.top[p.at]
	}
	return r.attribute(p.at)
}

// walk follows a path to all of its ends.
type walk struct {
	*reader
	fold  bool // names are compared without case
	dst   []sigma.Value
	found bool
}

// maxNesting bounds how deep lists and objects within a field's value are looked into.
const maxNesting = 64

func (w *walk) step(v value, steps []string, depth int) {
	if depth > maxNesting {
		return
	}
	if len(steps) == 0 {
		w.found, w.dst = true, w.leaves(w.dst, v, depth)
		return
	}
	if v.is('"') {
		v = w.inside(v) // services put JSON into strings
	}
	isList, whole := v.is('['), strings.Join(steps, ".")
	if at, isIndex := index(steps[0]); isList && isIndex {
		w.element(v, at, steps[1:], depth)
		return
	}
	v.parts(func(key string, part value) bool {
		switch {
		case isList:
			w.step(part, steps, depth+1)
		case w.same(key, steps[0]):
			w.step(part, steps[1:], depth+1)
		case len(steps) > 1 && w.same(key, whole):
			w.step(part, nil, depth+1)
		}
		return true
	})
}

// element follows a path into one element of a list, as A.0.B does.
func (w *walk) element(list value, at int, steps []string, depth int) {
	list.parts(func(_ string, part value) bool {
		if at == 0 {
			w.step(part, steps, depth+1)
		}
		at--
		return at >= 0
	})
}

// index gives the number that a name is.
func index(name string) (int, bool) {
	if len(name) > 4 || name == "" {
		return 0, false
	}
	n := 0
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func (w *walk) same(a, b string) bool { return a == b || w.fold && strings.EqualFold(a, b) }

// inside gives the object or list that a string holds as JSON text.
func (r *reader) inside(v value) value {
	text := v.text(&r.arena)
	inner := value(text[min(space(text, 0), len(text)):])
	if !inner.is('[') && !inner.is('{') {
		return ""
	}
	return inner
}

// leaves appends the plain values in a value, in their order.
func (r *reader) leaves(dst []sigma.Value, v value, depth int) []sigma.Value {
	switch {
	case v == "" || depth > maxNesting:
		return dst
	case v[0] == '{' || v[0] == '[':
		v.parts(func(_ string, part value) bool {
			dst = r.leaves(dst, part, depth+1)
			return true
		})
		return dst
	}
	return append(dst, r.plain(v))
}

// plain gives a value that is no list and no object.
func (r *reader) plain(v value) sigma.Value {
	switch v[0] {
	case '"':
		return sigma.Value{Kind: sigma.String, Text: v.text(&r.arena)}
	case 'n':
		return sigma.Value{}
	case 't', 'f':
		return sigma.Value{Kind: sigma.Bool, Text: string(v)}
	}
	return sigma.Value{Kind: sigma.Number, Text: string(v)}
}
