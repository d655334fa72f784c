package doctor

import (
	"context"
	"time"

	"ualstream/schemas"
)

// Begun is what became of a subscription that was to be started.
type Begun struct {
	ContentType string
	Err         error         // why it is not started
	Wait        time.Duration // it was not asked for, because of a start so short ago; until there may be another
}

// Begin starts these subscriptions of a tenant, which it has not, but none that was started within schemas.StartEvery by the
// entry. Each start is remembered before it is sent. Where auditing is off it tries no further one. It gives the entry
// with the new starts, and an error only where it could not be remembered.
func (v *Visitor) Begin(ctx context.Context, e Entry, types []string, remember func(Entry) error) (Entry, []Begun, error) {
	var out []Begun
	for _, t := range types {
		now := time.Now()
		if last, recent := e.Recent(t, now); recent {
			out = append(out, Begun{t, refusal(last), last.At.Add(schemas.StartEvery).Sub(now)})
			if last.NoAudit {
				break
			}
			continue
		}
		e = e.With(t, schemas.Start{At: now.UTC()})
		if err := remember(e); err != nil {
			return e, out, err
		}
		err := v.Start(ctx, t)
		out = append(out, Begun{t, err, 0})
		if err == nil {
			continue
		}
		e = e.With(t, schemas.Start{At: now.UTC(), Refused: err.Error(), NoAudit: IsAuditingOff(err)})
		if err := remember(e); err != nil {
			return e, out, err
		}
		if IsAuditingOff(err) {
			break
		}
	}
	return e, out, nil
}
