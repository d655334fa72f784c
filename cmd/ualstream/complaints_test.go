package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestComplaintsOfOneFileAreBoundedAndAllAreKept(t *testing.T) {
	const bad = 1000
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	var problems bytes.Buffer
	text := strings.Repeat("garbage\n", bad) + `{"Id":"1"}`
	e := &env{strings.NewReader(text), &bytes.Buffer{}, &problems, func(string) string { return "" }}
	if code := e.exitCode(e.dispatch(t.Context(), []string{"normalize", "--rejects", rejects})); code != exitDone {
		t.Errorf("exit code %d, want %d", code, exitDone)
	}
	said := problems.String()
	if n := strings.Count(said, "not valid JSON"); n != maxComplaints+1 || !strings.Contains(said, "only counted") {
		t.Errorf("%d complaints, want %d and that it is so:\n%s", n, maxComplaints+1, said)
	}
	if !strings.Contains(said, fmt.Sprintf("rejects: %d\n", bad)) {
		t.Errorf("not all are counted:\n%s", said)
	}
	kept, err := os.ReadFile(rejects)
	if err != nil || bytes.Count(kept, []byte("\n")) != bad {
		t.Errorf("%d are kept, want %d: %v", bytes.Count(kept, []byte("\n")), bad, err)
	}
}

func TestAnOlderRejectsFileIsMadePrivate(t *testing.T) {
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	if err := os.WriteFile(rejects, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	filtered(t, "null\n", "normalize", "--rejects", rejects)
	info, err := os.Stat(rejects)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600: %v", info.Mode(), err)
	}
}
