package auditfile

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// table reads comma-separated values (RFC 4180) with a header and a column that holds the record: what the portal
// and Export-Csv write. The other columns repeat what the record says.
type table struct {
	in     *reading
	w      *window
	header header
	row    int
	fields []field // of the row being read, up to one more than the header has
}

// field is where one field of a row stands, without its quotes.
type field struct {
	from, to int
	quoted   bool
}

func (t *table) read() {
	t.row = t.header.drop(t.w)
	if t.header.record < 0 {
		t.in.bad(Where{}, t.header.line,
			"a table without a column AuditData, which would hold the records: its columns are %s", t.header.list())
		return
	}
	for {
		if _, ok := t.w.at(0); !ok || *t.in.ended {
			return
		}
		t.row++
		t.readRow()
	}
}

// readRow reads the row that begins here. Where its quotes do not match, its first line is given up alone: the
// quote that is missing must not take the rows that follow.
func (t *table) readRow() {
	end, ok := t.split()
	switch {
	case !ok:
		end, _ = t.w.find(0, t.in.limit, "\n")
		t.reject(end, "quotes do not match")
	case len(bytes.TrimSpace(t.w.held()[:end])) == 0:
		t.row-- // a blank line is no row
		t.w.drop(end)
	case len(t.fields) > len(t.header.names):
		t.reject(end, "more fields than the header has columns")
	case t.repeatsHeader(end):
		t.w.drop(end) // where files were joined
	case !slices.ContainsFunc(t.fields, t.filled):
		t.w.drop(end) // what spreadsheets leave of a row that was emptied
	case len(t.fields) <= t.header.record:
		t.reject(end, "too few fields: there is no AuditData")
	default:
		t.emit(end)
	}
}

// repeatsHeader says whether the row that ends at end is the header once more.
func (t *table) repeatsHeader(end int) bool {
	row := bytes.TrimPrefix(t.w.held()[:end], utf8Mark)
	return bytes.Equal(bytes.TrimSpace(row), t.header.line)
}

// filled says whether anything stands in a field.
func (t *table) filled(f field) bool { return len(bytes.TrimSpace(t.w.held()[f.from:f.to])) > 0 }

// split finds the fields of the row that begins here, and gives the position after its line break.
func (t *table) split() (end int, ok bool) {
	t.fields = t.fields[:0]
	for i := 0; i < t.in.limit; i++ {
		f, next, ok := t.field(i)
		if !ok {
			return 0, false
		}
		if len(t.fields) <= len(t.header.names) {
			t.fields = append(t.fields, f)
		}
		i = next
		if c, more := t.w.at(i); !more {
			return i, true
		} else if c == '\n' {
			return i + 1, true
		}
	}
	return 0, false
}

// field finds the field that begins at i, and the position of the delimiter, line break or end after it.
func (t *table) field(i int) (f field, next int, ok bool) {
	ends := string(t.header.delimiter) + "\n"
	if c, _ := t.w.at(i); c != '"' {
		next, found := t.w.find(i, t.in.limit, ends)
		return field{i, next, false}, next, found || next < t.in.limit
	}
	quote := i + 1
	for {
		if quote, ok = t.w.find(quote, t.in.limit, `"`); !ok {
			return field{}, 0, false
		}
		c, more := t.w.at(quote + 1)
		if !more || c == t.header.delimiter || c == '\n' {
			return field{i + 1, quote, true}, quote + 1, true
		}
		switch c {
		case '"':
			quote += 2
		case '\r':
			c, more = t.w.at(quote + 2)
			return field{i + 1, quote, true}, quote + 2, !more || c == '\n'
		default:
			return field{}, 0, false
		}
	}
}

// emit hands over the record of the row that ends at end.
func (t *table) emit(end int) {
	f := t.fields[t.header.record]
	body := bytes.TrimSpace(t.w.held()[f.from:f.to])
	if f.quoted {
		body = bytes.ReplaceAll(body, []byte(`""`), []byte(`"`))
	}
	const cell = 32767 // characters that Excel keeps of a cell
	switch {
	case len(body) == 0:
		t.reject(end, "AuditData is empty")
	case body[0] == '{' && body[len(body)-1] != '}' && utf8.RuneCount(body) == cell:
		t.reject(end, "AuditData was cut at 32767 characters by a spreadsheet: export the log again and do not open it there")
	case body[0] != '{':
		t.reject(end, "AuditData is "+notObject)
	default:
		t.in.record(Where{Line: t.w.line, Row: t.row}, body)
		t.w.drop(end)
	}
}

// reject hands over the first n bytes as bad and drops them.
func (t *table) reject(n int, reason string) {
	t.in.bad(Where{Line: t.w.line, Row: t.row}, bytes.TrimRight(t.w.held()[:n], "\r\n"), "%s", reason)
	t.w.drop(n)
}
