package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

const day = 24 * time.Hour

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

var here = Binding{Cluster: "c1", Topic: "m365.raw", Partition: 3}

// partition is a Log: messages by offset, the first of which may have expired.
type partition struct {
	all   []schemas.Message
	first int64
	reads int64 // records given by Read
}

// write appends a record that was received at that time, and gives it.
func (p *partition) write(key string, at time.Duration) Record {
	m := schemas.Message{Topic: schemas.TopicRaw, Offset: int64(len(p.all)), Key: []byte(key), Time: start.Add(at)}
	m.SetHeader(schemas.HeaderTenant, "t")
	p.all = append(p.all, m)
	return RecordOf(&m)
}

func (p *partition) end() int64 { return int64(len(p.all)) }

func (p *partition) At(_ context.Context, offset int64) (schemas.Message, error) {
	if offset < p.first || offset >= p.end() {
		return schemas.Message{}, nil
	}
	return p.all[offset], nil
}

func (p *partition) Since(_ context.Context, t time.Time) (int64, error) {
	for o := p.first; o < p.end(); o++ {
		if !p.all[o].Time.Before(t) {
			return o, nil
		}
	}
	return p.end(), nil
}

func (p *partition) Read(ctx context.Context, from, to int64, each func(schemas.Message) error) error {
	for o := max(from, p.first); o < min(to, p.end()); o++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.reads++
		if err := each(p.all[o]); err != nil {
			return err
		}
	}
	return nil
}

// logBook keeps log lines.
type logBook struct{ bytes.Buffer }

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func (p *partition) config(dir string, now time.Duration) Config {
	return Config{Dir: dir, Binding: here, Log: p, Now: func() time.Time { return start.Add(now) }}
}

