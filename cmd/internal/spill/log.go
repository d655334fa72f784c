package spill

import (
	"errors"
	"hash/maphash"
	"slices"
)

// newest gives the segment that is written to, or nil.
func (s *Store) newest() *segment {
	if len(s.order) == 0 {
		return nil
	}
	return s.order[len(s.order)-1]
}

// write appends a record to the log and says where it is.
func (s *Store) write(record []byte, quarter uint32) (at place, ok bool) {
	g := s.newest()
	if g != nil && len(g.pending) > bufferBytes {
		s.flush(g)
	}
	if g == nil || g.size >= s.full {
		if g = s.begin(); g == nil {
			return 0, false
		}
	}
	return placeOf(g.slot, g.append(record), quarter), true
}

// flush writes what is in memory; where the disk does not take it, its groups are lost.
func (s *Store) flush(g *segment) {
	lost, err := g.flush()
	if err == nil {
		return
	}
	n := 0
	for offset := g.size; len(lost) > 0; n++ {
		group, _, rest, _ := takeRecord(lost)
		if hash, live := s.find(group, g.slot, offset); live {
			s.forget(hash)
		}
		offset += int64(len(lost) - len(rest))
		lost = rest
	}
	g.all -= n
	s.config.Lost(n, err)
}

// begin makes the log go on in a new segment.
func (s *Store) begin() *segment {
	if g := s.newest(); g != nil {
		s.flush(g)
		g.pending = nil
	}
	slot := slices.Index(s.segments, nil)
	if slot < 0 {
		slot = len(s.segments)
		s.segments = append(s.segments, nil)
	}
	var g *segment
	err := errors.New("more groups than there is room for")
	if slot < maxSegments {
		g, err = newSegment(s.config.Dir, slot)
	}
	if err != nil {
		s.config.Lost(1, err)
		return nil
	}
	s.segments[slot] = g
	s.order = append(s.order, g)
	return g
}

// tidy takes the oldest segments away while more than half of the log is of no use; what is of use in them is written
// anew. So a byte is moved about once for each that was of no use.
func (s *Store) tidy() {
	for len(s.order) > 1 {
		var all, dead int64
		for _, g := range s.order {
			all += g.size
			dead += g.size * int64(g.all-g.live) / int64(max(1, g.all))
		}
		if 2*dead <= all {
			return
		}
		s.move(s.order[0])
	}
}

// move writes what is of use in a segment anew, and takes it away.
func (s *Store) move(g *segment) {
	records, err := g.bytes(0, g.size)
	if err != nil {
		s.config.Lost(s.drop(g), err)
		return
	}
	for offset := int64(0); len(records) > 0; {
		group, _, rest, more := takeRecord(records)
		if more > 0 {
			break // what is not whole was never written
		}
		size := int64(len(records) - len(rest))
		if hash, live := s.find(group, g.slot, offset); live {
			quarter := s.index[hash].quarter()
			delete(s.index, hash)
			if at, ok := s.write(records[:size], quarter); ok {
				s.index[hash] = at
			}
		}
		offset, records = offset+size, rest
	}
	s.remove(g)
}

// find gives the hash under which the record of a group at a place stands in the index, if it does.
func (s *Store) find(group []byte, slot int, offset int64) (hash uint64, ok bool) {
	for _, seed := range s.seeds {
		hash = maphash.Bytes(seed, group)
		if at, there := s.index[hash]; there && at.slot() == slot && at.offset() == offset {
			return hash, true
		}
	}
	return 0, false
}

// drop takes a segment away, with the groups that are in it.
func (s *Store) drop(g *segment) (groups int) {
	for hash, at := range s.index {
		if at.slot() == g.slot {
			delete(s.index, hash)
			groups++
		}
	}
	s.remove(g)
	return groups
}

// remove takes a segment away in which nothing is of use.
func (s *Store) remove(g *segment) {
	s.segments[g.slot] = nil
	s.order = slices.DeleteFunc(s.order, func(o *segment) bool { return o == g })
	g.close()
}
