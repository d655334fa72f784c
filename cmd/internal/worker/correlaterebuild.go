package worker

import (
	"context"
	"errors"
	"math"
	"time"

	"ualstream/detect"
	"ualstream/schemas"
)

// rebuild counts what was received as long before the offset as correlations look back. What fired goes first: where a
// window was cut off it is known all the same. Entries about firings lie behind the signals that they come from,
// possibly behind the offset, which does not make them less valid: they were committed with it.
func (c *correlator) rebuild(ctx context.Context, counts *detect.Correlator, committed int64) error {
	began := time.Now()
	from, err := c.reach(ctx, committed)
	if err != nil {
		return err
	}
	var fired []schemas.Fired
	err = c.read(ctx, from, math.MaxInt64, func(m schemas.Message, entry any) {
		if f, ok := entry.(schemas.Fired); ok && f.Offset < committed {
			fired = append(fired, f)
		}
	})
	if err != nil {
		return err
	}
	counts.Restore(fired)
	err = c.read(ctx, from, committed, func(m schemas.Message, entry any) {
		if s, ok := entry.(schemas.Signal); ok {
			counts.Replay(s, m.Offset, m.Time)
		}
	})
	c.log.Debug("correlations know what was before", "offset", committed, "from", from, "groups", counts.Groups(), "after", time.Since(began))
	return err
}

// tail is how many offsets before the committed one are looked at for the time of tenants' events.
const tail = 1000

// reach gives the offset from which signals matter to those after the committed offset. Nothing is received before it
// happened, so that it is enough to look back from the event time of the tenant that is farthest behind.
func (c *correlator) reach(ctx context.Context, committed int64) (int64, error) {
	newest, clocks := time.Time{}, map[string]time.Time{}
	err := c.w.cluster.ReadPart(ctx, schemas.TopicSignals, c.partition, max(0, committed-tail), committed, func(m schemas.Message) error {
		if m.Time.After(newest) {
			newest = m.Time
		}
		tenant, at := m.Header(schemas.HeaderTenant), schemas.ParseTime(m.Header(schemas.HeaderTime))
		if at.After(clocks[tenant]) {
			clocks[tenant] = at
		}
		return nil
	})
	if err != nil || newest.IsZero() {
		return 0, err // all that is kept
	}
	for _, at := range clocks {
		if at.Before(newest) {
			newest = at
		}
	}
	return c.w.cluster.OffsetSince(ctx, schemas.TopicSignals, c.partition, newest.Add(-detect.Reach(c.rules, c.w.lateness())))
}

// read gives the entries of the partition between two offsets. What is damaged was passed over when it was processed.
func (c *correlator) read(ctx context.Context, from, to int64, each func(m schemas.Message, entry any)) error {
	return c.w.cluster.ReadPart(ctx, schemas.TopicSignals, c.partition, from, to, func(m schemas.Message) error {
		entry, err := schemas.SignalsEntry(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
		if err == nil {
			each(m, entry)
		}
		return nil
	})
}
