package ingest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ualstream/schemas"
)

// history is a partition of the ledger topic through weeks: owners that come and go, each of which reads what compaction
// has left, settles blobs and writes days, and of each of which something may arrive long after its end.
type history struct {
	t     *testing.T
	dice  *rand.Rand
	now   time.Time
	topic []schemas.Message
	// what is true
	states map[string]schemas.BlobState // by contentId
	final  map[string]schemas.Day       // the first final entry of each day
}

func TestNoDayIsCountedTwiceOrForgotten(t *testing.T) {
	for seed := range uint64(20) {
		h := &history{
			t: t, dice: rand.New(rand.NewPCG(seed, 7)), now: noon,
			states: map[string]schemas.BlobState{}, final: map[string]schemas.Day{},
		}
		var late []schemas.Day
		for range 25 {
			owner := h.owner()
			for range h.dice.IntN(4) {
				h.live(owner)
			}
			if h.dice.IntN(3) == 0 {
				for _, d := range late {
					h.put(d)
				}
			}
			h.write(owner.Days(h.now))
			h.compact()
			if owner = h.owner(); h.dice.IntN(2) == 0 {
				h.write(owner.Days(h.now))
			}
			h.bury(owner)
			late = owner.Days(h.now.Add(time.Duration(h.dice.IntN(2)*48) * time.Hour)) // after a sleep, perhaps
		}
		h.judge(seed)
	}
}

// owner is a ledger that has read the topic.
func (h *history) owner() *Ledger {
	l := NewLedger()
	for _, m := range h.topic {
		if err := l.Take(m); err != nil {
			h.t.Fatal(err)
		}
	}
	l.Forget(h.now, h.now)
	return l
}

// live lets some hours pass, in which blobs are listed, fetched and given up.
func (h *history) live(l *Ledger) {
	for range h.dice.IntN(12) {
		b := schemas.Blob{
			Tenant: tenant, ContentType: "Audit.Exchange", ContentID: fmt.Sprint(h.dice.IntN(400)), Records: 1, At: h.now,
			State: []schemas.BlobState{schemas.BlobListed, schemas.BlobLost, schemas.BlobStored}[h.dice.IntN(3)],
		}
		var age int
		_, _ = fmt.Sscan(b.ContentID, &age)
		b.Created = noon.Add(time.Duration(age) * time.Hour)
		b.Expires = b.Created.Add(retention)
		if h.now.Before(b.Created) || h.now.After(b.Expires) || rankOf(b.State) < l.blobs[idOfBlob(b)].rank() {
			continue
		}
		h.put(b)
		l.Apply(b)
		if rankOf(b.State) > rankOf(h.states[b.ContentID]) {
			h.states[b.ContentID] = b.State
		}
	}
	for _, b := range l.Expired(h.now) {
		h.put(b)
		l.Apply(b)
		h.states[b.ContentID] = schemas.BlobLost
	}
	h.now = h.now.Add(time.Duration(h.dice.IntN(24)) * time.Hour)
}

func (h *history) put(e interface {
	Message() (schemas.Message, error)
}) {
	m, err := e.Message()
	if err != nil {
		h.t.Fatal(err)
	}
	h.topic = append(h.topic, m)
}

func (h *history) write(days []schemas.Day) {
	for _, d := range days {
		first, was := h.final[d.Day]
		if was && d.Final && !same(first, d) {
			h.t.Errorf("final day %+v becomes %+v", first, d)
		}
		if d.Final && !was {
			h.final[d.Day] = d
		}
		h.put(d)
	}
}

// compact leaves the last entry of each key, in what is not the topic's end.
func (h *history) compact() {
	last := map[string]int{}
	end := h.dice.IntN(len(h.topic) + 1)
	for i, m := range h.topic[:end] {
		last[string(m.Key)] = i
	}
	var left []schemas.Message
	for i, m := range h.topic {
		if i >= end || last[string(m.Key)] == i {
			left = append(left, m)
		}
	}
	h.topic = left
}

// bury writes tombstones for blobs whose day is final in the topic.
func (h *history) bury(l *Ledger) {
	for _, m := range h.topic {
		if schemas.IsDay(m) || len(m.Value) == 0 {
			continue
		}
		b, err := schemas.BlobOf(m)
		if err != nil {
			h.t.Fatal(err)
		}
		if h.now.After(b.Expires.Add(8*24*time.Hour)) && l.Final(b.Tenant, b.ContentType, b.Day()) {
			h.put(tombstone(b))
		}
	}
}

// judge compares what a reader sums with what is true.
func (h *history) judge(seed uint64) {
	want := map[string]int{}
	for id, state := range h.states {
		var age int
		_, _ = fmt.Sscan(id, &age)
		want[schemas.DayOf(noon.Add(time.Duration(age)*time.Hour))+string(state)]++
	}
	h.write(h.owner().Days(h.now))
	sums := map[string]schemas.Day{}
	for _, m := range h.topic {
		if schemas.IsDay(m) {
			d, err := schemas.DaySummary(m)
			if err != nil {
				h.t.Fatal(err)
			}
			sums[d.Day] = d
		}
	}
	got := map[string]int{}
	for day, d := range sums {
		got[day+"listed"], got[day+"stored"], got[day+"lost"] = d.Listed, d.Stored, d.Lost
		if d.Records != d.Stored+d.Lost+d.Listed {
			h.t.Errorf("seed %d: %+v of blobs with a record each", seed, d)
		}
	}
	for key, n := range got {
		if want[key] != n {
			h.t.Errorf("seed %d: %s is %d, want %d", seed, key, n, want[key])
		}
		delete(want, key)
	}
	if len(want) != 0 || len(h.final) < 3 {
		h.t.Errorf("seed %d: not counted %v, %d days are final", seed, want, len(h.final))
	}
}
