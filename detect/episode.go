package detect

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// episode is a finding of a correlation, as far as it was told; what it counts is what there is.
type episode struct{ schemas.Fired }

// quiet is how long hits may come without an update being told, by receipt. So an entry about an episode lies no
// farther back than that from its newest hit.
const quiet = time.Hour

// grow notes a later hit. What is read again was counted before.
func (e *episode) grow(o sigma.Outcome, until time.Time, offset int64) (news bool) {
	e.First, e.Last, e.Until = o.First, o.Last, until
	if news = offset > e.Offset; news {
		e.Count++
		e.Later++
	}
	return news
}

// isDue says whether the newest hit is told: the first, the second, the fourth and so on, so that a hit that comes late
// is seen and a hundred thousand in an hour are told by seventeen updates; and one that comes an hour after the last
// that was told.
func (e *episode) isDue(received time.Time) bool {
	return bits.OnesCount(uint(e.Later)) == 1 || received.Sub(e.Received) >= quiet
}

func (c *Correlator) uid(of *sigma.Correlation, s schemas.Signal, o sigma.Outcome) string {
	return FindingUID(RuleID(&of.About), strings.ToLower(s.Tenant), sigma.GroupKey(s.Group)+"\x00"+o.Ref)
}

func (c *Correlator) until(of *sigma.Correlation, o sigma.Outcome) time.Time {
	return inYears(o.Last.Add(of.Timespan + c.options.Lateness))
}

// tell gives what is written of a window that fired or has grown.
func (c *Correlator) tell(of *sigma.Correlation, s schemas.Signal, o sigma.Outcome, offset int64, received time.Time) (found Correlated) {
	uid := c.uid(of, s, o)
	e, told := c.episodes[uid], true
	if e == nil {
		e = c.begin(of, s, o, uid)
		c.episodes[uid] = e
	} else if told = e.grow(o, c.until(of, o), offset) && e.isDue(received); told {
		e.Update++
	}
	o.Ref = uid
	for _, chained := range c.rules.Chain(of, o, nil) {
		found.Signals = append(found.Signals, outgoing(e.Tenant, chained, sceneOf(of, s)))
	}
	if !told {
		return found
	}
	e.Offset, e.Received = offset, received
	found.Fired = append(found.Fired, e.Fired)
	if !of.Mute {
		found.Threats = append(found.Threats, correlated(of, e.Fired, o.Samples))
	}
	return found
}

// begin gives the episode of a window that fired.
func (c *Correlator) begin(of *sigma.Correlation, s schemas.Signal, o sigma.Outcome, uid string) *episode {
	is := definitionOf(of)
	return &episode{schemas.Fired{
		Key: s.Key, UID: uid, Tenant: strings.ToLower(s.Tenant), Correlation: is.id, Shape: is.shape,
		Group: append([]string{}, s.Group...), Ref: o.Ref, First: o.First, Last: o.Last, Until: c.until(of, o), Count: len(o.Samples),
	}}
}

// sceneOf is what a finding tells of a correlation that fired: what all its hits have in common. So a window needs to
// keep no more than the first and the last of what it says of one group.
func sceneOf(of *sigma.Correlation, s schemas.Signal) schemas.Scene {
	common := func(text string) string {
		if slices.ContainsFunc(s.Group, func(g string) bool { return strings.EqualFold(g, text) }) {
			return text
		}
		return ""
	}
	return schemas.Scene{
		Operation: title(&of.About), TypeUID: typeCreate, Actor: common(s.Event.Actor), Mailbox: common(s.Event.Mailbox), Address: common(s.Event.Address),
	}
}
