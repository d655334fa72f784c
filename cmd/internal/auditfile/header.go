package auditfile

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
)

// recordColumns hold the record: in the portal's export and that of Search-UnifiedAuditLog, in Defender's advanced
// hunting, in Splunk's export. Compared without case.
var recordColumns = []string{"auditdata", "raweventdata", "_raw"}

// headerLimit is how long a table's first lines may be to be known as such.
const headerLimit = 64 << 10

// header is what the first lines of a table say.
type header struct {
	names     []string
	record    int // the column that holds the record, or -1
	delimiter byte
	line      []byte // the header itself, as it stands
	rows      int    // rows up to and including the header
	length    int    // bytes up to the first row of the body
}

// drop drops the header and says how many rows that were.
func (h *header) drop(w *window) int {
	w.drop(h.length)
	return h.rows
}

// sniffHeader says whether the text is a table: its first line names a column for records, or it looks like names of
// columns and no JSON follows. What begins as JSON never is one.
func sniffHeader(w *window) (header, bool) {
	h := header{record: -1}
	marked := false
	for {
		line, short := h.nextLine(w)
		if !short || line[0] == '{' || line[0] == '[' {
			return h, false
		}
		sep, isSep := bytes.CutPrefix(line, []byte("sep="))
		switch {
		case bytes.HasPrefix(line, []byte("#TYPE ")): // Windows PowerShell's Export-Csv
			h.rows++
		case isSep && len(sep) == 1: // Excel's own first line
			h.delimiter = sep[0]
		default:
			h.rows++
			h.line = bytes.Clone(line)
			return h, h.columns() || marked || h.plausible(w)
		}
		marked = true
	}
}

// nextLine gives the next line that is not blank. It says false at the end, and where the line is too long for a
// header.
func (h *header) nextLine(w *window) ([]byte, bool) {
	for {
		end, found := w.find(h.length, headerLimit, "\n")
		line := bytes.TrimSpace(w.held()[h.length:end])
		if !found && end >= headerLimit {
			return line, false
		}
		h.length = end
		if found {
			h.length++
		}
		if len(line) > 0 || !found {
			return line, len(line) > 0
		}
	}
}

// columns splits the header by each delimiter in use, and says whether one of the columns holds records.
func (h *header) columns() bool {
	delimiters := []byte(",;\t|")
	if h.delimiter != 0 {
		delimiters = []byte{h.delimiter}
	}
	for _, d := range delimiters {
		r := csv.NewReader(bytes.NewReader(h.line))
		r.Comma, r.TrimLeadingSpace = rune(d), d != '\t'
		names, err := r.Read()
		i := recordColumn(names)
		if err == nil && (i >= 0 || len(names) > len(h.names)) {
			h.names, h.delimiter, h.record = names, d, i
		}
		if i >= 0 {
			return true
		}
	}
	return false
}

// list names the columns, as many as one reads.
func (h *header) list() string {
	const many = 12
	names := h.names
	if len(names) > many {
		names = append(names[:many:many], "…")
	}
	return strings.Map(printable, strings.Join(names, ", "))
}

// recordColumn gives the column that holds the record, or -1.
func recordColumn(names []string) int {
	for _, column := range recordColumns {
		for i, n := range names {
			if strings.EqualFold(strings.TrimSpace(n), column) {
				return i
			}
		}
	}
	return -1
}

// plausible says whether the header looks like names of columns, with something other than JSON below it.
func (h *header) plausible(w *window) bool {
	if len(h.names) < 2 || slices.ContainsFunc(h.names, func(n string) bool { return !columnName(n) }) {
		return false
	}
	after := *h
	below, _ := after.nextLine(w)
	return len(below) == 0 || below[0] != '{' && below[0] != '['
}

// columnName says whether a text looks like the name of a column.
func columnName(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.()@"
	letters := strings.Trim(s, allowed[52:])
	return letters != "" && len(s) <= 64 && strings.Trim(s, allowed) == ""
}
