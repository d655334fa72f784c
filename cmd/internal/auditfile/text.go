package auditfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var utf8Mark = []byte("\xef\xbb\xbf")

// text reads what is not packed: a table, or a sequence of JSON values.
func (in *reading) text(r *bufio.Reader) {
	w := &window{r: decoded(r), line: 1}
	w.skip(utf8Mark)
	if endsWithReturn(w) {
		w.r = newlines{w.r}
		asNewlines(w.held())
	}
	if h, ok := sniffHeader(w); ok {
		(&table{in: in, w: w, header: h}).read()
	} else {
		(&sequence{in: in, w: w}).read()
	}
	if w.err != nil && !errors.Is(w.err, io.EOF) && in.src.err == nil {
		in.bad(Where{Line: w.line}, nil, "breaks off: %v", w.err)
	}
}

// endsWithReturn says whether the first line of what does not begin as JSON ends with a carriage return alone: so
// Excel writes "CSV (Macintosh)". In JSON it is whitespace like any other.
func endsWithReturn(w *window) bool {
	if c, _ := w.at(0); c == '{' || c == '[' {
		return false
	}
	i, found := w.find(0, headerLimit, "\r\n")
	if !found || w.held()[i] == '\n' {
		return false
	}
	next, _ := w.at(i + 1)
	return next != '\n'
}

// newlines gives a text with a newline for each carriage return.
type newlines struct{ io.Reader }

func (n newlines) Read(p []byte) (int, error) {
	read, err := n.Reader.Read(p)
	asNewlines(p[:read])
	return read, err
}

func asNewlines(b []byte) {
	for i, c := range b {
		if c == '\r' {
			b[i] = '\n'
		}
	}
}

// decoded decodes UTF-32 with its byte order mark, and UTF-16, which Windows writes with and sometimes without a byte order mark. Without one, a text that
// begins with an ASCII character shows a zero byte beside it.
func decoded(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(4)
	if len(head) < 2 {
		return r
	}
	switch string(head) {
	case "\xff\xfe\x00\x00":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewDecoder().Reader(r)
	case "\x00\x00\xfe\xff":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder().Reader(r)
	}
	little := bytes.HasPrefix(head, []byte{0xff, 0xfe}) || head[0] != 0 && head[0] < 0x80 && head[1] == 0
	big := bytes.HasPrefix(head, []byte{0xfe, 0xff}) || head[0] == 0 && head[1] != 0 && head[1] < 0x80
	switch {
	case little:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r)
	case big:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(r)
	}
	return r
}
