package detect

import (
	"strings"

	"github.com/tidwall/gjson"
)

// record is the native audit record inside an event. Names in it that Exchange administrators type, such as a
// cmdlet's parameters, are compared without case.
type record struct{ gjson.Result }

// text gives a top-level value as text: Microsoft writes some numbers as strings and the other way round.
func (r record) text(name string) string { return strings.TrimSpace(r.Get(name).String()) }

// parameters calls yield with the name and value of each of the cmdlet's parameters until it returns false.
// Exchange writes a list of names and values, Security & Compliance one string as typed, many records none.
func (r record) parameters(yield func(name, value string) bool) {
	parameters(r.Get("Parameters"), yield)
}

func parameters(p gjson.Result, yield func(name, value string) bool) {
	p = nested(p)
	if p.Type == gjson.String {
		commandLine(p.Str, yield)
		return
	}
	list(p, "Value", yield)
}

// list calls yield with the elements of a list of {Name, Value} pairs. A value may be absent. Programs that read
// records and write them again make an object of the list, or a text.
func list(l gjson.Result, value string, yield func(name, value string) bool) {
	switch l = nested(l); {
	case l.IsArray():
		l.ForEach(func(_, pair gjson.Result) bool {
			return yield(strings.TrimSpace(pair.Get("Name").String()), pair.Get(value).String())
		})
	case l.IsObject():
		l.ForEach(func(name, v gjson.Result) bool {
			if v.IsObject() {
				v = v.Get(value)
			}
			return yield(strings.TrimSpace(name.Str), v.String())
		})
	}
}

// nested gives the list or object that a string holds as JSON text, and any other value as it is.
func nested(v gjson.Result) gjson.Result {
	if v.Type != gjson.String {
		return v
	}
	if in := gjson.Parse(v.Str); in.IsArray() || in.IsObject() {
		return in
	}
	return v
}

// property gives the value of a pair of one of the record's lists, for example OperationProperties.
func (r record) property(listName, value, name string) string {
	var found string
	list(r.Get(listName), value, func(n, v string) bool {
		if strings.EqualFold(n, name) {
			found = v
			return false
		}
		return true
	})
	return found
}

// commandLine reads parameters as one types them in PowerShell: -Identity "a b" -Force -Confirm:$false. What
// stands in quotes is never a name: it may come from an intruder.
func commandLine(s string, yield func(name, value string) bool) {
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return
		}
		word, rest := cutWord(s)
		name, ok := parameterName(word)
		if s = rest; !ok {
			continue
		}
		name, value, inline := strings.Cut(name, ":")
		if next, after := cutWord(strings.TrimLeft(s, " \t\r\n")); !inline && next != "" {
			if _, isName := parameterName(next); !isName {
				value, s = next, after
			}
		}
		if !yield(name, unquote(value)) {
			return
		}
	}
}

// cutWord splits off the word that s begins with: up to white space outside quotes. Quotes open at a word's
// beginning or after a colon, so that O'Brien is a word; a doubled quote stands for itself.
func cutWord(s string) (word, rest string) {
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == quote:
			if i+1 < len(s) && s[i+1] == quote {
				i++
			} else {
				quote = 0
			}
		case quote != 0:
		case (c == '"' || c == '\'') && (i == 0 || s[i-1] == ':'):
			quote = c
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// parameterName says whether a word is a parameter's name: a dash and a letter. "-1" is a value.
func parameterName(word string) (string, bool) {
	if len(word) < 2 || word[0] != '-' || word[1]|0x20 < 'a' || word[1]|0x20 > 'z' {
		return "", false
	}
	return word[1:], true
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		q := string(s[0])
		return strings.ReplaceAll(s[1:len(s)-1], q+q, q)
	}
	return s
}

// isService says whether Microsoft's own identities did it: UserType 3 is a datacenter administrator or system
// account, 4 a system (Management Activity API schema, UserType). Some sources write the name for the number.
func (r record) isService() bool {
	switch strings.ToLower(r.text("UserType")) {
	case "3", "dcadmin", "4", "system":
		return true
	}
	return false
}
