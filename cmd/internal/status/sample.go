package status

import (
	"context"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const (
	sampled = 300 // newest records of each partition that are looked at
	filled  = 64  // feeds without any among them that get one of their own, a look
)

// sample takes delays from the newest records of the raw topic, for the feeds that the ledger knows.
type sample struct {
	ledger *tally
	next   map[int]int64 // offset to read on from, by partition
}

func newSample(ledger *tally) *sample { return &sample{ledger, map[int]int64{}} }

// take takes a message of the raw topic.
func (s *sample) take(m schemas.Message) error {
	s.next[m.Partition] = m.Offset + 1
	s.note(schemas.RawOf(m))
	return nil
}

// note adds a record to its feed. Records of feeds that the ledger does not know are passed over.
func (s *sample) note(raw schemas.Raw) {
	if r := s.ledger.rows[feed{strings.ToLower(raw.Tenant), raw.Source}]; r != nil {
		r.recent.add(raw)
	}
}

// fill gives feeds whose records are not among the newest of all a delay of their own, from the record that the ledger
// names: a small tenant's beside a large one's. In a look it does so for some of them only, so that the look does not
// take long.
func (s *sample) fill(ctx context.Context, cluster *kafka.Cluster) error {
	n := 0
	for _, r := range s.ledger.rows {
		if r.newest == nil || len(r.recent) > 0 {
			continue
		}
		if n++; n > filled {
			return nil
		}
		at := *r.newest
		r.newest = nil // once is enough: it may be deleted by now
		m, err := cluster.At(ctx, schemas.TopicRaw, at.partition, at.offset)
		if err != nil {
			return err
		}
		s.note(schemas.RawOf(m))
	}
	return nil
}

// happened gives a record's CreationTime, which is in UTC and as a rule without a zone; zero where it has none.
func happened(body []byte) time.Time {
	text := gjson.GetBytes(body, "CreationTime").Str
	for _, form := range []string{"2006-01-02T15:04:05", time.RFC3339} { // both take a fraction of a second
		if t, err := time.Parse(form, text); err == nil {
			return t
		}
	}
	return time.Time{}
}
