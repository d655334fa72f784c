package cloudsim

import (
	"slices"
	"time"
)

// Fate says what a client that makes no mistake can do with a record of a blob.
type Fate string

// The fates. They are of one copy of a record: another blob may hold it, too, with another fate.
const (
	Obtainable Fate = "obtainable" // listed, and its bytes can be had and read: it has to become an event
	Unreadable Fate = "unreadable" // listed, and its bytes can be had, but are no JSON object with an Id: a reject
	Broken     Fate = "broken"     // listed, but its blob's body breaks off before its end or is no array: the blob is lost
	Gone       Fate = "gone"       // listed, but its blob is refused for good, or has expired unserved: the blob is lost
	Unlisted   Fate = "unlisted"   // no listing has named its blob yet: a client cannot know of it
)

// Reckoning is what a client that makes no mistake ends with, of all that was offered so far. Records are named by
// tenant ID, slash and record Id. Those in Events, Missing and Unlisted are distinct, and together they are all.
//
//	Events    each becomes one event
//	Missing   cannot become events; whatever of them arrived is in Rejects, the others were in blobs of Lost
//	Unlisted  a client cannot know of them yet
//
// Rejects are the bytes of the elements of arrays that are no JSON object with an Id. A client may keep the bytes of
// bodies in Lost as well, as evidence. Lost are the listed blobs, by contentId, not all of whose content can be had, with
// the reason. The records of a lost blob that stand whole before the place where its body breaks off are in Events.
type Reckoning struct {
	Events   map[string]bool
	Missing  map[string]Fate
	Unlisted map[string]bool
	Rejects  map[string]bool
	Lost     map[string]Fate // Broken or Gone
}

// Reckon sorts what was offered by what a client can make of it. It changes as blobs are offered, listed and expire.
func (c *Cloud) Reckon() Reckoning {
	out := Reckoning{map[string]bool{}, map[string]Fate{}, map[string]bool{}, map[string]bool{}, map[string]Fate{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Clock()
	for _, b := range c.shelf.blobs {
		out.addBlob(b, now)
		b.eachRecord(now, out.addRecord)
	}
	for key := range out.Events {
		delete(out.Missing, key)
		delete(out.Unlisted, key)
	}
	for key := range out.Missing {
		delete(out.Unlisted, key)
	}
	return out
}

func (k *Reckoning) addBlob(b *blob, now time.Time) {
	switch {
	case !b.known():
		return
	case b.gone(now):
		k.Lost[b.id] = Gone
		return
	case b.broken:
		k.Lost[b.id] = Broken
	}
	for _, bytes := range b.unreadable {
		k.Rejects[string(bytes)] = true
	}
}

func (k *Reckoning) addRecord(r Record) {
	key := r.Tenant + "/" + r.ID
	switch {
	case r.ID == "": // its bytes, if they arrive, are all there is of it
	case r.Fate == Obtainable:
		k.Events[key] = true
	case r.Fate == Unlisted:
		k.Unlisted[key] = true
	default:
		k.Missing[key] = r.Fate
	}
}

// Offered gives every record that was made available, in the order of availability.
func (c *Cloud) Offered() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return recordsOf(c.shelf.blobs, c.cfg.Clock())
}

// Served gives every record that a client retrieved completely: the last byte of its blob was handed to the network
// while the client was still there. A blob that was retrieved repeatedly counts once. Records that a broken body does
// not hold are not among them.
func (c *Cloud) Served() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := recordsOf(c.shelf.served, c.cfg.Clock())
	return slices.DeleteFunc(out, func(r Record) bool { return r.Fate == Broken })
}

func recordsOf(blobs []*blob, now time.Time) []Record {
	var out []Record
	for _, b := range blobs {
		b.eachRecord(now, func(r Record) { out = append(out, r) })
	}
	return out
}

// eachRecord gives a blob's records with their fates as things stand.
func (b *blob) eachRecord(now time.Time, each func(Record)) {
	settle := func(r Record) {
		switch {
		case !b.known():
			r.Fate = Unlisted
		case b.gone(now):
			r.Fate = Gone
		}
		each(r)
	}
	for _, r := range b.records {
		settle(r)
	}
	if b.large != nil {
		b.large.each(b, settle)
	}
}

// known says whether a client can know of a blob.
func (b *blob) known() bool { return b.listed || b.served }

// gone says whether a blob cannot be had any more by a client that does not have it.
func (b *blob) gone(now time.Time) bool {
	return b.refusal != "" || !b.served && !now.Before(b.expires())
}
