package ingest

import (
	"context"
	"slices"
	"strings"
	"time"
)

// class ranks what waits for a permit of the quota or for a slot. The first types are those that show an intruder
// first: Audit.Exchange and Audit.AzureActiveDirectory.
type class int

const (
	firstLive class = iota // what has just come, of the first types
	urgent                 // what expires within a day, whatever its type
	firstOld               // the first types' back-fill
	otherLive              // what has just come, of the other types
	otherOld               // their back-fill
)

// nearExpiry is how long before its expiry content is urgent.
const nearExpiry = 24 * time.Hour

// classOf ranks content that is being polled for (live), or not, and that can be had for some time yet. What has
// expired is in no hurry.
func classOf(contentType string, live bool, left time.Duration) class {
	first := strings.EqualFold(contentType, "Audit.Exchange") || strings.EqualFold(contentType, "Audit.AzureActiveDirectory")
	switch {
	case left <= nearExpiry && left > -slack:
		return urgent
	case first && live:
		return firstLive
	case first:
		return firstOld
	case live:
		return otherLive
	default:
		return otherOld
	}
}

// line is where those wait who want one of something. It decides who is next; its owner decides when, and guards it.
//
// Its guarantee: of any ten turns in a row, live content of the first types has nine if it wants them, or five while
// content that nears its expiry wants the others. What is left goes by class, and within a class to who came first.
// The tenth turn goes to whoever has waited longest, whatever the class: nobody who may have a turn waits for more
// than ten times as many turns as there were others in the line when it came.
type line struct {
	waiting []*waiter // in the order in which they came
	turns   int
}

// waiter is one place in a line.
type waiter struct {
	class class
	of    string        // content type
	turn  chan struct{} // closed when it is its turn
}

func (l *line) join(c class, of string) *waiter {
	w := &waiter{class: c, of: of, turn: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	return w
}

// leave takes a waiter out; false says that it has had its turn.
func (l *line) leave(w *waiter) bool {
	i := slices.Index(l.waiting, w)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return i >= 0
}

// next gives a turn to one of those that may have it. It gives nil where there is none.
func (l *line) next(may func(*waiter) bool) *waiter {
	var best *waiter
	turn := l.turns + 1
	for _, w := range l.waiting {
		if may(w) && (best == nil || w.class.rank(turn) < best.class.rank(turn)) {
			best = w
		}
	}
	if best != nil {
		l.turns = turn
		l.leave(best)
		close(best.turn)
	}
	return best
}

// rank is smaller for who goes first in a turn.
func (c class) rank(turn int) int {
	switch {
	case turn%10 == 0: // all are alike, so that the first who came has it
		return 0
	case turn%2 == 0 && c == urgent:
		return -1
	default:
		return int(c)
	}
}

func anyone(*waiter) bool { return true }

// errand is what a request is for. It travels in the context from a watch, through the client, to the quota.
type errand struct {
	class    class
	patience *patience // nil where nothing is timed
}

type errandKey struct{}

func withErrand(ctx context.Context, e errand) context.Context {
	return context.WithValue(ctx, errandKey{}, e)
}

// errandOf gives what a request is for. One that does not say, such as a check that a person runs, goes first.
func errandOf(ctx context.Context) errand {
	e, _ := ctx.Value(errandKey{}).(errand)
	return e
}
