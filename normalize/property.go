package normalize

import (
	"iter"
	"strings"

	"github.com/tidwall/gjson"
)

// list is a list of names and values that has been read, see property.
type list []entry

type entry struct {
	name string
	v    value
}

// read gives the list that a value holds, in the memory of an older one.
func (l list) read(v value) list {
	l = l[:0]
	for name, v := range func(yield func(string, value) bool) { properties(v, yield) } {
		l = append(l, entry{name, v})
	}
	return l
}

// get gives the value of the first entry of that name, without case.
func (l list) get(name string) value {
	for i := range l {
		if strings.EqualFold(l[i].name, name) {
			return l[i].v
		}
	}
	return ""
}

// property gives the value of a name in a list such as Parameters, ExtendedProperties or OperationProperties:
// [{"Name":…,"Value":…}], where the Value may be missing. Some services write the list as an object, as the text
// of a JSON list, or, for the cmdlets of Security & Compliance, as a command line; all of them are read. Names
// compare without case, and of a name that occurs twice the first one counts.
func property(list value, name string) value {
	found := value("")
	properties(list, func(n string, v value) bool {
		if !strings.EqualFold(n, name) {
			return true
		}
		found = v
		return false
	})
	return found
}

// properties calls yield with every name of such a list and its value until it returns false.
func properties(list value, yield func(name string, v value) bool) {
	switch list = nested(list); {
	case list.isArray():
		for item := range list.items {
			name, v := pair(item)
			if name != "" && !yield(name, v) {
				return
			}
		}
	case list.isObject():
		list.fields(yield)
	case list.isString():
		commandLine(list.text(), yield)
	}
}

// pair reads {"Name":…,"Value":…}; where a change is meant it is {"Name":…,"NewValue":…,"OldValue":…}.
func pair(item value) (name string, v value) {
	for key, field := range item.fields {
		switch key {
		case "Name":
			if name == "" {
				name = field.text()
			}
		case "Value", "NewValue":
			if v == "" {
				v = field
			}
		}
	}
	return name, v
}

// nested gives the JSON value that a string holds, where it holds a list or an object; any other value is given
// as it is.
func nested(v value) value {
	if !v.isString() || len(v) < 4 {
		return v
	}
	s := strings.TrimSpace(v.text())
	if s == "" || (s[0] != '[' && s[0] != '{') || tooDeep(s) || !gjson.Valid(s) {
		return v
	}
	return value(s)
}

// tooDeep says whether checking a text as JSON could nest deeper than a stack should grow.
func tooDeep(s string) bool {
	const limit = 1 << 12
	return strings.Count(s, "{")+strings.Count(s, "[") > limit
}

// values gives every text of a value that is a list, a JSON text of one, or one text whose parts are separated by
// commas or semicolons.
func values(v value) iter.Seq[string] {
	return func(yield func(string) bool) {
		if v = nested(v); v.isArray() {
			for item := range v.items {
				if s := item.text(); s != "" && !yield(s) {
					return
				}
			}
			return
		}
		for part := range strings.FieldsFuncSeq(v.text(), func(c rune) bool { return c == ',' || c == ';' }) {
			if s := strings.TrimSpace(part); s != "" && !yield(s) {
				return
			}
		}
	}
}
