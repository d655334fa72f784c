package sigma

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// encode applies one encoding modifier (modifiers appendix, "Encoding") to a pattern. A value may become several.
func encode(name string, p pattern) ([]pattern, *fault) {
	switch name {
	case "base64", "base64offset":
		return encodeBase64(name, p)
	case "utf16":
		return []pattern{pattern{}.with(literal, "\xff\xfe").join(p.each(utf16le))}, nil
	case "utf16be":
		return []pattern{p.each(utf16be)}, nil
	default: // wide is another name of utf16le
		return []pattern{p.each(utf16le)}, nil
	}
}

func utf16le(s string) string { return encodeUTF16(s, 0, 8) }
func utf16be(s string) string { return encodeUTF16(s, 8, 0) }

// encodeUTF16 writes each unit as two bytes, shifted to the right by so many bits.
func encodeUTF16(s string, first, second uint) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(unit >> first))
		b.WriteByte(byte(unit >> second))
	}
	return b.String()
}

func encodeBase64(name string, p pattern) ([]pattern, *fault) {
	const most = 3125 // five dashes
	var made []pattern
	plain := p.permute(most)
	if plain == nil {
		return nil, refuse(0, "write the values out", "more than five dashes before %s", name)
	}
	for _, each := range plain {
		text, ok := each.literal()
		if !ok {
			return nil, refuse(0, `write \* for a plain asterisk; put contains, startswith and endswith last`,
				"a wildcard cannot be encoded by %s", name)
		}
		if name == "base64" {
			made = append(made, pattern{}.with(literal, base64.StdEncoding.EncodeToString([]byte(text))))
			continue
		}
		if len(text) < 2 {
			return nil, refuse(0, "write a longer one", "the value %s is too short for base64offset: a part of it would be found everywhere", quote(text))
		}
		for offset := range 3 {
			made = append(made, pattern{}.with(literal, base64At(text, offset)))
		}
	}
	return made, nil
}

// base64At gives the digits that do not depend on what stands around a text that begins offset bytes into a group of
// three: those that hold bits of the text alone.
func base64At(text string, offset int) string {
	digits := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", offset) + text))
	skip := []int{0, 2, 3}[offset]               // digits with bits of what stands before
	drop := []int{0, 3, 2}[(offset+len(text))%3] // padding and the digit with bits of what follows
	return digits[min(skip, len(digits)-drop) : len(digits)-drop]
}
