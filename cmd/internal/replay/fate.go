package replay

import (
	"context"
	"crypto/sha256"
	"errors"
	"regexp"

	"ualstream/cmd/internal/verify"
	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// key stands for the record of a tenant. 128 bits do not collide.
type key [16]byte

func keyOf(tenant, uid string) key {
	sum := sha256.Sum256([]byte(tenant + "\x00" + uid))
	return key(sum[:16])
}

// fate is what becomes of a record that can be read now.
type fate byte

const (
	pending fate = iota + 1 // it is to be written, unless there is an event of it
	unsure                  // it was in a transaction that failed: there may be an event of it
	done                    // there is an event of it
)

// judge counts a reject and notes whether it can be read now.
func (r *run) judge(_ context.Context, m schemas.Message) error {
	r.report.Rejects++
	switch stage := m.Header(schemas.HeaderStage); {
	case stage != "normalize" && stage != "ingest":
		r.report.Others++
	case isCut(&m):
		r.report.Cut++
	default:
		event, err := eventOf(m)
		if err != nil {
			r.report.Failed[err.Error()]++
			return nil
		}
		k := identity(event)
		if r.fates[k] == pending {
			r.report.Already++
		}
		r.fates[k] = pending
	}
	return nil
}

// cutForm ends the reason of a value that publish.Reject has cut.
var cutForm = regexp.MustCompile(`; first \d+ bytes of \d+, SHA-256 [0-9a-f]{64}$`)

// isCut says whether a reject does not hold the record that was rejected: it was too large for the raw topic, or its event
// was for the topic of events.
func isCut(m *schemas.Message) bool {
	return m.Header(schemas.HeaderStage) == "ingest" || m.Header(schemas.HeaderUID) != "" || cutForm.MatchString(m.Header(schemas.HeaderReason))
}

// eventOf normalizes a rejected record, as normalize would now.
func eventOf(m schemas.Message) (schemas.Message, error) {
	value, err := normalize.Append(nil, schemas.RawOf(m))
	if err != nil {
		return schemas.Message{}, err
	}
	if len(value) > schemas.TopicEvents.Settings().MaxMessageBytes-overhead {
		return schemas.Message{}, errTooLarge
	}
	return publish.Event(m, value), nil
}

// overhead is what a message's key, headers and batch may add to its value.
const overhead = 64 << 10

var errTooLarge = errors.New("its event is larger than the topic accepts")

func identity(event schemas.Message) key {
	tenant, uid := verify.EventName(&event)
	return keyOf(tenant, uid)
}
