package status

import (
	"fmt"
	"testing"
	"time"

	"ualstream/schemas"
)

// rawOf is a record of contoso that happened, was offered and was received at these times.
func rawOf(happened string, offered, received time.Time) schemas.Raw {
	return schemas.Raw{Tenant: contoso, Source: "Audit.Exchange", ContentCreated: offered, Received: received,
		Body: fmt.Appendf(nil, `{"Id":"r","CreationTime":%q}`, happened)}
}

func TestDelaysAreMeansInParts(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	for name, c := range map[string]struct {
		records         []schemas.Raw
		microsoft, ours time.Duration
	}{
		"none":                {nil, 0, 0},
		"two":                 {[]schemas.Raw{rawOf("2026-02-12T11:59:00", at(0), at(2)), rawOf("2026-02-12T11:57:00Z", at(0), at(4))}, 2 * time.Minute, 3 * time.Second},
		"a fraction, a zone":  {[]schemas.Raw{rawOf("2026-02-12T12:59:59.5+01:00", at(0), at(0))}, 500 * time.Millisecond, time.Millisecond},
		"clocks that differ":  {[]schemas.Raw{rawOf("2026-02-12T13:00:00", at(0), at(-9))}, time.Millisecond, time.Millisecond},
		"no CreationTime":     {[]schemas.Raw{rawOf("", at(0), at(2))}, 0, 2 * time.Second},
		"one of two is known": {[]schemas.Raw{rawOf("yesterday", at(0), at(2)), rawOf("2026-02-12T11:59:00", at(0), at(2))}, time.Minute, 2 * time.Second},
		"never offered":       {[]schemas.Raw{rawOf("2026-02-12T11:59:00", time.Time{}, at(2))}, 0, 0},
		"not JSON":            {[]schemas.Raw{{ContentCreated: at(0), Received: at(1), Body: []byte("\xff{")}}, 0, time.Second},
	} {
		var r recent
		for _, raw := range c.records {
			r.add(raw)
		}
		if microsoft, ours := r.means(); microsoft != c.microsoft || ours != c.ours {
			t.Errorf("%s: %v and %v, want %v and %v", name, microsoft, ours, c.microsoft, c.ours)
		}
	}
}

func TestOnlyTheNewestHundredCount(t *testing.T) {
	var r recent
	for i := range 300 { // the newest were received first, as the partitions of a topic may be read in any order
		received := noon.Add(time.Duration(300-i) * time.Hour)
		late := time.Hour
		if i < mostRecent {
			late = time.Second
		}
		r.add(rawOf("", received.Add(-late), received))
	}
	if _, ours := r.means(); len(r) != mostRecent || ours != time.Second {
		t.Errorf("the mean of %d is %v", len(r), ours)
	}
}
