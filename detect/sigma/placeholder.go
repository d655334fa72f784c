package sigma

import (
	"regexp"
	"strings"
)

// maxValues bounds what placeholders and encodings make of one item.
const maxValues = 100_000

// fragment is a stretch of a value: text, or the name of a placeholder.
type fragment struct {
	text, name string
}

var placeholderName = regexp.MustCompile(`^%([\pL\pN_.-]+)%`)

// fragments finds the placeholders of a value with the expand modifier (rules specification, "Placeholders"). \% is a
// plain percent sign; so is one that begins no name.
func fragments(s string) []fragment {
	var all []fragment
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if s[i+1] != '%' {
				text.WriteByte('\\')
			}
			i++
			text.WriteByte(s[i])
			continue
		}
		if m := placeholderName.FindStringSubmatch(s[i:]); s[i] == '%' && m != nil {
			all = append(all, fragment{text: text.String()}, fragment{name: m[1]})
			text.Reset()
			i += len(m[0]) - 1
			continue
		}
		text.WriteByte(s[i])
	}
	return append(all, fragment{text: text.String()})
}

// expand writes a value once for each combination of its placeholders' values. write says how a value, which is a
// Sigma string with wildcards, stands within the text.
func expand(s string, placeholders map[string][]string, write func(value string) string) ([]string, *fault) {
	all := []string{""}
	for _, part := range fragments(s) {
		if part.name == "" {
			for i := range all {
				all[i] += part.text
			}
			continue
		}
		values := placeholders[part.name]
		if len(values) == 0 {
			return nil, refuse(0, "give it values", "the placeholder %%%s%% has no values", part.name)
		}
		if len(values)*len(all) > maxValues {
			return nil, refuse(0, "give it fewer values", "the placeholder %%%s%% makes more than %d values", part.name, maxValues)
		}
		longer := make([]string, 0, len(values)*len(all))
		for _, begin := range all {
			for _, value := range values {
				longer = append(longer, begin+write(value))
			}
		}
		all = longer
	}
	return all, nil
}
