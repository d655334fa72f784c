package kafka

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
)

// members simulates a group: who is in it, and what each took.
type members map[string]*claim

// rebalance gives the assignment of a new generation, in which every partition has one owner and shares are equal.
func (g members) rebalance(t *testing.T, b balancer, generation int32) map[string][]int {
	t.Helper()
	var in []kafka.GroupMember
	for _, id := range slices.Sorted(maps.Keys(g)) {
		data, err := g[id].encode()
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, kafka.GroupMember{ID: id, UserData: data})
	}
	out, seen := map[string][]int{}, map[int]bool{}
	for id, topics := range b.AssignGroups(in, nil) {
		out[id] = topics["t"]
		var assigned []kafka.PartitionAssignment
		for _, p := range topics["t"] {
			if seen[p] {
				t.Errorf("partition %d has two owners", p)
			}
			seen[p] = true
			assigned = append(assigned, kafka.PartitionAssignment{ID: p})
		}
		if n := len(topics["t"]); n < b.partitions/len(g) || n > (b.partitions+len(g)-1)/len(g) {
			t.Errorf("%s has %d of %d partitions among %d members", id, n, b.partitions, len(g))
		}
		g[id].took(generation, assigned)
	}
	if len(seen) != b.partitions || len(out) != len(g) {
		t.Errorf("%d partitions of %d are assigned, to %d members of %d", len(seen), b.partitions, len(out), len(g))
	}
	return out
}

func TestRestartOfAMemberMovesItsPartitionsOnly(t *testing.T) {
	for _, size := range []struct{ partitions, members int }{{24, 4}, {12, 5}, {3, 2}, {2, 3}, {7, 7}, {12, 1}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b, g := newBalancer("t", size.partitions), members{}
			var generation int32
			for i := range size.members {
				g[fmt.Sprint("member", i)] = &claim{}
				generation++
				g.rebalance(t, b, generation)
			}
			for i := range size.members {
				before := map[string][]int{}
				for id, c := range g {
					before[id] = slices.Sorted(slices.Values(c.Owned))
				}
				old := fmt.Sprint("member", i)
				delete(g, old)
				if len(g) > 0 {
					generation++
					g.rebalance(t, b, generation)
				}
				for id, c := range g {
					for _, p := range before[id] {
						if !slices.Contains(c.Owned, p) {
							t.Errorf("partition %d moved away from %s when %s left", p, id, old)
						}
					}
				}
				g[old] = &claim{}
				generation++
				after := g.rebalance(t, b, generation)
				moved := 0
				for id, had := range before {
					for _, p := range had {
						if id != old && !slices.Contains(after[id], p) {
							moved++
						}
					}
				}
				// Where shares differ by one, a larger share may have to go to another member.
				if size.partitions%size.members == 0 && moved > 0 || moved > 1 {
					t.Errorf("%d partitions moved away from members that were not restarted", moved)
				}
			}
		})
	}
}

func TestClaimsThatContradictOrCannotBeReadDoNoHarm(t *testing.T) {
	b := newBalancer("t", 6)
	encode := func(c *claim) []byte {
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	got := b.AssignGroups([]kafka.GroupMember{
		{ID: "late", UserData: encode(&claim{Generation: 4, Owned: []int{0, 1, 2, 3}})},
		{ID: "now", UserData: encode(&claim{Generation: 5, Owned: []int{1, 0, -7, 99}})},
		{ID: "strange", UserData: []byte("\x00\x01")},
	}, nil)
	want := map[string][]int{"late": {2, 3}, "now": {1, 0}, "strange": {4, 5}}
	for id := range want {
		if !slices.Equal(got[id]["t"], want[id]) {
			t.Errorf("%s has %v, want %v", id, got[id]["t"], want[id])
		}
	}
}

func TestMembersKeepTheirPartitionsWhenAnotherIsRestarted(t *testing.T) {
	c := connect(t)
	c.cfg.Partitions = 6
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	owners := make([]string, 6)
	member := func(name string) Stage {
		s := copying(newTally())
		inner := s.New
		s.New = func(partition int) Transform {
			mu.Lock()
			defer mu.Unlock()
			owners[partition] = name
			return inner(partition)
		}
		return s
	}
	shares := func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		n := map[string]int{}
		for _, o := range owners {
			n[o]++
		}
		return n
	}
	var stops []func()
	for i, name := range []string{"a", "b", "c"} {
		stops = append(stops, start(t, again(t, c), member(name)))
		until(t, "equal shares", func() bool { s := shares(); return s[name] == 6/(i+1) && s[""] == 0 })
	}
	before := slices.Clone(owners)
	stops[2]()
	until(t, "shares of two", func() bool { return shares()["c"] == 0 })
	start(t, again(t, c), member("c"))
	until(t, "shares of three", func() bool { return shares()["c"] == 2 })
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(before, owners) {
		t.Errorf("owners were %v and are %v", before, owners)
	}
}
