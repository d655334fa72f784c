package spill

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var noon = time.Date(2026, 2, 12, 12, 0, 0, 0, time.UTC)

// small gives a store with segments of 64 KiB, which must not lose anything.
func small(t *testing.T) *Store {
	s := New(Config{Dir: t.TempDir(), Lost: func(n int, why error) { t.Errorf("%d groups are lost: %v", n, why) }})
	s.full = 1 << 16
	t.Cleanup(s.Close)
	return s
}

type kept struct {
	window []byte
	last   time.Time
}

// TestAStoreGivesBackWhatWasSaved does at random what may be done to a store, and to a map beside it.
func TestAStoreGivesBackWhatWasSaved(t *testing.T) {
	s, rnd, want, now := small(t), rand.New(rand.NewPCG(1, 2)), map[string]kept{}, noon
	loaded, expired := 0, 0
	for i := range 60_000 {
		group := fmt.Sprint("group ", rnd.IntN(3000))
		switch k, there := want[group]; {
		case there && i > 20_000 || rnd.IntN(8) == 0:
			if got := s.Load(group); !bytes.Equal(got, k.window) || there == (got == nil) {
				t.Fatalf("step %d: %q, want %q", i, got, k.window)
			}
			delete(want, group)
			loaded++
		case !there:
			window := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, rnd.IntN(200))
			if rnd.IntN(500) == 0 {
				window = bytes.Repeat(window, 500) // more than a segment
			}
			k := kept{append(window, 'x'), now.Add(-time.Duration(rnd.IntN(600)) * time.Minute)}
			s.Save(group, k.window, k.last)
			want[group] = k
		}
		if i%1000 == 0 {
			now = now.Add(time.Hour)
			before := now.Add(-8 * time.Hour).Truncate(15 * time.Minute)
			s.Expire(before)
			for group, k := range want {
				if k.last.Before(before) {
					delete(want, group)
					expired++
				}
			}
		}
		if groups, size := s.Size(); i%100 == 0 && (groups != len(want) || size > 3*live(want)+3*1<<16) {
			t.Fatalf("step %d: %d groups, want %d; %d bytes for %d", i, groups, len(want), size, live(want))
		}
	}
	if loaded < 10_000 || expired < 1000 {
		t.Errorf("%d loaded, %d expired", loaded, expired)
	}
}

// live gives the bytes of what is of use, records of more than a segment as twice that: they are moved with others.
func live(all map[string]kept) (n int64) {
	for group, k := range all {
		n += int64(len(group) + len(k.window) + 4)
	}
	return n
}

func TestAStoreLeavesNothingBehind(t *testing.T) {
	s := small(t)
	for i := range 10_000 {
		s.Save(fmt.Sprint(i), make([]byte, 100), noon)
	}
	if len(s.order) < 10 {
		t.Fatalf("%d segments", len(s.order))
	}
	s.Close()
	if left, err := os.ReadDir(s.config.Dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestADiskThatFailsCostsWhatWouldBeOnItAndNoMore(t *testing.T) {
	lost := 0
	s := New(Config{Dir: t.TempDir(), Lost: func(n int, why error) {
		if why == nil {
			t.Error("lost, for no reason")
		}
		lost += n
	}})
	defer s.Close()
	s.full = 1 << 16
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			s.Save(fmt.Sprint(i), make([]byte, 1000), noon)
		}
	}
	fill(0, 1000)
	if lost > 0 {
		t.Fatalf("%d lost", lost)
	}
	_ = s.newest().file.Close() // no write to it succeeds any more
	fill(1000, 1100)
	if lost == 0 || lost > 200 {
		t.Errorf("%d lost of what was written to the file that failed", lost)
	}
	dir := s.config.Dir
	s.config.Dir = filepath.Join(dir, "file")
	if err := os.WriteFile(s.config.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := lost
	fill(1100, 1300)
	if lost < before+100 {
		t.Errorf("%d lost where no file can be made", lost-before)
	}
	s.config.Dir = dir
	before = lost
	fill(2000, 2300)
	there := 0
	for i := range 3000 {
		if s.Load(fmt.Sprint(i)) != nil {
			there++
		}
	}
	if lost != before || there != 1600-lost {
		t.Errorf("%d are there and %d lost of 1600, %d after the disk was well again", there, lost, lost-before)
	}
}

func TestAFileThatCannotBeReadCostsItsGroups(t *testing.T) {
	lost := 0
	s := New(Config{Dir: t.TempDir(), Lost: func(n int, _ error) { lost += n }})
	defer s.Close()
	s.full = 1 << 16
	for i := range 1000 {
		s.Save(fmt.Sprint(i), make([]byte, 1000), noon)
	}
	oldest := s.order[0]
	if err := oldest.file.Truncate(oldest.size / 2); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		s.Load(fmt.Sprint(i))
	}
	if lost < 20 || lost > 40 {
		t.Errorf("%d lost of half a file of some 64", lost)
	}
}

func TestTimesBeyondReasonDoNoHarm(t *testing.T) {
	s := small(t)
	for i, at := range []time.Time{{}, noon, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0), time.Unix(-1<<60, 0)} {
		s.Save(fmt.Sprint(i), []byte("w"), at)
	}
	s.Expire(noon.Add(time.Hour))
	if n, _ := s.Size(); n != 2 {
		t.Errorf("%d groups", n)
	}
}
