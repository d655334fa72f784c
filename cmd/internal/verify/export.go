package verify

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/auditfile"
	"ualstream/schemas"
)

// Export is what an exported audit log holds: the ids of its records, with what they are about.
type Export struct {
	name      string
	records   map[string]*exported // by Id
	tenants   map[string]bool      // that the records name, in lower case
	kinds     map[Kind]int
	from, to  time.Time
	repeats   int
	anonymous int // without an Id
	bad       int // parts that cannot be read
}

// exported is a record of an export.
type exported struct {
	Line
	here bool
}

// Kind is a workload and record type.
type Kind struct {
	Workload   string `json:"workload"`
	RecordType string `json:"record_type"` // its number
}

// Line names a record that only one side has.
type Line struct {
	ID        string    `json:"id"`
	Time      time.Time `json:"time,omitzero"` // its CreationTime
	Operation string    `json:"operation"`
	Kind
}

// ReadExport reads an exported log in any of the forms that auditfile reads. What cannot be read is told to complain and
// counted. Its error is that reading r failed, or that there was no record.
func ReadExport(r io.Reader, name string, complain func(error)) (*Export, error) {
	e := &Export{name: name, records: map[string]*exported{}, tenants: map[string]bool{}, kinds: map[Kind]int{}}
	for record, err := range auditfile.Records(r, name) {
		if _, ok := errors.AsType[*auditfile.BadInput](err); ok {
			e.bad++
			complain(err)
			continue
		}
		if err != nil {
			return nil, err
		}
		e.add(record.Body)
	}
	if len(e.records) == 0 {
		return nil, fmt.Errorf("%s holds no record with an Id: there is nothing to compare", name)
	}
	return e, nil
}

func (e *Export) add(body []byte) {
	id, err := schemas.RecordID(body)
	if err != nil {
		e.anonymous++
		return
	}
	id = valid(strings.Clone(id))
	if e.records[id] != nil {
		e.repeats++
		return
	}
	l := lineOf(id, gjson.ParseBytes(body))
	e.records[id] = &exported{Line: l}
	e.kinds[l.Kind]++
	if t := gjson.GetBytes(body, "OrganizationId").Str; t != "" {
		e.tenants[strings.ToLower(t)] = true
	}
	if l.Time.IsZero() {
		return
	}
	if e.from.IsZero() || l.Time.Before(e.from) {
		e.from = l.Time
	}
	if l.Time.After(e.to) {
		e.to = l.Time
	}
}

// lineOf names a record.
func lineOf(id string, record gjson.Result) Line {
	text := func(name string) string { return strings.Clone(record.Get(name).String()) }
	return Line{id, happened(record.Get("CreationTime").Str), text("Operation"), Kind{text("Workload"), text("RecordType")}}
}

// happened reads a CreationTime, which is in UTC and as a rule without a zone; zero where it is none.
func happened(text string) time.Time {
	for _, form := range []string{"2006-01-02T15:04:05", time.RFC3339} { // both take a fraction of a second
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// ErrWhose says that an export does not tell of which tenant it is.
var ErrWhose = errors.New("the export does not tell of which tenant it is")

// tenant gives the tenant of the export: the one that is named, or the one that its records name.
func (e *Export) tenant(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if len(e.tenants) != 1 {
		return "", fmt.Errorf("%w: its records name %d", ErrWhose, len(e.tenants))
	}
	for t := range e.tenants {
		named = t
	}
	return named, nil
}

// covers says whether the export would have a record, as far as its own records show.
func (e *Export) covers(l Line) bool {
	return e.kinds[l.Kind] > 0 && !l.Time.IsZero() && !l.Time.Before(e.from) && !l.Time.After(e.to)
}

// listKinds gives the kinds in order, with their numbers of records.
func (e *Export) listKinds() (list []KindCount) {
	for _, k := range slices.SortedFunc(maps.Keys(e.kinds), func(a, b Kind) int {
		return strings.Compare(a.Workload+" "+a.RecordType, b.Workload+" "+b.RecordType)
	}) {
		list = append(list, KindCount{k, e.kinds[k]})
	}
	return list
}
