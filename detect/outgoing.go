package detect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Outgoing gives the signals of an event as they travel to where their group is counted. They are counted for the tenant
// whose log the event is from, whatever organization its record names; where tenant is empty, for what the event says.
func (e *Engine) Outgoing(tenant string, event []byte, found []sigma.Signal) []schemas.Signal {
	if len(found) == 0 {
		return nil
	}
	r := e.views.open(string(event))
	defer r.close()
	scene := schemas.Scene{
		Operation: bounded(r.get("metadata.event_code").String(), maxText), TypeUID: r.get("type_uid").Int(),
		Actor: bounded(strings.Clone(r.actorName()), maxText), Address: strings.Clone(r.address()),
		Mailbox: bounded(r.get(`metadata.tags.#(name=="mailbox").value`).String(), maxText),
	}
	tenant = lower(cmp.Or(tenant, r.get("metadata.tenant_uid").String()))
	made := make([]schemas.Signal, 0, len(found))
	for _, s := range found {
		made = append(made, outgoing(tenant, s, scene))
	}
	return made
}

func outgoing(tenant string, s sigma.Signal, scene schemas.Scene) schemas.Signal {
	id := RuleID(&s.Correlation.About)
	return schemas.Signal{
		Key: signalKey(tenant, id, s.Group), Tenant: tenant, Correlation: id, Shape: s.Correlation.Shape(),
		Group: append([]string{}, s.Group...), Time: inYears(s.Sample.Time), Ref: s.Sample.Ref, Input: s.Sample.Input,
		Values: s.Sample.Values, Carry: s.Sample.Carry, Event: scene,
	}
}

// signalKey gives the key of a group's signals. Groups that a tracker takes for one have the same key, so that they
// are counted in one place; a hash keeps long values, and what they say, out of it.
func signalKey(tenant, correlation string, group []string) []byte {
	sum := sha256.Sum256([]byte(sigma.GroupKey(group)))
	return slices.Concat([]byte(tenant+"/"+correlation+"/"), []byte(hex.EncodeToString(sum[:16])))
}

// inYears keeps a time within the years that RFC 3339 can write.
func inYears(t time.Time) time.Time {
	first, last := time.Unix(-62135596800, 0).UTC(), time.Unix(253402300799, 0).UTC()
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t.UTC()
}
