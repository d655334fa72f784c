package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"ualstream/schemas"
)

// Log is the partition that a store is an index of.
type Log interface {
	// At gives the record at an offset, or the zero message where there is none.
	At(ctx context.Context, offset int64) (schemas.Message, error)
	// Since gives the first offset whose record was not received before t, or the end of the partition.
	Since(ctx context.Context, t time.Time) (int64, error)
	// Read gives the records from one offset up to but not including another, as far as they are there, in order.
	Read(ctx context.Context, from, to int64, each func(schemas.Message) error) error
}

// Config says what to open.
type Config struct {
	Dir     string // of this partition alone, made if it is missing; empty for a store in memory, for trying
	Binding Binding
	Log     Log
	// Behind, if not nil, is told how many offsets are still to be read, now and then and at the end.
	Behind func(offsets int64)
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil for silence
}

// ReplacedError says that the partition was cut before the store's newest record and was written anew from there, or was
// made anew, though records up to an offset beyond have been processed: what was written in their place has not been. Who
// goes on from there loses it.
type ReplacedError struct {
	Offset   int64     // of the store's newest record, where there is another now
	Received time.Time // when the store's newest record was: what was written in place of others came later
	Dir      string    // of the store
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("the topic has another record at offset %d than it had: the topic was made anew or cut, and written again", e.Offset)
}

// Open gives a store that knows what the partition holds before an offset: what is on disk, and what is missing there
// from the partition, else all of it that was received within Window before the record at that offset. A store that is
// damaged, of another version or of another partition is thrown away with one line in the log. Until ctx ends it may
// take as long as reading 14 days takes; what was read by then is kept. ErrInUse may pass.
func Open(ctx context.Context, c Config, offset int64) (*Store, error) {
	s := &Store{
		dir: c.Dir, binding: c.Binding, log: cmp.Or(c.Logger, slog.New(slog.DiscardHandler)), now: c.Now,
		young: map[Key]seen{}, oldest: latest, maxYoung: youngKeys, maxRun: runKeys,
	}
	if s.now == nil {
		s.now = time.Now
	}
	err := s.acquire()
	if err == nil {
		err = s.ready(ctx, c, offset)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// acquire takes the folder.
func (s *Store) acquire() error {
	if s.dir == "" {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make the identity store's folder: %w", err)
	}
	lock := flock.New(filepath.Join(s.dir, "lock"))
	mine, err := lock.TryLock()
	switch {
	case err != nil:
		return fmt.Errorf("lock the identity store: %w", err)
	case !mine:
		return fmt.Errorf("%w: %s; a second deployment on one machine needs a folder of its own, see --state", ErrInUse, s.dir)
	}
	s.lock = lock
	return nil
}

// ready makes the store know everything before the offset.
func (s *Store) ready(ctx context.Context, c Config, offset int64) error {
	since, err := s.horizon(ctx, c.Log, offset)
	if err != nil {
		return err
	}
	unfit := s.load()
	if unfit == nil {
		unfit, err = s.foreign(ctx, c.Log)
		if err != nil {
			return err
		}
	}
	if replaced, ok := errors.AsType[*ReplacedError](unfit); ok && replaced.Offset < offset {
		return replaced
	}
	switch {
	case unfit != nil && !errors.Is(unfit, os.ErrNotExist):
		s.log.Warn("the identity store is thrown away and made anew from the raw topic", "reason", unfit,
			"folder", s.dir, "partition", s.binding.Partition)
		fallthrough
	case unfit != nil || s.next < since: // of no use any more
		if err := s.anew(since); err != nil {
			return err
		}
	}
	return s.catchUp(ctx, c, offset)
}

// horizon gives the offset from which records matter to one at the offset, or later. Who is behind needs older ones,
// and a clock that is ahead must not make it forget.
func (s *Store) horizon(ctx context.Context, log Log, offset int64) (int64, error) {
	at := s.now()
	before, err := log.At(ctx, offset-1)
	if err != nil {
		return 0, err
	}
	if !before.Time.IsZero() && before.Time.Before(at) {
		at = before.Time
	}
	since, err := log.Since(ctx, at.Add(-keep))
	return min(since, max(0, offset)), err
}

// load reads what is on disk. Nothing there is os.ErrNotExist.
func (s *Store) load() error {
	if s.dir == "" {
		return os.ErrNotExist
	}
	paths, err := runFiles(s.dir)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, "journal")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && len(paths) == 0 {
		return os.ErrNotExist
	}
	j, newest, err := openJournal(path, s.binding)
	if err != nil {
		return err
	}
	s.journal = j
	if err := s.loadRuns(paths, newest.begins); err != nil {
		return err
	}
	return s.follow(newest)
}

// loadRuns opens the runs. One inside another was merged into it, and one before the beginning had expired, and the
// process ended before it could remove it.
func (s *Store) loadRuns(paths []string, begins int64) error {
	for _, path := range paths {
		r, err := openRun(path, s.binding)
		if err != nil {
			return err
		}
		s.runs = append(s.runs, r)
	}
	slices.SortFunc(s.runs, func(a, b *run) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.next, a.next)) })
	var chain []*run
	for i, r := range s.runs {
		switch {
		case r.next <= begins:
			_ = r.remove()
		case r.from <= begins:
			chain, begins = append(chain, r), r.next
		default:
			s.runs = slices.Concat(chain, s.runs[i:])
			return damaged("the records from offset %d to %d are missing in it", begins, r.from)
		}
	}
	s.runs = chain
	return nil
}

