package normalize

import (
	"strings"

	"github.com/tidwall/gjson"
)

// value is the text of one JSON value inside a record that is known to be valid JSON; "" where there is none.
// It shares the record's memory: nothing is copied and nothing is unescaped until it is asked for.
type value string

// text gives what a string says, or how a number or a boolean is written. Microsoft writes some numbers as
// strings and the other way round. null, arrays and objects say "".
func (v value) text() string {
	if v == "" {
		return ""
	}
	switch v[0] {
	case '"':
		if strings.IndexByte(string(v), '\\') < 0 {
			return string(v[1 : len(v)-1])
		}
		return gjson.Parse(string(v)).Str
	case '{', '[', 'n':
		return ""
	}
	return string(v)
}

func (v value) isObject() bool { return v != "" && v[0] == '{' }
func (v value) isArray() bool  { return v != "" && v[0] == '[' }
func (v value) isString() bool { return v != "" && v[0] == '"' }

// empty says whether text would give "", without unescaping.
func (v value) empty() bool {
	return v == "" || v == `""` || v[0] == 'n' || v[0] == '{' || v[0] == '['
}

// get gives the value of an object's key; of a key that occurs twice the first one, as gjson does.
func (v value) get(key string) value {
	var found value
	v.fields(func(k string, val value) bool {
		if k != key {
			return true
		}
		found = val
		return false
	})
	return found
}

// fields calls yield with every key of an object and its value until it returns false. What is no object has
// no fields.
func (v value) fields(yield func(key string, val value) bool) {
	if !v.isObject() {
		return
	}
	s := string(v)
	for i := space(s, 1); s[i] == '"'; {
		end := skip(s, i)
		key := s[i+1 : end-1]
		if strings.IndexByte(key, '\\') >= 0 {
			key = value(s[i:end]).text()
		}
		i = space(s, space(s, end)+1)
		end = skip(s, i)
		if !yield(key, value(s[i:end])) {
			return
		}
		if i = space(s, end); s[i] == ',' {
			i = space(s, i+1)
		}
	}
}

// items calls yield with every element of an array until it returns false. What is no array has no items.
func (v value) items(yield func(item value) bool) {
	if !v.isArray() {
		return
	}
	s := string(v)
	for i := space(s, 1); s[i] != ']'; {
		end := skip(s, i)
		if !yield(value(s[i:end])) {
			return
		}
		if i = space(s, end); s[i] == ',' {
			i = space(s, i+1)
		}
	}
}

// single gives the first element of an array, and what is no array as it is.
func single(v value) value {
	for item := range v.items {
		return item
	}
	return v
}

// space gives the index of the first byte from i on that is no white space.
func space(s string, i int) int {
	for s[i] <= ' ' {
		i++
	}
	return i
}

// skip gives the index after the value that begins at i.
func skip(s string, i int) int {
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for i < len(s) && s[i] > ' ' && s[i] != ',' && s[i] != '}' && s[i] != ']' {
		i++
	}
	return i
}

func skipNested(s string, i int) int {
	for depth := 0; ; i++ {
		switch s[i] {
		case '"':
			i = skipString(s, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// skipString looks for the quote that no backslash escapes: one with an even number of them before it.
func skipString(s string, i int) int {
	for i++; ; i++ {
		i += strings.IndexByte(s[i:], '"')
		slash := i
		for s[slash-1] == '\\' {
			slash--
		}
		if (i-slash)%2 == 0 {
			return i + 1
		}
	}
}
