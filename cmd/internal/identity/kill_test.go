package identity

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"ualstream/schemas"
)

// childEnv has this test program fill a store instead of running its tests, so that a test can kill a real process.
const childEnv = "UALSTREAM_TEST_IDENTITY_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fillUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// endless is a partition without an end. Every third record is a repeat of the one a hundred before.
type endless struct{}

func (endless) message(offset int64) schemas.Message {
	original := offset
	if offset%3 == 0 && offset > 100 {
		original = offset - 100
	}
	return schemas.Message{Topic: schemas.TopicRaw, Offset: offset, Key: fmt.Append(nil, original), Time: start}
}

func (endless) repeat(offset int64) bool { return offset%3 == 0 && offset > 100 }

func (e endless) At(_ context.Context, offset int64) (m schemas.Message, err error) {
	if offset < 0 {
		return m, nil
	}
	return e.message(offset), nil
}

func (endless) Since(context.Context, time.Time) (int64, error) { return 0, nil }

func (e endless) Read(_ context.Context, from, to int64, each func(schemas.Message) error) error {
	for ; from < to; from++ {
		if err := each(e.message(from)); err != nil {
			return err
		}
	}
	return nil
}

func fillUntilKilled(dir string) {
	s, err := Open(context.Background(), Config{Dir: dir, Binding: here, Log: endless{}}, 0)
	if err != nil {
		panic(err)
	}
	s.maxYoung, s.maxRun = 200, 3000 // files are made and removed all the time
	for o := s.Next(); ; o++ {
		m := endless{}.message(o)
		if _, err := s.Note(RecordOf(&m)); err != nil {
			panic(err)
		}
		if o%7 == 0 {
			if err := s.Commit(); err != nil {
				panic(err)
			}
		}
	}
}

func TestAProcessThatIsKilledLeavesAStoreThatCanBeTrusted(t *testing.T) {
	dir, random := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	was := int64(0)
	for kill := range 10 {
		made := func() map[string]bool {
			paths := map[string]bool{}
			for _, p := range glob(t, dir) {
				paths[p] = true
			}
			return paths
		}
		runs := made()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		cmd.Stderr = t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It is killed when it has made some more.
		for want, deadline := len(runs)+1+random.IntN(20), time.Now().Add(time.Minute); len(runs) < want; {
			maps.Copy(runs, made())
			if time.Now().After(deadline) {
				t.Fatal("the process made no runs")
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		var book logBook
		s := open(t, Config{Dir: dir, Binding: here, Log: endless{}, Logger: book.logger()}, 0)
		if book.Len() > 0 || s.Next() <= was {
			t.Fatalf("kill %d: the store went from %d to %d and said: %s", kill, was, s.Next(), book.String())
		}
		was = s.Next()
		for o := range was {
			m := endless{}.message(o)
			if repeat, err := s.Note(RecordOf(&m)); err != nil || repeat != (endless{}).repeat(o) {
				t.Fatalf("kill %d, record %d of %d: a repeat is %v (error: %v)", kill, o, was, repeat, err)
			}
			if !(endless{}).repeat(o) {
				if known, ok := lookUp(t, s, KeyOf(&m)); !ok || known.first != o {
					t.Fatalf("kill %d: record %d of %d is not known", kill, o, was)
				}
			}
		}
		s.Close()
	}
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := runFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// lookUp gives what a store knows of a key.
func lookUp(t *testing.T, s *Store, k Key) (seen, bool) {
	t.Helper()
	known, ok, err := s.find(k)
	if err != nil {
		t.Fatal(err)
	}
	return known, ok
}
