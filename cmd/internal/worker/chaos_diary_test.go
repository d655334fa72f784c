package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// diary is a file that says what was done to whom, for those who read the logs beside it.
type diary struct {
	mu   sync.Mutex
	file *os.File
}

func newDiary(t *testing.T, dir string) *diary {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "diary.txt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &diary{file: file}
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.file, "%s "+format+"\n", append([]any{time.Now().UTC().Format("15:04:05.000")}, args...)...)
}
