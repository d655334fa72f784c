package identity

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

const (
	youngKeys = 32 << 10 // that are kept in memory before they make a run
	runKeys   = 1 << 20  // runs of more are not merged: a run goes as a whole, when its newest record is of no use
)

// Store is the index of one partition. It is not safe for use by several goroutines. Make one with Open.
type Store struct {
	span     // the part of the partition that is known: next is the watermark
	dir      string
	binding  Binding
	log      *slog.Logger
	now      func() time.Time
	lock     *flock.Flock // nil in memory
	young    map[Key]seen
	pending  []byte // entries of young that the journal does not have yet
	oldest   int64  // when the oldest record since the last run was received
	maxYoung int    // keys in memory: more are settled
	maxRun   int    // keys in a run: more are not merged
	journal  *journal
	runs     []*run // in the order of their spans
}

// Next is the offset up to which the partition is known. Note advances it.
func (s *Store) Next() int64 { return s.next }

// Size is how many entries there are, some of them perhaps expired or of the same key, and the bytes of disk they take.
func (s *Store) Size() (entries int, bytes int64) {
	entries = len(s.young)
	if s.journal != nil {
		bytes = s.journal.size
	}
	for _, r := range s.runs {
		entries, bytes = entries+r.keys, bytes+r.size
	}
	return entries, bytes
}

// Note says whether a record is a repeat: one with its key has a smaller offset, and it or a repeat of it was received
// no longer than Window before. The record is remembered by the next Commit. Records come in the order of their
// offsets; those below Next are judged again, and by nothing but what came before them, so that what was processed
// and not committed gives what it gave. An error leaves the store as it was.
func (s *Store) Note(r Record) (repeat bool, err error) {
	known, ok, err := s.find(r.Key)
	if err != nil {
		return false, err
	}
	repeat = ok && known.first < r.Offset && known.last >= r.Received-Window.Milliseconds()
	if r.Offset < s.next {
		return repeat, nil
	}
	entry := seen{r.Offset, r.Received}
	if repeat {
		entry = seen{known.first, max(known.last, r.Received)}
	}
	s.young[r.Key] = entry
	s.pending = appendEntry(s.pending, r.Key, entry)
	s.oldest = min(s.oldest, r.Received)
	s.next, s.last = r.Offset+1, r
	return repeat, nil
}

// find gives the newest that is known of a key.
func (s *Store) find(k Key) (known seen, ok bool, err error) {
	known, ok = s.young[k]
	for i := len(s.runs) - 1; i >= 0 && !ok && err == nil; i-- {
		known, ok, err = s.runs[i].find(&k)
	}
	return known, ok, err
}

// Commit writes what was noted, together with the watermark. After an error it can be called again. What a killed
// process committed stays; what a machine without power committed last may be gone, and is read from the partition.
func (s *Store) Commit() error {
	if s.journal != nil && len(s.pending) > 0 {
		if err := s.journal.append(s.span, s.pending); err != nil {
			return err
		}
	}
	s.pending = s.pending[:0]
	if len(s.young) < s.maxYoung {
		return nil
	}
	return s.settle(min(s.now().UnixMilli(), s.oldest) - keep.Milliseconds())
}

// settle turns the young keys into a run, and forgets what was received before the horizon.
func (s *Store) settle(horizon int64) error {
	maps.DeleteFunc(s.young, func(_ Key, v seen) bool { return v.last < horizon })
	if s.journal == nil {
		s.oldest, s.maxYoung = latest, 2*len(s.young)+youngKeys
		return nil
	}
	part := span{s.began(), s.next, s.last}
	r, err := writeRun(s.dir, s.binding, part, len(s.young), sorted(s.young))
	if err != nil {
		return err
	}
	s.runs, s.oldest = append(s.runs, r), latest
	clear(s.young)
	expired := s.expire(horizon)
	if err := s.restart(); err != nil {
		return err
	}
	for _, r := range expired {
		_ = r.remove() // one that stays is before the beginning, and removed, at the next start
	}
	return s.merge(horizon)
}

// sorted gives entries in the order of their keys.
func sorted(young map[Key]seen) iter.Seq2[Key, seen] {
	type entry struct {
		Key
		seen
	}
	entries := make([]entry, 0, len(young))
	for k, v := range young {
		entries = append(entries, entry{k, v})
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	return func(yield func(Key, seen) bool) {
		for _, e := range entries {
			if !yield(e.Key, e.seen) {
				return
			}
		}
	}
}

// began gives where the journal's part of the partition begins.
func (s *Store) began() int64 {
	if n := len(s.runs); n > 0 {
		return s.runs[n-1].next
	}
	return s.from
}

// restart makes a new journal, where the runs know everything.
func (s *Store) restart() error {
	if s.journal != nil {
		_ = s.journal.close()
	}
	j, err := newJournal(filepath.Join(s.dir, "journal"), s.binding, s.span)
	if err != nil {
		return damaged("%v", err) // its old journal is closed: only a store that is opened anew can go on
	}
	s.journal = j
	return nil
}

// expire takes the oldest runs off, as far as nothing in them is of use, and gives them.
func (s *Store) expire(horizon int64) (expired []*run) {
	n := 0
	for n < len(s.runs)-1 && s.runs[n].newest < horizon {
		n++
	}
	expired, s.runs = s.runs[:n:n], s.runs[n:]
	s.from = s.runs[0].from
	return expired
}

// Close releases the store. What was not committed is forgotten.
func (s *Store) Close() {
	s.release()
	if s.lock != nil {
		_ = s.lock.Unlock()
	}
}

// release closes the files.
func (s *Store) release() {
	for _, r := range s.runs {
		_ = r.close()
	}
	if s.journal != nil {
		_ = s.journal.close()
	}
	s.runs, s.journal = nil, nil
}

// Discard throws the store away and closes it. The reason is logged.
func (s *Store) Discard(reason error) error {
	s.log.Warn("the identity store is thrown away and made anew from the raw topic", "reason", reason,
		"folder", s.dir, "partition", s.binding.Partition)
	defer s.Close()
	return s.empty()
}

// empty removes the store's files.
func (s *Store) empty() error {
	s.release()
	for _, pattern := range []string{"*.run", "*.new", "journal"} {
		paths, err := filepath.Glob(filepath.Join(s.dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove the identity store: %w", err)
			}
		}
	}
	return nil
}
