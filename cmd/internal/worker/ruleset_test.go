package worker

import (
	"testing"
	"time"

	"ualstream/schemas"
)

func TestOneSetOfRulesIsInUseAtATime(t *testing.T) {
	now := time.Date(2026, 2, 12, 10, 0, 0, 0, time.UTC)
	entry := func(hash string, since, at time.Duration) schemas.RuleSet {
		return schemas.RuleSet{Hash: hash, Since: now.Add(-since), At: now.Add(-at)}
	}
	left := func(hash string, since, at time.Duration) schemas.RuleSet {
		return schemas.RuleSet{Hash: hash, Since: now.Add(-since), At: now.Add(-at), Leaves: true}
	}
	for name, c := range map[string]struct {
		known []schemas.RuleSet
		inUse string
		ours  bool
		write bool
	}{
		"the first set takes over":                                 {nil, "own", true, true},
		"one that is not known takes over from one in use":         {[]schemas.RuleSet{entry("a", time.Hour, 0)}, "own", true, true},
		"its own set in use needs no word":                         {[]schemas.RuleSet{entry("own", time.Hour, 0)}, "own", true, false},
		"its own set in use lives":                                 {[]schemas.RuleSet{entry("own", time.Hour, rulesBeat)}, "own", true, true},
		"one that was replaced waits":                              {[]schemas.RuleSet{entry("own", time.Hour, 0), entry("a", time.Minute, time.Minute)}, "a", false, false},
		"one that was replaced long ago waits":                     {[]schemas.RuleSet{entry("own", 9*time.Hour, 8*time.Hour), entry("a", time.Minute, 0)}, "a", false, false},
		"one that was replaced comes back when none lives":         {[]schemas.RuleSet{entry("own", time.Hour, rulesGone), entry("a", time.Minute, rulesGone)}, "own", true, true},
		"what was replaced and lives does not come first":          {[]schemas.RuleSet{entry("a", time.Hour, 0), entry("own", time.Minute, 0)}, "own", true, false},
		"of two at once all agree":                                 {[]schemas.RuleSet{entry("a", time.Hour, 0), entry("own", time.Hour, 0)}, "own", true, false},
		"of two at once all agree, though it is the other's":       {[]schemas.RuleSet{entry("z", time.Hour, 0), entry("own", time.Hour, 0)}, "z", false, false},
		"one that was replaced waits a moment after a worker left": {[]schemas.RuleSet{entry("own", time.Hour, 0), entry("a", time.Minute, time.Minute), left("a", time.Minute, rulesLeft/2)}, "a", false, false},
		"one that was replaced comes back when the last has left":  {[]schemas.RuleSet{entry("own", time.Hour, time.Hour), entry("a", time.Minute, time.Minute), left("a", time.Minute, rulesLeft)}, "own", true, true},
		"one that was replaced waits where one left and one lives": {[]schemas.RuleSet{entry("own", time.Hour, 0), entry("a", time.Minute, time.Minute), left("a", time.Minute, rulesLeft), entry("a", time.Minute, rulesLeft-time.Second)}, "a", false, false},
		"its own set lives where another left":                     {[]schemas.RuleSet{entry("own", time.Hour, time.Second), left("own", time.Hour, 0)}, "own", true, true},
		"one with a clock that is ahead is replaced as well":       {[]schemas.RuleSet{entry("a", -time.Hour, 0)}, "own", true, true},
	} {
		sets := &ruleSets{own: "own", known: map[string]schemas.RuleSet{}}
		for _, e := range c.known {
			sets.note(e)
		}
		inUse, ours, write := sets.decide(now)
		if inUse.Hash != c.inUse || ours != c.ours || (write.Hash != "") != c.write {
			t.Errorf("%s: in use %s, ours %v, write %+v", name, inUse.Hash, ours, write)
		}
		if write.Hash == "" {
			continue
		}
		sets.note(write)
		if again, ours, more := sets.decide(now); again.Hash != "own" || !ours || more.Hash != "" {
			t.Errorf("%s: once written, in use %s, ours %v, write %+v", name, again.Hash, ours, more)
		}
	}
}
