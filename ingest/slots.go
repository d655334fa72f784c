package ingest

import (
	"context"
	"sync"
)

// slots bounds how many blobs are fetched at once. Who goes first says line.
//
// A quarter of them is kept for live content of the first types and another for all the rest, and no content type has
// more than half, so that blobs that are large, slow or stuck never hold up more than what is like them. A tenant
// with one content type may use all that is not kept.
type slots struct {
	all, kept, each int

	mu    sync.Mutex
	line  line
	taken int
	live  int            // of them, by live content of the first types
	by    map[string]int // of them, by content type
}

func newSlots(all, contentTypes int) *slots {
	s := &slots{all: all, kept: all / 4, each: all, by: map[string]int{}}
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
	alike := s.live
	if w.class != firstLive {
		alike = s.taken - s.live
	}
	return s.taken < s.all && alike < s.all-s.kept && s.by[w.of] < s.each
}

func (s *slots) count(w *waiter, n int) {
	s.taken += n
	s.by[w.of] += n
	if w.class == firstLive {
		s.live += n
	}
}
