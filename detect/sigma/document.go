package sigma

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read. They are far above any rule that a person writes, and low enough that a hostile file costs
// milliseconds and a few megabytes.
const (
	maxFile     = 32 << 20 // bytes of a file; whole collections are passed around as one file
	maxDocument = 1 << 20  // bytes of one YAML document
	maxSigns    = 250_000  // of YAML's indicators in one document: the parser needs up to 700 bytes for each
	maxTabs     = 10 << 20 // tabs of one document times the bytes of their lines: the lexer looks on from each to its line's end
	maxKeys     = 3_000    // of one block map: the parser's cost grows with their square
	maxDepth    = 64       // nesting of YAML, of conditions and of detections
	maxNodes    = 200_000  // YAML nodes of one document, aliases counted as often as they are used
)

// document is one YAML document of a file, not parsed yet.
type document struct {
	line int // of its first line in the file
	text []byte
}

var byteOrderMark = []byte("\ufeff")

// split cuts a file at its document markers (YAML 1.2.2 §9.1), so that one broken document does not take the others
// with it. A line that begins with --- or ... is a marker wherever it stands, also within a block scalar or quotes.
func split(data []byte) []document {
	data = bytes.TrimPrefix(data, byteOrderMark)
	docs := []document{{line: 1}}
	start, line := 0, 1
	for at := 0; at < len(data); line++ {
		end := at + bytes.IndexByte(data[at:], '\n') + 1
		if end == at {
			end = len(data)
		}
		if isMarker(data[at:end]) {
			docs[len(docs)-1].text = data[start:at]
			start = at + 3 // content may follow a marker on its line
			docs = append(docs, document{line: line})
		}
		at = end
	}
	docs[len(docs)-1].text = data[start:]
	return docs
}

func isMarker(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	return len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0
}

// empty says whether the document has nothing but comments, blank lines and directives.
func (d document) empty() bool {
	for line := range bytes.Lines(d.text) {
		rest := bytes.TrimSpace(line)
		if len(rest) > 0 && rest[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// check refuses text that is not worth parsing.
func (d document) check() *fault {
	if len(d.text) > maxDocument {
		return refuse(d.line, "split it into several documents",
			"the document has %d bytes, %d are allowed", len(d.text), maxDocument)
	}
	signs := 0
	line := d.line
	for rest := d.text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError && size == 1:
			return refuse(line, "save the file as UTF-8", "the file is not UTF-8")
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return refuse(line, `write it as an escape in double quotes, like "\x07"`, "control character %#02x", r)
		}
		if strings.ContainsRune("\n-?:,[]{}#&*!|>'\"%", r) {
			signs++
		}
		rest = rest[size:]
	}
	tabs := 0
	for text := range bytes.Lines(d.text) {
		if tabs += bytes.Count(text, []byte("\t")) * len(text); tabs > maxTabs {
			return refuse(d.line, "write blanks", "the document has too many tabs")
		}
	}
	if signs > maxSigns {
		return refuse(d.line, "split it into several documents", "the document has too many values")
	}
	return nil
}
