package cloudsim

import (
	"errors"
	"fmt"
	"time"
)

const (
	maxBlob     = 50               // records in a blob
	historyStep = 10 * time.Minute // between the blobs of the history
	lateOnce    = 60               // one record in so many reaches the log long after its event
	prelude     = 5 * time.Second  // from a tenant's first subscription to its story
)

// stream is a row of background events at a steady rate. Event n is the same whenever it is asked for.
type stream struct {
	name  string
	from  time.Time
	until time.Time // zero: no end
	gap   time.Duration
	n     int
}

// player is a tenant's day as it happens.
type player struct {
	cloud   *Cloud
	org     *org
	day     Day
	start   time.Time
	streams []*stream
	story   *story
	raised  time.Time // from when the story's time counts; zero while it waits
	step    int
}

func (c *Cloud) newPlayer(t Tenant, d Day, start time.Time) *player {
	p := &player{cloud: c, day: d, start: start, org: newOrg(c.cfg.Seed, t)}
	if d.PerHour > 0 && d.History > 0 {
		p.streams = append(p.streams, &stream{"history", start.Add(-d.History), start, time.Hour / time.Duration(d.PerHour), 0})
	}
	if d.PerSecond > 0 {
		p.streams = append(p.streams, &stream{"live", start, time.Time{}, time.Duration(float64(time.Second) / d.PerSecond), 0})
	}
	if d.StoryStep > 0 {
		p.story = newStory(c.cfg.Seed, p.org)
	}
	return p
}

// offer makes available all that happened up to now less the delay, in blobs created now.
func (p *player) offer(now time.Time) error {
	happened := map[string][][]byte{}
	for _, r := range p.cloud.recorded(p.org.id, p.due(now.Add(-p.day.Delay))) {
		body, err := r.MarshalJSON()
		if err != nil {
			return fmt.Errorf("write record of tenant %s: %w", p.org.id, err)
		}
		kind := contentTypeOf(r)
		happened[kind] = append(happened[kind], body)
	}
	for _, kind := range contentTypes {
		if err := p.offerBlobs(kind, now, happened[kind]); err != nil {
			return err
		}
	}
	return nil
}

// offerBlobs cuts the records into blobs. The records of a blob are in no order.
func (p *player) offerBlobs(kind string, now time.Time, bodies [][]byte) error {
	d := newDice(p.cloud.cfg.Seed, p.org.id, kind, now.UnixMilli())
	d.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	for len(bodies) > 0 {
		n := min(len(bodies), d.between(1, maxBlob))
		_, err := p.cloud.Offer(p.org.id, kind, now, bodies[:n]...)
		if err != nil && !errors.Is(err, ErrNotSubscribed) {
			return err
		}
		bodies = bodies[n:]
	}
	return nil
}

// due gives the records of all events up to then that it has not given before.
func (p *player) due(then time.Time) []record {
	var out []record
	for _, s := range p.streams {
		for at := s.at(); !at.After(then) && (s.until.IsZero() || at.Before(s.until)); at = s.at() {
			out = append(out, background(p.scene(s, at))...)
			s.n++
		}
	}
	for p.curtain() && p.step < len(steps) {
		at := p.raised.Add(p.day.StoryAt + time.Duration(p.step)*p.day.StoryStep)
		if at.After(then) {
			break
		}
		p.story.at = at.UTC()
		out = append(out, steps[p.step](p.story)...)
		p.step++
	}
	return out
}

// curtain says whether the story has an audience: a tenant's records are for nobody before it has a subscription. One
// that is started while the day is played leaves its client the time to start the others.
func (p *player) curtain() bool {
	if p.story == nil || !p.raised.IsZero() {
		return p.story != nil
	}
	since, ok := p.cloud.subscribedSince(p.org.id)
	if !ok {
		return false
	}
	if p.raised = p.start; since.After(p.start) {
		p.raised = since.Add(prelude)
	}
	return true
}

// scene is the moment of a stream's next event. A late one happened up to a day before.
func (p *player) scene(s *stream, at time.Time) *scene {
	d := newDice(p.cloud.cfg.Seed, p.org.id, s.name, s.n)
	if d.chance(lateOnce) {
		at = at.Add(-time.Duration(d.between(60, 24*60)) * time.Minute)
	}
	return &scene{dice: d, org: p.org, at: at.UTC()}
}

// at is when the stream's next event happens: in the middle of its gap.
func (s *stream) at() time.Time { return s.from.Add(time.Duration(s.n)*s.gap + s.gap/2) }
