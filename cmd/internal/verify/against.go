package verify

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Comparison says what of an exported log is here, and the other way round. Records are compared by their Ids: those of
// the export with all events and rejects of the tenant; those that are here with the export as far as they are within
// its time range and of a kind that it has. Those of other kinds are told apart: the export may have been filtered.
type Comparison struct {
	Export     string      `json:"export"` // the file's name
	Tenant     string      `json:"tenant"`
	From       time.Time   `json:"from"` // the first CreationTime in the export
	To         time.Time   `json:"to"`   // and the last
	Kinds      []KindCount `json:"kinds"`
	Records    int         `json:"records"`    // distinct ones in the export
	Repeats    int         `json:"repeats"`    // further ones with the Id of another
	Unreadable int         `json:"unreadable"` // parts of the export that are no record with an Id
	Here       int         `json:"here"`       // distinct records that are here, within the range and of the kinds
	NotHere    []Line      `json:"not_here"`   // in the export, and neither an event nor a reject
	NotThere   []Line      `json:"not_there"`  // here, and not in the export; the first 100,000 that were found
	Unnamed    int         `json:"unnamed"`    // further ones, which are counted only
	// Foreign counts the records of the export that name another tenant and are not here. They are not in NotHere.
	Foreign int `json:"of_other_tenants"`
	// OtherKinds counts the records that are here, within the range, and of kinds that the export has none of; Others are
	// the first 100 of them.
	OtherKinds []KindCount `json:"other_kinds"`
	Others     []Line      `json:"others"`
	// Before and After are those that are here, of kinds that the export has, and happened next before its first record and
	// next after its last: what the export lacks at its edges is among them. At most five each, the nearest first.
	Before []Line `json:"next_before"`
	After  []Line `json:"next_after"`
	// BeforeCoverage counts those of NotHere that happened before anything of the tenant is covered.
	BeforeCoverage int `json:"before_coverage"`
}

// KindCount is a kind and how many records the export has of it.
type KindCount struct {
	Kind
	Records int `json:"records"`
}

// mostOthers is how many records are named of kinds that an export has none of.
const mostOthers = 100

// mostNext is how many records are named beyond each edge of an export.
const mostNext = 5

// early is how long before it happened, by our clock, a record may be received.
const early = time.Hour

// matching compares an export with what is here.
type matching struct {
	export *Export
	tenant string
	read   *atomic.Int64

	mu    sync.Mutex
	found map[string]bool // folded ids that are here and not in the export
	other map[Kind]int    // kinds that are here and not in the export
	out   Comparison
}

// compare reads what was received since the export begins.
func (m *matching) compare(ctx context.Context, cluster *kafka.Cluster) (Comparison, error) {
	e := m.export
	m.found, m.other = map[string]bool{}, map[Kind]int{}
	m.out = Comparison{
		Export: e.name, Tenant: m.tenant, From: e.from, To: e.to, Kinds: listKinds(e.kinds), Records: len(e.records), Repeats: e.repeats,
		Unreadable: e.bad + e.anonymous, NotHere: []Line{}, NotThere: []Line{}, Others: []Line{}, Before: []Line{}, After: []Line{},
	}
	var since time.Time
	if !e.from.IsZero() {
		since = e.from.Add(-early)
	}
	for _, topic := range []schemas.Topic{schemas.TopicEvents, schemas.TopicRejects} {
		_, err := cluster.Scan(ctx, kafka.Scan{Topic: topic, Since: since}, func(int) func(schemas.Message) error {
			return func(msg schemas.Message) error {
				m.read.Add(1)
				m.take(&msg)
				return nil
			}
		})
		if err != nil {
			return m.out, err
		}
	}
	m.conclude()
	return m.out, nil
}

// take notes a message that is here.
func (m *matching) take(msg *schemas.Message) {
	n := nameOfOutcome(msg)
	if n.tenant != m.tenant {
		return
	}
	record, id := gjson.GetBytes(msg.Value, "unmapped"), n.id
	if msg.Topic == schemas.TopicRejects {
		record = gjson.ParseBytes(msg.Value)
		if strings.HasPrefix(id, "x:") { // it may have an Id and be no record for another reason
			id = valid(record.Get("Id").Str)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := folded(id)
	if one := m.export.records[key]; one != nil {
		if !one.here && m.export.covers(one.Line) {
			m.out.Here++
		}
		one.here = true
		return
	}
	if id != "" && !m.found[key] {
		m.onlyHere(key, lineOf(id, record))
	}
}

// onlyHere notes a record that the export does not have, by its folded id.
func (m *matching) onlyHere(key string, l Line) {
	switch {
	case !m.export.spans(l):
		m.beyond(key, l)
		return
	case !m.export.covers(l):
		m.other[l.Kind]++
		if len(m.out.Others) < mostOthers {
			m.out.Others = append(m.out.Others, l)
		}
		return
	case len(m.out.NotThere) < mostNamed:
		m.out.NotThere = append(m.out.NotThere, l)
	default:
		m.out.Unnamed++
	}
	m.found[key] = true
	m.out.Here++
}

// beyond notes a record if it is one of those next to the export's time.
func (m *matching) beyond(key string, l Line) {
	if l.Time.IsZero() || m.export.from.IsZero() || m.export.kinds[l.Kind] == 0 {
		return
	}
	list, farther := &m.out.Before, func(a, b Line) int { return b.Time.Compare(a.Time) }
	if l.Time.After(m.export.to) {
		list, farther = &m.out.After, func(a, b Line) int { return a.Time.Compare(b.Time) }
	}
	if !slices.ContainsFunc(*list, func(other Line) bool { return folded(other.ID) == key }) {
		at, _ := slices.BinarySearchFunc(*list, l, farther)
		*list = slices.Insert(*list, at, l)
		*list = (*list)[:min(len(*list), mostNext)]
	}
}

// conclude names what was not found.
func (m *matching) conclude() {
	for _, one := range m.export.records {
		switch {
		case one.here:
		case one.foreign(m.tenant):
			m.out.Foreign++
		default:
			m.out.NotHere = append(m.out.NotHere, one.Line)
		}
	}
	m.out.OtherKinds = listKinds(m.other)
	for _, list := range [][]Line{m.out.NotHere, m.out.NotThere, m.out.Others} {
		slices.SortFunc(list, func(a, b Line) int {
			if d := a.Time.Compare(b.Time); d != 0 {
				return d
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
}
