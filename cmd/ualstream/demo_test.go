package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

// tagWatcher is a sink that calls done once it has seen every priority tag.
type tagWatcher struct {
	mu      sync.Mutex
	missing []string
	done    func()
}

func (w *tagWatcher) Deliver(_ context.Context, batch []schemas.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range batch {
		for tag := range strings.SplitSeq(m.Header(schemas.HeaderTags), ",") {
			w.missing = slices.DeleteFunc(w.missing, func(t string) bool { return t == tag })
		}
	}
	if len(w.missing) == 0 {
		w.done()
	}
	return nil
}

func TestDemoShowsEveryPriorityTag(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	all, seen := context.WithCancel(ctx)
	watcher := &tagWatcher{missing: slices.Clone(schemas.PriorityTags), done: seen}
	before := listing(t)
	e := &env{strings.NewReader(""), t.Output(), t.Output(), func(string) string { return "" }}
	if err := e.demonstrate(all, watcher); err != nil {
		t.Fatal(err)
	}
	if len(watcher.missing) > 0 {
		t.Errorf("the demo never showed %s", strings.Join(watcher.missing, ", "))
	}
	if after := listing(t); !slices.Equal(before, after) {
		t.Errorf("the demo left files behind: %v became %v", before, after)
	}
}

func TestADemoThatNobodyReadsEndsQuietly(t *testing.T) {
	var problems bytes.Buffer
	e := &env{strings.NewReader(""), gone{}, &problems, func(string) string { return "" }}
	if code := e.exitCode(e.dispatch(t.Context(), []string{"demo"})); code != exitDone {
		t.Errorf("exit code %d, want %d", code, exitDone)
	}
	for _, noise := range []string{"level=", "error", "records"} {
		if strings.Contains(problems.String(), noise) {
			t.Errorf("stderr holds %q:\n%s", noise, problems.String())
		}
	}
}

// listing names what is in the working folder.
func listing(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
