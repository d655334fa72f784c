// Package spill keeps on disk what is too much for memory: windows of groups, each saved, loaded and saved again as its
// group is seen.
//
// It takes bytes by a group's name and gives them back once. It is a cache of what a process knows anyway or can build
// anew: it begins empty, forces nothing to disk, and leaves nothing behind. A disk that is full or fails costs what would
// have been on it and nothing more. It must not know what a window is.
//
// A store is an append-only log in segments of files, and an index of 16 bytes a group in memory. Segments in which
// nothing is of use any more are removed; of the oldest the rest is written anew when half of the log is of no use.
package spill

import (
	"errors"
	"hash/maphash"
	"time"
)

// Config says what a store is.
type Config struct {
	Dir string // where its files are made
	// Lost, if not nil, is told of groups that were lost, and why.
	Lost func(groups int, why error)
}

// Store keeps windows by group. It is not safe for use by several goroutines. It makes no file before the first Save.
type Store struct {
	config   Config
	index    map[uint64]place // by one of two hashes of the group
	seeds    [2]maphash.Seed
	segments []*segment // by slot; nil where a slot is free
	order    []*segment // from the oldest to the one that is written to
	full     int64      // the size from which a segment is written to no more
	record   []byte     // in work
}

// New gives an empty store.
func New(c Config) *Store {
	if c.Lost == nil {
		c.Lost = func(int, error) {}
	}
	return &Store{config: c, index: map[uint64]place{}, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, full: segmentBytes}
}

// Save keeps the window of a group that is not there, until Load or until event time is past last.
func (s *Store) Save(group string, window []byte, last time.Time) {
	hash, free := s.vacant(group)
	if !free {
		s.config.Lost(1, errors.New("two groups with the same hashes"))
		return
	}
	s.record = appendRecord(s.record[:0], group, window)
	before := s.newest()
	if at, ok := s.write(s.record, quarterOf(last)); ok {
		s.index[hash] = at
	}
	if s.newest() != before {
		s.tidy()
	}
}

// vacant gives a hash of the group that no other has.
func (s *Store) vacant(group string) (hash uint64, ok bool) {
	for _, seed := range s.seeds {
		hash = maphash.String(seed, group)
		if _, taken := s.index[hash]; !taken {
			return hash, true
		}
	}
	return 0, false
}

// Load gives the window of a group and forgets it; nil where there is none. What it gives is valid until the next call.
func (s *Store) Load(group string) []byte {
	for _, seed := range s.seeds {
		hash := maphash.String(seed, group)
		at, there := s.index[hash]
		if !there {
			continue
		}
		g := s.segments[at.slot()]
		found, window, err := g.read(at.offset())
		if err != nil {
			s.forget(hash)
			s.config.Lost(1, err)
		} else if string(found) == group {
			s.forget(hash)
			return window
		}
	}
	return nil
}

// Expire forgets windows that were saved with a time before this one, as far as a quarter of an hour tells them apart.
func (s *Store) Expire(before time.Time) {
	limit := quarterOf(before)
	for hash, at := range s.index {
		if at.quarter() < limit {
			s.forget(hash)
		}
	}
	s.tidy()
}

// forget takes a group out of the index, and its segment away if nothing is left in it.
func (s *Store) forget(hash uint64) {
	g := s.segments[s.index[hash].slot()]
	delete(s.index, hash)
	g.live--
	if g.live == 0 && g != s.newest() {
		s.remove(g)
	}
}

// Size gives the number of groups, and the bytes that they take on disk, those of no use with them.
func (s *Store) Size() (groups int, bytes int64) {
	for _, g := range s.order {
		bytes += g.size
	}
	return len(s.index), bytes
}

// Close forgets everything.
func (s *Store) Close() {
	for _, g := range s.order {
		g.close()
	}
	s.index, s.segments, s.order = nil, nil, nil
}
