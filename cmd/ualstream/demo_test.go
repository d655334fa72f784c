package main

import (
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
