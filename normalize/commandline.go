package normalize

import "strings"

const blanks = " \t\r\n"

// commandLine reads parameters as one types them in PowerShell, -Identity "a b" -Force -Confirm:$false, and gives the
// values as JSON strings. A value goes on to the next name. What stands in quotes is never a name: it may come from an
// intruder.
func commandLine(s string, yield func(name string, v value) bool) {
	name, from := "", 0
	for i := 0; ; {
		i = len(s) - len(strings.TrimLeft(s[i:], blanks))
		end := wordEnd(s, i)
		if i < len(s) && !isParameter(s[i:end]) {
			i = end
			continue
		}
		if name != "" && !yield(name, typed(s[from:i])) || i == len(s) {
			return
		}
		name, _, _ = strings.Cut(s[i+1:end], ":")
		if from = i + 1 + len(name); from < end {
			from++ // the colon
		}
		i = end
	}
}

// wordEnd gives where the word that begins at i ends: at white space outside quotes.
func wordEnd(s string, i int) int { return until(s, i, blanks) }

// until gives the first place from i on where one of the stops stands outside quotes. Quotes open at i and after a colon
// or comma, so that O'Brien is a word; a doubled quote stands for itself.
func until(s string, i int, stops string) int {
	quote := byte(0)
	for start := i; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0 // a doubled one opens again at once
			}
		case c == '"' || c == '\'':
			if i == start || s[i-1] == ':' || s[i-1] == ',' || s[i-1] == c {
				quote = c
			}
		case strings.IndexByte(stops, c) >= 0:
			return i
		}
	}
	return len(s)
}

// isParameter says whether a word is a parameter's name: a dash and a letter. "-1" is a value.
func isParameter(word string) bool {
	return len(word) > 1 && word[0] == '-' && 'a' <= word[1]|0x20 && word[1]|0x20 <= 'z'
}

// typed gives what was typed as a JSON string, or as a list where it is several in quotes: "a","b".
func typed(s string) value {
	s = strings.Trim(s, blanks)
	e := encoder{}
	if i := until(s, 0, ","); i == len(s) || s[0] != '"' && s[0] != '\'' {
		e.typed(s)
		return value(e.buf)
	}
	for i := 0; i < len(s); i++ {
		end := until(s, i, ",")
		e.verbatim(",")
		e.typed(s[i:end])
		i = end
	}
	e.buf[0] = '[' // in place of the first comma
	e.close(']')
	return value(e.buf)
}

// typed writes what was typed as a JSON string, without the quotes where one pair is around all of it.
func (e *encoder) typed(s string) {
	s = strings.Trim(s, blanks)
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		inner, quote := s[1:n-1], s[:1]
		if !strings.Contains(strings.ReplaceAll(inner, quote+quote, ""), quote) {
			s = strings.ReplaceAll(inner, quote+quote, quote)
		}
	}
	e.verbatim(`"`)
	e.inner(s)
	e.verbatim(`"`)
}
