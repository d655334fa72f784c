package sigma

import (
	"unicode"
	"unicode/utf8"
)

// foldRune gives the one rune that stands for all that differ from one beyond ASCII only in case, by Unicode's simple
// case folding: two texts are equal after it exactly if strings.EqualFold says so.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least < utf8.RuneSelf { // the Kelvin sign is a k, the long s an s
		return unicode.ToLower(least)
	}
	return least
}

// appendFold appends the folded text. Bytes that are no UTF-8 stay as they are.
func appendFold(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[i])
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += size
	}
	return dst
}

func fold(s string) string { return string(appendFold(nil, s)) }