func open(t testing.TB, c Config, offset int64) *Store {
	t.Helper()
	s, err := Open(t.Context(), c, offset)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func note(t testing.TB, s *Store, records ...Record) (repeats []bool) {
	t.Helper()
	for _, r := range records {
		repeat, err := s.Note(r)
		if err != nil {
			t.Fatal(err)
		}
		repeats = append(repeats, repeat)
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	return repeats
}

func TestARecordIsARepeatOfAnEarlierOneNeverOfItself(t *testing.T) {
	p := &partition{}
	a, b, again := p.write("a", 0), p.write("b", 0), p.write("a", time.Hour)
	s := open(t, p.config(t.TempDir(), 0), 0)
	want := []bool{false, false, true}
	if got := note(t, s, a, b, again); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := note(t, s, a, b, again); !slices.Equal(got, want) {
		t.Errorf("processed once more, after an abort: got %v, want %v", got, want)
	}
	if note(t, s, a); s.Next() != 3 {
		t.Errorf("the watermark went back to %d", s.Next())
	}
}

func TestKeysOfTwoTenantsAreTwoKeys(t *testing.T) {
	m := schemas.Message{Key: []byte("k")}
	of := func(tenant string, key string) Key {
		m.SetHeader(schemas.HeaderTenant, tenant)
		m.Key = []byte(key)
		return KeyOf(&m)
	}
	if of("t", "k") == of("u", "k") || of("ta", "b") == of("t", "ab") {
		t.Error("a key must follow from tenant and raw key, each of them whole")
	}
}

func TestARepeatCountsWithin14DaysOfTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		name  string
		times []time.Duration
		want  []bool
	}{
		{"to the millisecond", []time.Duration{0, Window}, []bool{false, true}},
		{"and not one later", []time.Duration{0, Window + time.Millisecond}, []bool{false, false}},
		{"a repeat keeps it known", []time.Duration{0, 10 * day, 20 * day, 30 * day}, []bool{false, true, true, true}},
		{"it begins anew", []time.Duration{0, 15 * day, 16 * day}, []bool{false, false, true}},
		{"clocks may differ", []time.Duration{day, 0, Window + time.Hour}, []bool{false, true, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &partition{}
			s := open(t, p.config(t.TempDir(), 0), 0)
			var records []Record
			for _, at := range c.times {
				records = append(records, p.write("a", at))
			}
			if got := note(t, s, records...); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if got := note(t, s, records...); !slices.Equal(got[1:], c.want[1:]) {
				t.Errorf("processed once more: got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAnotherWorkerCannotHaveTheStore(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := open(t, p.config(dir, 0), 0)
	if _, err := Open(t.Context(), p.config(dir, 0), 0); !errors.Is(err, ErrInUse) {
		t.Fatalf("error %v, want ErrInUse", err)
	}
	s.Close()
	open(t, p.config(dir, 0), 0)
}

// fill writes records of keys that are their own and gives a store that knows them, with a run for each 1000.
func fill(t testing.TB, p *partition, dir string, records int) *Store {
	t.Helper()
	s := open(t, p.config(dir, 0), 0)
	s.maxYoung = 1000
	for i := range records {
		note(t, s, p.write(fmt.Sprint("key ", i), time.Duration(i)*time.Second))
	}
	return s
}

func TestWhatWasCommittedSurvivesAKill(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	fill(t, p, dir, 3500)
	copied := crash(t, dir)
	s := open(t, p.config(copied, 0), p.end())
	if p.reads > 0 {
		t.Errorf("%d records were read, though all were known", p.reads)
	}
	for i := range 3500 {
		if got := note(t, s, p.write(fmt.Sprint("key ", i), time.Hour)); !got[0] {
			t.Fatalf("key %d is not known any more", i)
		}
	}
}

func TestWhoIsBehindForgetsNothingThatItStillNeeds(t *testing.T) {
	p := &partition{}
	s := open(t, p.config(t.TempDir(), 40*day), 0)
	s.maxYoung, s.maxRun = 100, 200
	for _, at := range []time.Duration{0, 13 * day} {
		for i := range 1000 {
			if got := note(t, s, p.write(fmt.Sprint("key ", i), at)); got[0] != (at > 0) {
				t.Fatalf("key %d, received after %s: a repeat is %v", i, at, got[0])
			}
		}
	}
}

// crash gives a copy of a store's folder as a process that is killed leaves it.
func crash(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestAStoreThatIsBehindCatchesUpFromItsWatermark(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	fill(t, p, dir, 100).Close()
	for i := range 50 {
		p.write(fmt.Sprint("later ", i), time.Hour)
	}
	c := p.config(dir, 0)
	var behind []int64
	c.Behind = func(n int64) { behind = append(behind, n) }
	s := open(t, c, 140)
	if p.reads != 40 || s.Next() != 140 {
		t.Errorf("%d records were read, up to %d, want the 40 from 100 to 140", p.reads, s.Next())
	}
	if want := []int64{40, 0}; !slices.Equal(behind, want) {
		t.Errorf("told to be behind %v, want %v", behind, want)
	}
	if got := note(t, s, p.write("later 39", time.Hour), p.write("later 40", time.Hour)); !got[0] || got[1] {
		t.Errorf("got %v: the record before the offset must be known, the one at it not yet", got)
	}
}

func TestWithoutAStoreTheLast14DaysAreRead(t *testing.T) {
	p := &partition{}
	for d := range 30 {
		p.write(fmt.Sprint("day ", d), time.Duration(d)*day)
	}
	s := open(t, p.config(t.TempDir(), 29*day), p.end())
	if p.reads != 15 {
		t.Errorf("%d records were read, want those of days 15 to 29", p.reads)
	}
	if got := note(t, s, p.write("day 16", 29*day), p.write("day 14", 29*day)); !got[0] || got[1] {
		t.Errorf("got %v, want the record of 13 days ago to be a repeat, and that of 15 days ago not", got)
	}
}

func TestWhoIsBehindNeedsOlderRecords(t *testing.T) {
	p := &partition{}
	for d := range 30 {
		p.write(fmt.Sprint("day ", d), time.Duration(d)*day)
	}
	late := p.write("day 8", 20*day)
	for name, now := range map[string]time.Duration{"the worker was away": 40 * day, "the clock is far ahead": 40000 * day} {
		t.Run(name, func(t *testing.T) {
			s := open(t, p.config(t.TempDir(), now), 20) // the record of day 20 comes next
			late.Offset = 20
			if got := note(t, s, late); !got[0] {
				t.Error("a record of 12 days before is not known")
			}
		})
	}
}

func TestAStoreThatCannotBeTrustedIsMadeAnew(t *testing.T) {
	overwrite := func(pattern string, at int64, text string) func(*testing.T, string, *partition, *Config) {
		return func(t *testing.T, dir string, _ *partition, _ *Config) {
			paths, _ := filepath.Glob(filepath.Join(dir, pattern))
			if len(paths) == 0 {
				t.Fatalf("there is no %s", pattern)
			}
			f, err := os.OpenFile(paths[0], os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if at < 0 {
				info, _ := f.Stat()
				at += info.Size()
			}
			if _, err := f.WriteAt([]byte(text), at); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(pattern string) func(*testing.T, string, *partition, *Config) {
		return func(t *testing.T, dir string, _ *partition, _ *Config) {
			paths, _ := filepath.Glob(filepath.Join(dir, pattern))
			if len(paths) == 0 {
				t.Fatalf("there is no %s", pattern)
			}
			if err := os.Remove(paths[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, string, *partition, *Config)
		told  string
	}{
		{"a version to come", overwrite("journal", 8, "\x09"), "version 9, and this program writes version 1"},
		{"a run of a version to come", overwrite("*.run", -8, "\xff\xff\xff\xff"), "a run is cut"},
		{"another program's file", overwrite("journal", 0, "SQLite"), "not of an identity store"},
		{"the journal's head", overwrite("journal", 60, "\xff\xff\xff\xff"), "wrong checksum"},
		{"a run's tail", overwrite("*.run", -100, "\xff\xff\xff\xff\xff\xff"), "wrong checksum"},
		{"no journal", remove("journal"), "journal cannot be read"},
		{"a run that is gone", remove("*07d0.run"), "are missing in it"},
		{"an empty run", func(t *testing.T, dir string, _ *partition, _ *Config) {
			if err := os.WriteFile(filepath.Join(dir, "0000.run"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "a run has no tail"},
		{"another cluster", func(_ *testing.T, _ string, _ *partition, c *Config) { c.Binding.Cluster = "c2" }, `of cluster \"c1\", not of`},
		{"another partition", func(_ *testing.T, _ string, _ *partition, c *Config) { c.Binding.Partition = 4 }, "m365.raw/3 of cluster"},
		{"a topic made anew, and empty", func(_ *testing.T, _ string, p *partition, _ *Config) { p.all = nil }, "made anew"},
		{"a topic that lost its end", func(_ *testing.T, _ string, p *partition, _ *Config) { p.all = p.all[:3400] }, "no record at offset 3499"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, dir := &partition{}, t.TempDir()
			fill(t, p, dir, 3500).Close()
			var book logBook
			config := p.config(dir, 0)
			config.Logger = book.logger()
			c.spoil(t, dir, p, &config)
			s := open(t, config, p.end())
			if strings.Count(book.String(), "\n") != 1 || !strings.Contains(book.String(), c.told) {
				t.Errorf("the log must say %q in one line, and says:\n%s", c.told, book.String())
			}
			if p.reads != p.end() {
				t.Errorf("%d records were read, want all %d", p.reads, p.end())
			}
			for i, m := range slices.Clone(p.all) {
				if got := note(t, s, p.write(string(m.Key), time.Hour)); !got[0] {
					t.Fatalf("record %d is not known", i)
				}
			}
			s.Close()
			book.Reset()
			p.reads = 0
			open(t, config, p.end())
			if book.Len() > 0 || p.reads > 0 {
				t.Errorf("the new store must serve the next time, but: %s", book.String())
			}
		})
	}
}

// What was written in place of records that were processed would never be: a person says where to go on.
func TestATopicThatWasReplacedBelowTheOffsetIsRefusedUntilTheOffsetIsSetBack(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	fill(t, p, dir, 3500).Close()
	newest := p.all[3499].Time
	p.all = p.all[:3000]
	for i := range 900 {
		p.write(fmt.Sprint("other ", i), time.Duration(3500+i)*time.Second)
	}
	var book logBook
	config := p.config(dir, 0)
	config.Logger = book.logger()
	for range 2 {
		_, err := Open(t.Context(), config, 3500)
		if e, ok := errors.AsType[*ReplacedError](err); !ok || e.Offset != 3499 || !e.Received.Equal(newest) || e.Dir != dir {
			t.Fatalf("error %v (%+v), want that of offset 3499, received at %s", err, e, newest)
		}
	}
	s := open(t, config, 3000)
	if strings.Count(book.String(), "\n") != 1 || !strings.Contains(book.String(), "another record at offset 3499") {
		t.Errorf("the log says:\n%s", book.String())
	}
	for i, m := range p.all[3000:] {
		if repeat, err := s.Note(RecordOf(&m)); repeat || err != nil {
			t.Fatalf("record %d is a repeat: %v, %v", 3000+i, repeat, err)
		}
	}
	if got := note(t, s, p.write(string(p.all[7].Key), 0)); !got[0] {
		t.Error("a record that stayed is not known")
	}
}

func TestDamageThatIsMetWhileLookingIsAnErrorUntilTheStoreIsDiscarded(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := fill(t, p, dir, 2000)
	s.Close()
	paths, _ := runFiles(dir)
	f, err := os.OpenFile(paths[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(40); at < (2000/blockEntries+1)*blockSize; at += blockSize {
		_, _ = f.WriteAt([]byte{1, 2, 3, 4}, at)
	}
	_ = f.Close()
	s = open(t, p.config(dir, 0), p.end())
	if _, err := s.Note(p.write("key 7", 0)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("error %v, want ErrDamaged", err)
	}
	if err := s.Discard(err); err != nil {
		t.Fatal(err)
	}
	s = open(t, p.config(dir, 0), 2000)
	if got := note(t, s, p.write("key 7", 0)); !got[0] {
		t.Error("the store that was made anew does not know the record")
	}
}

func TestAPartThatIsCutEndsTheJournal(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := fill(t, p, dir, 500)
	size := s.journal.size
	s.Close()
	path := filepath.Join(dir, "journal")
	for cut := range int64(200) {
		there := crash(t, dir)
		if err := os.Truncate(filepath.Join(there, "journal"), size-cut); err != nil {
			t.Fatal(err)
		}
		p.reads = 0
		s := open(t, p.config(there, 0), 500)
		if s.Next() != 500 || p.reads > 3 {
			t.Fatalf("cut by %d bytes of %s: %d records were read, up to %d, want only those that were cut", cut, path, p.reads, s.Next())
		}
		s.Close()
	}
}

func TestWhatFollowsOnADamagedPartIsNotBelieved(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := open(t, p.config(dir, 0), 0)
	note(t, s, p.write("a", 0))
	whole := s.journal.size
	note(t, s, p.write("b", 0))
	note(t, s, p.write("c", 0))
	s.Close()
	path := filepath.Join(dir, "journal")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[whole+20] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, p.config(dir, 0), 1)
	if info, err := os.Stat(path); err != nil || s.Next() != 1 || info.Size() != whole {
		t.Errorf("the store knows %d records in %d bytes, want the one in %d", s.Next(), info.Size(), whole)
	}
}

// TestEverythingAgreesWithAModel does what workers may do to a store, in any order: batches, batches that are
// processed again, restarts in good order, kills with the newest writes lost or not, losses of the store, in 60 days of
// simulated time. Whatever happens, each record gets the answer that follows from the partition alone.
func TestEverythingAgreesWithAModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { againstModel(t, seed) })
	}
}

func againstModel(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	p, dir, now := &partition{}, t.TempDir(), time.Duration(0)
	model := map[string]seen{}
	var want []bool // by offset
	var committed int64
	var book logBook
	opened := func() *Store {
		c := p.config(dir, now)
		c.Logger = book.logger()
		s := open(t, c, committed)
		s.maxYoung, s.maxRun = 50+random.IntN(100), 300+random.IntN(1000)
		return s
	}
	s := opened()
	repeats := 0
	for step := range 800 {
		now += time.Duration(random.IntN(int(3 * time.Hour)))
		for range random.IntN(20) {
			key := fmt.Sprint("key ", random.IntN(400+step*5))
			r := p.write(key, now-time.Duration(random.IntN(int(10*time.Minute))))
			known, ok := model[key]
			repeat := ok && known.last >= r.Received-Window.Milliseconds()
			want = append(want, repeat)
			if repeat {
				repeats++
				model[key] = seen{known.first, max(known.last, r.Received)}
			} else {
				model[key] = seen{r.Offset, r.Received}
			}
		}
		var batch []Record
		for o := committed; o < p.end(); o++ {
			batch = append(batch, RecordOf(&p.all[o]))
		}
		if got := note(t, s, batch...); !slices.Equal(got, want[committed:]) {
			t.Fatalf("step %d, offsets from %d: got %v, want %v", step, committed, got, want[committed:])
		}
		if random.IntN(3) > 0 { // else the transaction is aborted, and the batch comes again
			committed = p.end()
		}
		switch random.IntN(40) {
		case 0:
			s.Close()
			s = opened()
		case 1:
			s.Close()
			if j, err := os.Stat(filepath.Join(dir, "journal")); err == nil { // what was not on disk yet
				_ = os.Truncate(filepath.Join(dir, "journal"), max(120, j.Size()-int64(random.IntN(3000))))
			}
			s = opened()
		case 2:
			dir = crash(t, dir)
			s = opened()
		case 3:
			dir = t.TempDir() // the partition goes to another machine
			s = opened()
		}
	}
	if book.Len() > 0 {
		t.Errorf("a store was thrown away that nothing was wrong with:\n%s", book.String())
	}
	if repeats < 1000 || now < 30*day {
		t.Fatalf("%d repeats in %s: too little to prove anything", repeats, now)
	}
	if entries, _ := s.Size(); entries > int(p.end()) {
		t.Errorf("%d entries of %d records", entries, p.end())
	}
}

// untouched checks that a store in a folder is taken as it is.
func untouched(t *testing.T, p *partition, dir string, now time.Duration) *Store {
	t.Helper()
	var book logBook
	c := p.config(dir, now)
	c.Logger = book.logger()
	p.reads = 0
	s := open(t, c, p.end())
	if book.Len() > 0 || p.reads > 0 {
		t.Fatalf("after %d records: %d were read again, and: %s", p.end(), p.reads, book.String())
	}
	return s
}

func TestRunsThatAMergeLeftBehindAreRemoved(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := fill(t, p, dir, 1999) // one more makes the second run, which is merged with the first
	before := crash(t, dir)
	note(t, s, p.write("key 1999", 0))
	s.Close()
	first, _ := runFiles(before)
	if after, _ := runFiles(dir); len(first) != 1 || len(after) != 1 || filepath.Base(first[0]) == filepath.Base(after[0]) {
		t.Fatalf("runs %v became %v: they were not merged", first, after)
	}
	if err := os.Rename(first[0], filepath.Join(dir, filepath.Base(first[0]))); err != nil {
		t.Fatal(err)
	}
	s = untouched(t, p, dir, 0)
	if left, _ := runFiles(dir); len(left) != 1 {
		t.Errorf("runs %v are left", left)
	}
	if got := note(t, s, p.write("key 3", 0), p.write("key 1999", 0)); !got[0] || !got[1] {
		t.Errorf("repeats %v, want both", got)
	}
}

func TestADiskThatRefusesARunLosesNothing(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := fill(t, p, dir, 999)
	obstacle := runPath(dir, span{from: 0, next: 1000}) + ".new"
	if err := os.Mkdir(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	last := p.write("key 999", 0)
	if _, err := s.Note(last); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(); err == nil {
		t.Fatal("the run was not refused")
	}
	untouched(t, p, crash(t, dir), 0).Close()
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	note(t, s, last)
	if paths, _ := runFiles(dir); len(paths) != 1 {
		t.Errorf("runs %v, want one", paths)
	}
	untouched(t, p, crash(t, dir), 0)
}

func TestWhatIsOlderThan14DaysTakesNoRoom(t *testing.T) {
	p, dir := &partition{}, t.TempDir()
	s := open(t, p.config(dir, 0), 0)
	s.maxYoung, s.maxRun = 500, 1000
	var most int
	const perDay = 300
	for i := range 60 * perDay {
		at := time.Duration(i) * day / perDay
		s.now = func() time.Time { return start.Add(at) }
		note(t, s, p.write(fmt.Sprint(i), at))
		entries, _ := s.Size()
		most = max(most, entries)
		if i%250 == 0 {
			untouched(t, p, crash(t, dir), at)
		}
	}
	if most > 2*15*perDay {
		t.Errorf("up to %d entries were kept, of %d that are needed", most, 14*perDay)
	}
	paths, _ := runFiles(dir)
	if len(paths) != len(s.runs) {
		t.Errorf("%d files for %d runs", len(paths), len(s.runs))
	}
}