// follow joins the journal to the runs.
func (s *Store) follow(newest journaled) error {
	s.span = newest.span
	last := span{next: newest.begins}
	if n := len(s.runs); n > 0 {
		last, s.from = s.runs[n-1].span, s.runs[0].from
	}
	switch {
	case newest.from == last.next:
		s.young = newest.known
	case newest.from < last.next && newest.next <= last.next: // its keys are in the run, and the process ended there
		s.next, s.last = last.next, last.last
		return s.restart()
	default:
		return damaged("the records from offset %d to %d are missing in it", last.next, newest.from)
	}
	return nil
}

// foreign says why the store is not one of this partition: the record at the watermark is another now.
func (s *Store) foreign(ctx context.Context, log Log) (unfit, err error) {
	if s.last == (Record{}) {
		return nil, nil // it knows nothing yet
	}
	m, err := log.At(ctx, s.last.Offset)
	if err != nil {
		return nil, err
	}
	if m.Time.IsZero() {
		return fmt.Errorf("the topic has no record at offset %d, where it ends: the topic was made anew, cut, or has expired up to there", s.last.Offset), nil
	}
	if RecordOf(&m) != s.last {
		return &ReplacedError{s.last.Offset, time.UnixMilli(s.last.Received).UTC(), s.dir}, nil
	}
	return nil, nil
}

// anew makes an empty store that begins at an offset.
func (s *Store) anew(from int64) error {
	s.span, s.young = span{from: from, next: from}, map[Key]seen{}
	if s.dir == "" {
		return nil
	}
	if err := s.empty(); err != nil {
		return err
	}
	return s.restart()
}

// catchUp reads what the store lacks before the offset.
func (s *Store) catchUp(ctx context.Context, c Config, offset int64) error {
	const every = 1000 // records that one part of the journal has
	tell := func(left int64) {
		if c.Behind != nil {
			c.Behind(max(0, left))
		}
	}
	tell(offset - s.next)
	noted := 0
	err := c.Log.Read(ctx, s.next, offset, func(m schemas.Message) error {
		if _, err := s.Note(RecordOf(&m)); err != nil {
			return err
		}
		if noted++; noted%every > 0 {
			return nil
		}
		tell(offset - s.next)
		return s.Commit()
	})
	if err == nil {
		err = s.Commit()
	}
	if err == nil {
		tell(0)
	}
	return err
}
