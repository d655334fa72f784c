package cloudsim

import (
	"bytes"
	"regexp"
	"slices"
	"time"
)

// deliverSpoiled puts a delivery on the shelf with the faults of content, and gives its contentId. The cloud's lock is
// held.
func (c *Cloud) deliverSpoiled(d delivery) string {
	if len(c.odds.faults) == 0 {
		return c.shelve(d).id
	}
	place := []any{d.tenant.ID, d.kind, len(c.shelf.blobs)}
	for _, e := range early {
		if c.odds.strikes(e.fault, place...) {
			e.do(c, &d, c.odds.dice(e.fault, place...))
		}
	}
	b := c.shelve(d)
	for _, l := range late {
		if c.odds.strikes(l.fault, place...) {
			l.do(c, d, b, c.odds.dice(l.fault, place...))
		}
	}
	if d.kind == largeType && !d.tenant.large && c.odds.strikes(LargeBlob, d.tenant.ID) {
		d.tenant.large = true
		c.shelveLarge(d.tenant, d.created, c.cfg.LargeBlob)
	}
	return b.id
}

// early are the faults of content that is not on the shelf yet.
var early = []struct {
	fault string
	do    func(*Cloud, *delivery, dice)
}{
	{LateListing, (*Cloud).backdate},
	{LateRecords, func(_ *Cloud, d *delivery, dice dice) {
		if d.body == nil {
			d.records = older(d.records, time.Duration(dice.between(2*24, 6*24))*time.Hour)
		}
	}},
	{Reordered, func(_ *Cloud, d *delivery, dice dice) {
		if d.body == nil {
			d.records = slices.Clone(d.records)
			dice.Shuffle(len(d.records), func(i, j int) { d.records[i], d.records[j] = d.records[j], d.records[i] })
		}
	}},
}

// late are the faults of content that has just been put on the shelf.
var late = []struct {
	fault string
	do    func(*Cloud, delivery, *blob, dice)
}{
	{CorruptBlob, func(_ *Cloud, d delivery, b *blob, dice dice) {
		if d.body == nil && len(d.records) > 0 {
			pick(dice, corruptions)(b, d.records, dice)
		}
	}},
	{Expired, func(_ *Cloud, _ delivery, b *blob, _ dice) { b.refusal = "AF20051" }},
	{Vanished, func(_ *Cloud, _ delivery, b *blob, _ dice) { b.refusal = "AF20050" }},
	{Redelivered, (*Cloud).redeliver},
}

// backdate gives content a contentCreated of one to five hours ago, or days, as far as it does not expire soon.
func (c *Cloud) backdate(d *delivery, dice dice) {
	unit := pick(dice, []time.Duration{time.Hour, time.Hour, 24 * time.Hour})
	then := d.created.Add(-time.Duration(dice.between(60, 300)) * unit / 60)
	if then.After(c.cfg.Clock().Add(-life + 24*time.Hour)) {
		d.created = then
	}
}

var creationTime = regexp.MustCompile(`"CreationTime":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}`)

// older moves the CreationTime of records into the past.
func older(records [][]byte, by time.Duration) [][]byte {
	const key, form = `"CreationTime":"`, "2006-01-02T15:04:05"
	var out [][]byte
	for _, r := range records {
		at := creationTime.FindIndex(r)
		if at == nil {
			out = append(out, r)
			continue
		}
		then, err := time.Parse(form, string(r[at[0]+len(key):at[1]]))
		if err != nil {
			out = append(out, r)
			continue
		}
		out = append(out, slices.Concat(r[:at[0]], []byte(key+then.Add(-by).Format(form)), r[at[1]:]))
	}
	return out
}

// corruptions make a body that cannot be read, wholly or in part.
var corruptions = []func(*blob, [][]byte, dice){breakOff, garble, damage}

// breakOff ends the body within a record.
func breakOff(b *blob, records [][]byte, d dice) {
	i := d.IntN(len(records))
	whole := array(records[:i+1])
	b.body = whole[:len(whole)-1-(len(records[i])+1)/2]
	b.ruin(i)
}

// garble makes the body something else than an array.
func garble(b *blob, _ [][]byte, d dice) {
	b.body = []byte("<html><body>An unexpected error occurred. ")
	for range d.between(10, 200) {
		b.body = append(b.body, byte(d.Uint32()))
	}
	b.ruin(0)
}

// ruin takes note that nothing can be had of the body from that record on.
func (b *blob) ruin(from int) {
	b.broken, b.unreadable = true, nil
	for i := range b.records {
		if i >= from {
			b.records[i].Fate = Broken
		}
	}
}

// damage makes one record something that is no JSON, though where it ends is still clear.
func damage(b *blob, records [][]byte, d dice) {
	i := d.IntN(len(records))
	if b.records[i].Fate != Obtainable {
		return
	}
	damaged := slices.Concat(bytes.TrimSuffix(bytes.TrimRight(records[i], " \t\r\n"), []byte{'}'}), []byte(",,}"))
	b.body = array(slices.Concat(records[:i], [][]byte{damaged}, records[i+1:]))
	b.records[i].Fate = Unreadable
	b.unreadable = append(b.unreadable, damaged)
}

// redeliver has some of a delivery's records delivered once more, later.
func (c *Cloud) redeliver(d delivery, _ *blob, dice dice) {
	if d.again || len(d.records) == 0 || d.body != nil {
		return
	}
	again := delivery{tenant: d.tenant, kind: d.kind, again: true}
	again.created = d.created.Add(dice.seconds(1, 20) * pick(dice, []time.Duration{1, 15, 6 * 3600}))
	for _, i := range dice.Perm(len(d.records))[:dice.between(1, len(d.records))] {
		again.records = append(again.records, bytes.Clone(d.records[i])) // the caller's until now
	}
	c.pending = append(c.pending, again)
}

// deliverDue puts on the shelf what comes again by now.
func (c *Cloud) deliverDue(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.takeDue(now) {
		if d.tenant.receives(d.kind) {
			c.deliverSpoiled(d)
		}
	}
}

// takeDue gives what comes again by now, the earliest first.
func (c *Cloud) takeDue(now time.Time) []delivery {
	var due []delivery
	c.pending = slices.DeleteFunc(c.pending, func(d delivery) bool {
		if d.created.After(now) {
			return false
		}
		due = append(due, d)
		return true
	})
	slices.SortStableFunc(due, func(a, b delivery) int { return a.created.Compare(b.created) })
	return due
}
