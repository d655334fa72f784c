package ingest

import (
	"context"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

// sayAgain is how often trouble that lasts is told.
const sayAgain = time.Hour

// maxKinds bounds what is remembered of what was told. Errors that differ each time would fill it.
const maxKinds = 100

// teller tells of trouble once, and then rarely, however often it is met. Trouble is the same where it is in the same
// doing and of the same kind, whatever else its text says.
type teller struct {
	log *slog.Logger

	mu   sync.Mutex
	told map[string]time.Time // by what does not work and how
}

// met tells that something does not work, and what follows from that. It says whether it was told, other than for
// debugging.
func (t *teller) met(what string, err error, args ...any) bool {
	level := slog.LevelDebug
	first := t.first(what, kind(err))
	if first {
		level = slog.LevelWarn
	}
	t.log.Log(context.Background(), level, what+" does not work", append([]any{"error", err}, args...)...)
	return first
}

func (t *teller) first(what, kind string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	key, now := what+": "+kind, time.Now()
	if said, ok := t.told[key]; ok && now.Sub(said) < sayAgain {
		return false
	}
	if t.told == nil || len(t.told) >= maxKinds {
		t.told = map[string]time.Time{}
	}
	t.told[key] = now
	return true
}

// variable is a word that holds a digit: a time, an id, a port.
var variable = regexp.MustCompile(`\S*\d\S*`)

// kind is the API's code, or what does not vary in another error's text.
func kind(err error) string {
	if code := codeOf(err); code != "" {
		return code
	}
	return variable.ReplaceAllString(err.Error(), "")
}
