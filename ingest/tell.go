package ingest

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// sayAgain is how often trouble that lasts is told.
const sayAgain = time.Hour

// teller tells of trouble once, and then rarely, however often it is met. Trouble is the same where it is in the same
// doing and of the same kind, whatever else its text says.
type teller struct {
	log *slog.Logger

	mu   sync.Mutex
	told map[string]time.Time // by what does not work and how
}

// met tells that something does not work, and what follows from that.
func (t *teller) met(what string, err error, args ...any) {
	args = append([]any{"error", err}, args...)
	if !t.first(what, kind(err)) {
		t.log.Debug(what+" does not work", args...)
		return
	}
	t.log.Warn(what+" does not work", args...)
}

func (t *teller) first(what, kind string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	key, now := what+": "+kind, time.Now()
	if said, ok := t.told[key]; ok && now.Sub(said) < sayAgain {
		return false
	}
	if t.told == nil {
		t.told = map[string]time.Time{}
	}
	t.told[key] = now
	return true
}

// kind is the API's code, or the type of another error.
func kind(err error) string {
	if code := codeOf(err); code != "" {
		return code
	}
	return fmt.Sprintf("%T", err)
}
