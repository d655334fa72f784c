package publish

import (
	"context"

	"ualstream/schemas"
)

// Sink takes messages to a place other than Kafka.
//
// Deliver returns nil when all of the messages are delivered, and an error when one may not be: it is then
// called again with the same messages, so that each is delivered at least once and may be delivered twice. The
// header uid tells repeats. It may block, until ctx ends. One goroutine calls it at a time.
type Sink interface {
	Deliver(ctx context.Context, messages []schemas.Message) error
}

// AtLeast gives a sink that takes the threats whose triage is at least the given one, in the order finding,
// priority, noise, and passes on what has no triage.
func AtLeast(least schemas.Triage, to Sink) Sink { return filter{rank(least), to} }

type filter struct {
	least int
	to    Sink
}

func (f filter) Deliver(ctx context.Context, messages []schemas.Message) error {
	var kept []schemas.Message
	for _, m := range messages {
		if rank(schemas.Triage(m.Header(schemas.HeaderTriage))) >= f.least {
			kept = append(kept, m)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return f.to.Deliver(ctx, kept)
}

// rank orders triages; what has none, or one that is not known yet, is shown rather than hidden.
func rank(t schemas.Triage) int {
	switch t {
	case schemas.TriageNoise:
		return 0
	case schemas.TriagePriority:
		return 1
	}
	return 2
}
