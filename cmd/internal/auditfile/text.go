package auditfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
)

var utf8Mark = []byte("\xef\xbb\xbf")

// text reads what is not packed: a table, or a sequence of JSON values.
func (in *reading) text(r *bufio.Reader) {
	w := &window{r: decoded(r), line: 1}
	w.skip(utf8Mark)
	if h, ok := sniffHeader(w); ok {
		(&table{in: in, w: w, header: h}).read()
	} else {
		(&sequence{in: in, w: w}).read()
	}
	if w.err != nil && !errors.Is(w.err, io.EOF) {
		in.bad(Where{Line: w.line}, nil, "breaks off: %v", w.err)
	}
}

// decoded decodes UTF-16, which Windows writes with and sometimes without a byte order mark. Without one, a text that
// begins with an ASCII character shows a zero byte beside it.
func decoded(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(2)
	if len(head) < 2 {
		return r
	}
	little := bytes.Equal(head, []byte{0xff, 0xfe}) || head[0] != 0 && head[0] < 0x80 && head[1] == 0
	big := bytes.Equal(head, []byte{0xfe, 0xff}) || head[0] == 0 && head[1] != 0 && head[1] < 0x80
	switch {
	case little:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r)
	case big:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(r)
	}
	return r
}
