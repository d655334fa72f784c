package auditfile

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	const text = "{\"Id\":\"1\",\"s\":\"ü€😀\"}\r\n{\"Id\":\"2\"}\r\n"
	const want = "in: line 1\n    {\"Id\":\"1\",\"s\":\"ü€😀\"}\nin: line 2\n    {\"Id\":\"2\"}\n"
	utf16 := func(e unicode.Endianness, mark unicode.BOMPolicy) string {
		s, err := unicode.UTF16(e, mark).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, input := range map[string]string{
		"UTF-8":                         text,
		"UTF-8 with mark":               "\xef\xbb\xbf" + text,
		"UTF-8, a mark before each":     "\xef\xbb\xbf" + strings.ReplaceAll(text, "\n", "\n\xef\xbb\xbf"),
		"UTF-16LE with mark":            utf16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16BE with mark":            utf16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16LE without mark":         utf16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16BE without mark":         utf16(unicode.BigEndian, unicode.IgnoreBOM),
		"UTF-16LE with mark, in a gzip": gzipped(t, utf16(unicode.LittleEndian, unicode.UseBOM)),
	} {
		t.Run(name, func(t *testing.T) {
			if got := transcript(t, Records(strings.NewReader(input), "in")); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

func TestBytesThatAreNoUTF8StayAsTheyAre(t *testing.T) {
	const body = "{\"Id\":\"\xff\x80\"}"
	for r, err := range Records(strings.NewReader(body+"\n"), "in") {
		if err != nil || string(r.Body) != body {
			t.Errorf("%q %v", r.Body, err)
		}
	}
}
