package auditfile

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
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
		"UTF-32LE with mark":            utf32Of(t, utf32.LittleEndian, text),
		"UTF-32BE with mark":            utf32Of(t, utf32.BigEndian, text),
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

func utf32Of(t *testing.T, e utf32.Endianness, text string) string {
	t.Helper()
	s, err := utf32.UTF32(e, utf32.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATableWithCarriageReturnsAlone(t *testing.T) {
	got := transcript(t, Records(strings.NewReader("x,AuditData\r1,\"{\"\"Id\"\":\"\"1\"\"}\"\r2,\"{\"\"Id\"\":\"\"2\"\"}\"\r"), "in"))
	want := "in: row 2 (line 2)\n    {\"Id\":\"1\"}\nin: row 3 (line 3)\n    {\"Id\":\"2\"}\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
