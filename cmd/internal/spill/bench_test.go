package spill_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"ualstream/cmd/internal/spill"
	"ualstream/detect/sigma"
)

const many = `title: Wrong password
name: wrong
logsource: {product: m365}
detection:
  s: {Operation: UserLoginFailed}
  condition: s
---
title: Many
correlation:
  type: value_count
  rules: [wrong]
  group-by: [Address]
  timespan: 10m
  condition: {field: User, gte: 10}
`

// hits adds hits that go round the groups. Each has what a finding tells of it, as those of the signals topic do.
type hits struct {
	*sigma.Tracker
	groups, next int
}

func (h *hits) add() {
	i, at := h.next, time.Date(2026, 2, 12, 12, 0, 0, 0, time.UTC)
	h.next++
	h.Add([]string{fmt.Sprintf("203.0.113.%d", i%h.groups)}, sigma.Sample{
		Time: at.Add(time.Duration(i) * time.Second / time.Duration(h.groups)), Ref: fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
		Values: []string{fmt.Sprintf("00000000-0000-4000-8000-%012d", i/h.groups)},
		Carry:  []string{`{"operation":"UserLoginFailed","type_uid":300201,"actor":"ana@contoso.example","address":"203.0.113.7"}`},
	})
}

// BenchmarkGroups tells the cost of a hit on one of a thousand groups, and of a million, all of them in memory or a
// tenth, and what a group takes there and on disk. The hits go round, which is the worst case: each is on the group that
// was seen longest ago.
func BenchmarkGroups(b *testing.B) {
	rules := &sigma.Collection{}
	rules.Add("many.yml", []byte(many), sigma.Options{})
	set, _ := sigma.Compile(rules)
	for _, c := range []struct {
		name           string
		groups, memory int
	}{{"1000", 1000, 0}, {"million in memory", 1_000_000, 0}, {"million, 100000 in memory", 1_000_000, 100_000}} {
		b.Run(c.name, func(b *testing.B) {
			before := memory()
			store := spill.New(spill.Config{Dir: b.TempDir(), Lost: func(_ int, why error) { b.Fatal(why) }})
			defer store.Close()
			h := &hits{groups: c.groups, Tracker: sigma.NewTracker(set.Correlations()[0], sigma.TrackerOptions{
				Lateness: 48 * time.Hour, MaxGroups: c.memory, Store: store,
			})}
			for range 2 * c.groups {
				h.add()
			}
			took := memory() - before
			b.ReportAllocs()
			for b.Loop() {
				h.add()
			}
			onDisk, bytes := store.Size()
			b.ReportMetric(float64(took)/float64(c.groups), "memory/group")
			if onDisk > 0 {
				b.ReportMetric(float64(bytes)/float64(onDisk), "disk/group")
			}
			runtime.KeepAlive(h)
		})
	}
}

func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
