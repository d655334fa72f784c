package verify

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/auditfile"
	"ualstream/schemas"
)

// Export is what an exported audit log holds: the ids of its records, with what they are about.
type Export struct {
	name      string
	records   map[string]*exported // by folded Id
	tenants   map[string]bool      // that the records name, in lower case
	kinds     map[Kind]int         // of the tenant's records, as reach found
	from, to  time.Time            // the first and the last of the tenant's, as reach found
	repeats   int
	anonymous int // without an Id
	bad       int // parts that cannot be read
}

// exported is a record of an export.
type exported struct {
	Line
	tenant string // that it names, in lower case
	here   bool
}

// foreign says whether a record names another tenant.
func (x *exported) foreign(tenant string) bool { return x.tenant != "" && x.tenant != tenant }

// folded gives the Id by which records are compared: some tools write a UUID in capitals.
func folded(id string) string {
	if len(id) == 36 && uuid.Validate(id) == nil {
		return strings.ToLower(id)
	}
	return id
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
		if err := e.add(record.Body); err != nil {
			complain(fmt.Errorf("%s: %w", record.Where, err))
		}
	}
	if len(e.records) == 0 {
		return nil, fmt.Errorf("%s holds no record with an Id: there is nothing to compare", name)
	}
	return e, nil
}

// add takes a record in. Its error says why it is none that can be compared, and that was counted.
func (e *Export) add(body []byte) error {
	id, err := schemas.RecordID(body)
	if err != nil {
		e.anonymous++
		return err
	}
	id = valid(strings.Clone(id))
	if e.records[folded(id)] != nil {
		e.repeats++
		return nil
	}
	one := &exported{Line: lineOf(id, gjson.ParseBytes(body)), tenant: strings.ToLower(gjson.GetBytes(body, "OrganizationId").Str)}
	e.records[folded(id)] = one
	if one.tenant != "" {
		e.tenants[one.tenant] = true
	}
	return nil
}

// reach finds what kinds and which time the export has of a tenant.
func (e *Export) reach(tenant string) {
	e.kinds, e.from, e.to = map[Kind]int{}, time.Time{}, time.Time{}
	for _, one := range e.records {
		if one.foreign(tenant) {
			continue
		}
		e.kinds[one.Kind]++
		if one.Time.IsZero() {
			continue
		}
		if e.from.IsZero() || one.Time.Before(e.from) {
			e.from = one.Time
		}
		if one.Time.After(e.to) {
			e.to = one.Time
		}
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

// tenant gives the tenant of the export: the one that is named, or the one that its records name. An export in which that
// tenant has no record is an error: nothing could be compared.
func (e *Export) tenant(named string) (string, error) {
	if named == "" && len(e.tenants) != 1 {
		return "", fmt.Errorf("%w: its records name %d", ErrWhose, len(e.tenants))
	}
	if named == "" {
		for t := range e.tenants {
			named = t
		}
	}
	if e.reach(named); len(e.kinds) == 0 {
		return "", fmt.Errorf("%s holds no record of tenant %s: its records name %s", e.name, named,
			strings.Join(slices.Sorted(maps.Keys(e.tenants)), ", "))
	}
	return named, nil
}

// covers says whether the export would have a record, as far as its own records show.
func (e *Export) covers(l Line) bool { return e.kinds[l.Kind] > 0 && e.spans(l) }

// spans says whether something happened in the time of the export.
func (e *Export) spans(l Line) bool {
	return !l.Time.IsZero() && !l.Time.Before(e.from) && !l.Time.After(e.to)
}

// listKinds gives kinds in order, with their numbers of records.
func listKinds(kinds map[Kind]int) []KindCount {
	list := []KindCount{}
	for _, k := range slices.SortedFunc(maps.Keys(kinds), func(a, b Kind) int {
		return strings.Compare(a.Workload+" "+a.RecordType, b.Workload+" "+b.RecordType)
	}) {
		list = append(list, KindCount{k, kinds[k]})
	}
	return list
}
