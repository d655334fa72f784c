// Package auditfile reads audit records from the files that responders hold: JSON lines, arrays, pretty-printed and
// concatenated JSON, the wrapper objects of Graph and PowerShell, the CSV export with its AuditData column; with a
// byte order mark or in UTF-16; packed with gzip, zip or tar, also one in the other.
//
// It takes bytes and gives records, one at a time, in bounded memory, each with where it stood. What cannot be read
// is given too, with its bytes and the reason, and reading goes on at the next place where a record can begin. It
// must not know what a record means: whether the bytes of a record are one, the caller judges.
package auditfile

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
)

// MaxRecord is the longest record that Records reads; a longer one is a BadInput.
const MaxRecord = 64 << 20

// MaxValue is the longest value that Values reads. It leaves room for what was made of a record of MaxRecord bytes.
const MaxValue = 4 * MaxRecord

// Record is one record as it stood in the file.
type Record struct {
	Where Where
	Body  []byte // UTF-8, from the opening to the closing brace; valid until the next one is asked for
}

// Where says where in the input something stands.
type Where struct {
	Name    string // file, and within archives the members, joined by "/"; "" for an unnamed input
	Line    int    // from 1; 0 where it concerns the whole input
	Element int    // from 1 within its array; 0 outside arrays
	Row     int    // from 1, the header being a row as in a spreadsheet; 0 outside tables
}

// String gives the place as people say it, for example "AuditLog.csv: row 3 (line 7)".
func (w Where) String() string {
	s := strings.Map(printable, w.Name)
	if s == "" {
		s = "input"
	}
	switch {
	case w.Row > 0:
		return fmt.Sprintf("%s: row %d (line %d)", s, w.Row, w.Line)
	case w.Element > 0:
		return fmt.Sprintf("%s: line %d, element %d", s, w.Line, w.Element)
	case w.Line > 0:
		return fmt.Sprintf("%s: line %d", s, w.Line)
	}
	return s
}

// printable replaces what could steer a terminal: whoever makes an archive chooses the names in it.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return unicode.ReplacementChar
	}
	return r
}

// BadInput is a part of the input that cannot be read. It is an error that reading goes on after.
type BadInput struct {
	Where  Where
	Reason string // lower case, no full stop
	Bytes  []byte // the part, in UTF-8; only its beginning where the reason says so; valid until the next one is asked for
}

func (b *BadInput) Error() string { return b.Where.String() + ": " + b.Reason }

// Records reads the audit records of an input of any form, in order. name says what to call it. An error is either
// a *BadInput, which reading goes on after, or the last thing given: reading r failed.
//
// Nothing is lost silently: each byte of the text belongs to a record, to a BadInput, to the syntax around records
// (whitespace, commas, brackets of arrays), or to a wrapper or table row that a record was taken from.
func Records(r io.Reader, name string) iter.Seq2[Record, error] {
	return read(r, reading{name: name, unwrap: true, limit: MaxRecord})
}

// Values is Records for JSON objects that are no audit records: nothing is taken out of wrapper objects.
func Values(r io.Reader, name string) iter.Seq2[Record, error] {
	return read(r, reading{name: name, limit: MaxValue})
}

// reading is one input, or one member of an archive, being read.
type reading struct {
	name   string
	unwrap bool
	limit  int // bytes of a record
	nested int // how many archives it stands in
	src    *source
	yield  func(Record, error) bool
	ended  *bool // the caller wants no more
}

func read(r io.Reader, in reading) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		in.yield, in.ended = yield, new(bool)
		in.src = &source{r: r}
		in.unpack(in.src)
		if in.src.err != nil && !*in.ended {
			yield(Record{}, fmt.Errorf("read %s: %w", Where{Name: in.name}, in.src.err))
		}
	}
}

// record hands a record over.
func (in *reading) record(at Where, body []byte) {
	if at.Name = in.name; !*in.ended {
		*in.ended = !in.yield(Record{at, body}, nil)
	}
}

// bad hands over what cannot be read.
func (in *reading) bad(at Where, bytes []byte, format string, args ...any) {
	if at.Name = in.name; !*in.ended {
		*in.ended = !in.yield(Record{}, &BadInput{at, fmt.Sprintf(format, args...), bytes})
	}
}

// source remembers why reading the input itself failed, to tell it from input that is damaged.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
