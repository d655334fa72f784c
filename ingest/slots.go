package ingest

import (
	"context"
	"sync"
)

// slots bounds how many blobs are fetched at once. Who goes first says line.
//
// A quarter of them is kept for live content of the first types and another for all the rest. No content type has
// more than half of them for one of the two, or three quarters for both. So blobs that are large, slow or stuck never
// hold up more than what is like them: a type's back-fill does not hold up what it has just got, nor does one type
// hold up the others. A tenant with one content type may use all that is not kept.
type slots struct {
	all, kept, each int

	mu    sync.Mutex
	line  line
	taken map[share]int
}

// share is a part of the slots that are taken: all, by one of the two groups, by a content type, or by both.
type share struct {
	group int    // 0 is both
	of    string // content type; "" is all
}

// shares are those that a waiter's slot counts in.
func (w *waiter) shares() [4]share {
	group := 2
	if w.class == firstLive {
		group = 1
	}
	return [...]share{{}, {group, ""}, {0, w.of}, {group, w.of}}
}

func newSlots(all, contentTypes int) *slots {
	s := &slots{all: all, kept: all / 4, each: all, taken: map[share]int{}}
	if contentTypes > 1 {
		s.each = (all + 1) / 2
	}
	return s
}

// take waits for a slot, which the caller frees. Its error is that ctx ended.
func (s *slots) take(ctx context.Context, c class, contentType string) (free func(), err error) {
	s.mu.Lock()
	w := s.line.join(c, contentType)
	s.serve()
	s.mu.Unlock()
	free = func() { s.free(w) }
	select {
	case <-w.turn:
		return free, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	left := s.line.leave(w)
	s.mu.Unlock()
	if !left {
		free()
	}
	return nil, ctx.Err()
}

func (s *slots) free(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(w, -1)
	s.serve()
}

// serve gives away what is free. The caller holds the lock.
func (s *slots) serve() {
	for w := s.line.next(s.may); w != nil; w = s.line.next(s.may) {
		s.count(w, 1)
	}
}

func (s *slots) may(w *waiter) bool {
	most := [...]int{s.all, s.all - s.kept, s.each + s.kept, s.each}
	for i, share := range w.shares() {
		if s.taken[share] >= most[i] {
			return false
		}
	}
	return true
}

func (s *slots) count(w *waiter, n int) {
	for _, share := range w.shares() {
		s.taken[share] += n
	}
}
